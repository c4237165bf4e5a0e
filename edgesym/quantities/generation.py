"""Whole generations: the prefill of a prompt, and a decode step per further token.

The first of T_g tokens comes out of the prefill of S_p tokens, of which the first C may be
cached already; each of the T_g - 1 others takes a decode step, at a context S of S_p + 1 to
S_p + T_g - 1. The steps are added up in closed form, kernel by kernel, for all b sequences
together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import sympy

from edgesym.algebra.summation import sum_over
from edgesym.algebra.tidy import multiply_out
from edgesym.quantities.case import Draft
from edgesym.quantities.composition import find_composition
from edgesym.quantities.energy import PER_FLOP, energy_of, work_of
from edgesym.quantities.registry import Case, quantity
from edgesym.quantities.time import KernelCost, fixed_costs, kernel_costs, step_time
from edgesym.symbols import symbol

__all__ = [
    "Part",
    "generation_cases",
    "generation_energy",
    "generation_flops",
    "generation_parts",
    "generation_time",
    "generation_traffic",
    "over_queued",
    "over_steps",
]

S, S_p, T_g = (symbol(word) for word in ("context", "prompt_tokens", "generated_tokens"))


def generation_cases(case: Case) -> tuple[Case, Case]:
    """The prefill and a decode step of a generation, over the source tokens of the case."""
    source = case.workload.source
    prefill = replace(case.prompt, new_source=source)
    decode = replace(case.during("decode").workload, cached_source=source)
    return replace(case, workload=prefill), replace(case, workload=decode)


def over_steps(cost: sympy.Expr) -> sympy.Expr:
    """The sum of a cost over the decode steps that follow the first token."""
    return sum_over(cost, S, S_p + 1, S_p + T_g)


def over_queued(cost: sympy.Expr) -> sympy.Expr:
    """The same sum, left as one: that of the longer of two sums over kernels has no short form."""
    return sympy.Sum(cost, (S, S_p + 1, S_p + T_g - 1))


@dataclass(frozen=True, slots=True)
class Part:
    """Steps of one kind that a generation takes.

    Attributes:
        name: what they are: ``prefill``, ``decode``, or those of a draft.
        case: one of them.
        repeats: whether there is one for each context that a decode step has.
        times: how many there are in its place.
        draft: of which they are steps; none where they are the model's own.
    """

    name: str
    case: Case
    repeats: bool
    times: sympy.Expr = sympy.S.One
    draft: Draft | None = None

    def total(self, cost: sympy.Expr) -> sympy.Expr:
        """The sum over all of them of what one costs."""
        summed = over_steps(cost) if self.repeats else cost
        return self.times * (summed if self.draft is None else self.draft.named(summed))


def generation_parts(case: Case) -> tuple[Part, ...]:
    """The steps of a generation, of the model and of what drafts for it.

    A step that checks drafts yields several tokens: there is one in so many contexts. What the
    last of them yields beyond the tokens that are wanted is left out.
    """
    prompt, step = generation_cases(case)
    per = 1 / case.yields
    own = (Part("prefill", prompt.alone, False), Part("decode", step.alone, True, per))
    if case.drafting is None or case.part != "*":
        return own
    drafts = (case.drafting.beside(prompt), case.drafting.beside(step))
    return own + tuple(
        Part(f"draft {part.name}", draft.case, part.repeats, draft.times * part.times, draft)
        for part, draft in zip(own, drafts, strict=True)
        if draft is not None
    )


def _generation(case: Case, cost: Callable[[KernelCost], sympy.Expr]) -> sympy.Expr:
    """A cost of kernels, over all steps of a generation."""
    return sympy.Add(
        *(
            part.total(kernel.repeat * cost(kernel))
            for part in generation_parts(case)
            for kernel in kernel_costs(part.case)
        )
    )


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
        return step_time(prompt) + over_queued(step_time(step)) / case.yields
    paid = (_paid(part, cost) for part in generation_parts(case) for cost in fixed_costs(part.case))
    return _generation(case, lambda kernel: kernel.time) + sympy.Add(*paid)


def _paid(part: Part, cost: sympy.Symbol) -> sympy.Expr:
    """What steps of a generation pay of a fixed cost."""
    none = sympy.S.Zero
    counts = (k.repeat * k.overheads.get(cost, none) for k in kernel_costs(part.case))
    return part.total(multiply_out(sympy.Add(*counts)) * cost)


@quantity("J", "estimate", of_part=True)
def generation_energy(case: Case) -> sympy.Expr:
    """Energy of a whole generation, as of a step: its power is on average within the limit."""
    if case.placement.split:
        (work, traffic), beside = work_of(case, lambda cost: multiply_out(_generation(case, cost)))
        return energy_of(PER_FLOP * work, traffic, generation_time(case), beside)
    computing = sympy.Add(
        *(
            part.total(kernel.repeat * kernel.flops * PER_FLOP)
            for part in generation_parts(case)
            for kernel in kernel_costs(part.case)
        )
    )
    return energy_of(computing, generation_traffic(case), generation_time(case))
