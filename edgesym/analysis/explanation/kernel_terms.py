"""A time as the sum of what kernels add to it, and the tensors that are live at the peak."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import sympy

from edgesym.algebra.tidy import tidy
from edgesym.analysis.explanation.term import KernelRun, Term
from edgesym.catalogue import Case
from edgesym.engine.evaluate import evaluate
from edgesym.graph.liveness import live_sets
from edgesym.graph.tensor import Role, Tensor
from edgesym.quantities.case import Draft
from edgesym.quantities.composition import find_composition
from edgesym.quantities.generation import (
    Part,
    generation_cases,
    generation_parts,
    over_queued,
)
from edgesym.quantities.time import KernelCost, kernel_costs, launch_time, step_parts

__all__ = ["OVER_KERNELS", "kernel_terms", "peak_terms"]

Values = Mapping[sympy.Symbol, Any]
#: The term of launches that are queued, which no one kernel pays for.
LAUNCHES = "launches not hidden"

#: Quantities that are a sum over kernels -> what a kernel adds each time it runs.
OVER_KERNELS: dict[str, Callable[[KernelCost], sympy.Expr]] = {
    "step_time": lambda kernel: kernel.time + kernel.overhead,
    "launch_time": lambda kernel: kernel.overhead,
    "generation_time": lambda kernel: kernel.time + kernel.overhead,
}


def kernel_terms(name: str, case: Case, values: Values) -> Iterator[Term]:
    """The terms of one of :data:`OVER_KERNELS`; those of a generation for each of its phases."""
    adds = OVER_KERNELS[name]
    if name != "generation_time":
        for part, draft in step_parts(case):
            for kernel in kernel_costs(part):
                term = _kernel_term(kernel, adds(kernel), part, values, draft)
                timed = name == "step_time" and term.operations
                yield replace(term, run=_run(kernel, values, draft) if timed else None)
        yield from _queued(case, launch_time(case), values, LAUNCHES)
        return
    for steps in generation_parts(case):
        for kernel in kernel_costs(steps.case):
            term = _kernel_term(kernel, adds(kernel), steps.case, values, steps)
            yield replace(term, name=f"{kernel.name} ({steps.name})")
    prompt, step = generation_cases(case)
    yield from _queued(prompt, launch_time(prompt), values, f"{LAUNCHES} (prefill)")
    queued = over_queued(launch_time(step)) / case.yields
    yield from _queued(step, queued, values, f"{LAUNCHES} (decode)")


def _queued(case: Case, added: sympy.Expr, values: Values, name: str) -> Iterator[Term]:
    """What launches that are queued add to a whole step; nothing where they are not."""
    if case.runtime.queued:
        one = sympy.Integer(1)
        yield Term(name, ("step",), one, 1, tidy(added), evaluate(added, values))


def _kernel_term(
    kernel: KernelCost, added: sympy.Expr, case: Case, values: Values, of: Part | Draft | None
) -> Term:
    """What a kernel adds, in steps of a generation, of a draft, or in the one step itself."""
    blocks = tuple(kernel.block.split(", "))
    formula, repeat, name = kernel.repeat * added, kernel.repeat, kernel.name
    draft = of.draft if isinstance(of, Part) else of
    if isinstance(of, Part):
        formula = of.total(formula)
    elif draft is not None:
        formula, name = draft.of(lambda _: formula), f"{name} (draft)"
    if draft is not None:
        repeat = draft.named(repeat)
    running = (
        found.operations
        for block in case.blocks()
        if block.name == blocks[0]
        for found in case.kernels(block)
        if found.name == kernel.name
    )
    # what a step costs for each of its sequences is no kernel's
    operations = next(running, ())
    return Term(
        f"{name} (host)" if kernel.place else name,
        blocks,
        repeat,
        int(evaluate(repeat, values)),
        tidy(formula),
        evaluate(formula, values),
        operations,
    )


def _run(kernel: KernelCost, values: Values, draft: Draft | None) -> KernelRun:
    moved = sympy.Add(*kernel.traffic.values())
    forms = (kernel.flops, moved, kernel.compute_time, kernel.memory_time)
    flops, traffic, *times = forms if draft is None else map(draft.named, forms)
    joined = find_composition(kernel.composition)
    computing, moving = (float(evaluate(time, values)) for time in times)
    return KernelRun(
        tidy(flops),
        tidy(traffic),
        evaluate(flops, values),
        evaluate(traffic, values),
        computing,
        moving,
        kernel.composition,
        float(joined.share(computing, moving, values)),
    )


def peak_terms(case: Case, values: Values) -> list[Term]:
    """The tensors that exist where the most activations do; they add up to activation_bytes."""

    def held(alive: tuple[Tensor, ...]) -> Any:
        return evaluate(sympy.Add(*(tensor.elements for tensor in alive)), values)

    moments = [
        (block, kernel.name, alive)
        for block in case.blocks()
        for kernels in [case.kernels(block)]
        for kernel, alive in zip(kernels, live_sets(block, kernels), strict=True)
    ]
    block, kernel, alive = max(moments, key=lambda moment: held(moment[2]))
    size = case.widths(Role.ACTIVATION)
    return [
        Term(
            tensor.name,
            (block.name,),
            sympy.Integer(1),
            1,
            tensor.elements * size,
            evaluate(tensor.elements * size, values),
            tensor=tensor,
            during=kernel,
        )
        for tensor in alive
    ]
