"""Whole generations: the prefill of a prompt, and a decode step per further token.

The first of T_g tokens comes out of the prefill of S_p tokens; each of the T_g - 1 others
takes a decode step, at a context S of S_p + 1 to S_p + T_g - 1. The steps are added up in
closed form, kernel by kernel, for all b sequences together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import sympy

from edgesym.algebra.summation import sum_over
from edgesym.algebra.tidy import multiply_out
from edgesym.quantities.composition import find_composition
from edgesym.quantities.energy import Work, energy_of, work_of
from edgesym.quantities.registry import Case, quantity
from edgesym.quantities.time import KernelCost, fixed_costs, kernel_costs, step_time
from edgesym.symbols import symbol
from edgesym.workload import PROMPT, phase

__all__ = [
    "generation_cases",
    "generation_energy",
    "generation_flops",
    "generation_time",
    "generation_traffic",
    "over_queued",
    "over_steps",
]

S, S_p, T_g = (symbol(word) for word in ("context", "prompt_tokens", "generated_tokens"))


def generation_cases(case: Case) -> tuple[Case, Case]:
    """The prefill and a decode step of a generation, over the source tokens of the case."""
    source = case.workload.source
    prefill = replace(PROMPT, new_source=source)
    return (
        replace(case, workload=prefill),
        replace(case, workload=replace(phase("decode"), cached_source=source)),
    )


def over_steps(cost: sympy.Expr) -> sympy.Expr:
    """The sum of a cost over the decode steps that follow the first token."""
    return sum_over(cost, S, S_p + 1, S_p + T_g)


def over_queued(cost: sympy.Expr) -> sympy.Expr:
    """The same sum, left as one: that of the longer of two sums over kernels has no short form."""
    return sympy.Sum(cost, (S, S_p + 1, S_p + T_g - 1))


def _generation(case: Case, cost: Callable[[KernelCost], sympy.Expr]) -> sympy.Expr:
    """A cost of kernels, over the prefill and the decode steps."""
    prompt, step = generation_cases(case)
    prefill = (kernel.repeat * cost(kernel) for kernel in kernel_costs(prompt))
    decode = (kernel.repeat * over_steps(cost(kernel)) for kernel in kernel_costs(step))
    return sympy.Add(*prefill, *decode)


@quantity("FLOP", of_part=True)
def generation_flops(case: Case) -> sympy.Expr:
    """FLOPs of a whole generation: a prompt of S_p tokens, T_g tokens generated."""
    return multiply_out(_generation(case, lambda kernel: kernel.flops))


@quantity("B", of_part=True)
def generation_traffic(case: Case) -> sympy.Expr:
    """Bytes that a whole generation moves to and from memory."""

    def moved(kernel: KernelCost) -> sympy.Expr:
        return sympy.S.Zero if kernel.route else sympy.Add(*kernel.traffic.values())

    return multiply_out(_generation(case, moved))


@quantity("s", "estimate", "over kernels", of_part=True)
def generation_time(case: Case) -> sympy.Expr:
    """Time of a whole generation: that to the first token, and T_g - 1 decode steps."""
    if "step_time" in find_composition(case.composition).stated():
        prompt, step = generation_cases(case)
        return step_time(prompt) + over_steps(step_time(step))
    if case.runtime.queued:
        prompt, step = generation_cases(case)
        return step_time(prompt) + over_queued(step_time(step))
    costs = dict.fromkeys(cost for part in generation_cases(case) for cost in fixed_costs(part))
    paid = (_paid(case, cost) for cost in costs)
    return _generation(case, lambda kernel: kernel.time) + sympy.Add(*paid)


def _paid(case: Case, cost: sympy.Symbol) -> sympy.Expr:
    """What a generation pays of a fixed cost."""
    none = sympy.S.Zero
    return multiply_out(_generation(case, lambda kernel: kernel.overheads.get(cost, none))) * cost


@quantity("J", "estimate", of_part=True)
def generation_energy(case: Case) -> sympy.Expr:
    """Energy of a whole generation, as of a step: its power is on average within the limit."""
    if case.placement.split:
        work: Work = work_of(case, lambda cost: multiply_out(_generation(case, cost)))
    else:
        work = {"": (generation_flops(case), generation_traffic(case))}
    return energy_of(work, generation_time(case))
