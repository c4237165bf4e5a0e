"""What a decode step waits for: compute, weights, cache, activations, or launches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import sympy

from edgesym.engine.program import program_of
from edgesym.graph.tensor import Role
from edgesym.memo import memo
from edgesym.quantities.composition import find_composition
from edgesym.quantities.time import kernel_costs, launch_time, step_parts, step_time
from edgesym.scenario.setup import Setup

__all__ = [
    "REGIMES",
    "as_shares",
    "kernel_forms",
    "kernel_waits",
    "shares",
    "waits",
    "waits_from",
    "waits_over",
]

#: What a step can wait for.
REGIMES = ("compute", "weights", "cache", "activations", "launch", "loading")
_OF_ROLE = {Role.WEIGHT: "weights", Role.CACHE: "cache", Role.STATE: "cache"}


def waits(setup: Setup) -> dict[str, float]:
    """Seconds of a decode step by what they wait for; they add up to the time of the step.

    How far a kernel waits for computing is the composition's to say; the rest of its time it
    waits for weights, cache and activations in proportion to their bytes. Loading is waited
    for under compositions that charge it to every step.

    Args:
        setup: a setup with a device.

    Raises:
        EdgesymError: a symbol has no value.
    """
    return waits_from(setup, program_of(kernel_forms(setup)).exact(setup.values()))


def waits_over(
    setup: Setup, at: Mapping[sympy.Symbol, Any], names: Iterable[str]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Quantities of a setup, and what a step waits for, where ``at`` has NumPy columns.

    Raises:
        EdgesymError: a symbol has no value.
    """
    wanted = [setup.expression(name) for name in names]
    found = program_of([*wanted, *kernel_forms(setup)]).columns({**setup.values(), **at})
    return found[: len(wanted)], waits_from(setup, found[len(wanted) :])


def shares(setup: Setup) -> dict[str, float]:
    """What a decode step waits for, as fractions of its time that add up to 1."""
    return as_shares(waits(setup))


def as_shares(found: Mapping[str, float]) -> dict[str, float]:
    """Waits as fractions of their sum."""
    total = sum(found.values())
    return {name: float(wait / total) for name, wait in found.items()}


@memo(key=lambda setup: setup.shape, size=256)
def kernel_forms(setup: Setup) -> tuple[sympy.Expr, ...]:
    """The closed forms whose numbers :func:`waits_from` takes."""
    case = setup.case("decode")
    stated = "step_time" in find_composition(case.composition).stated()
    forms = [step_time(case) - kernel_costs(case)[0].time if stated else sympy.S.Zero]
    forms += [launch_time(case) if case.runtime.queued else sympy.S.Zero]
    for part, draft in step_parts(case):
        for kernel in kernel_costs(part):
            times = sympy.S.One if draft is None else draft.times
            own = [kernel.repeat, kernel.overhead, kernel.time, kernel.compute_time]
            own += [kernel.memory_time, *kernel.traffic.values()]
            repeat, *costs = own if draft is None else map(draft.named, own)
            forms += [times * repeat, *costs]
    return tuple(forms)


@memo(key=lambda setup: setup.shape, size=256)
def kernel_waits(setup: Setup) -> tuple[tuple[bool, tuple[str, ...]], ...]:
    """Of each kernel, whether it does anything, and what each of its tensors is waited for as."""
    return tuple(
        (
            bool(kernel.traffic or kernel.flops != 0),
            tuple(
                "loading" if kernel.route else _OF_ROLE.get(role, "activations")
                for role in kernel.traffic
            ),
        )
        for part, _ in step_parts(setup.case("decode"))
        for kernel in kernel_costs(part)
    )


def waits_from(setup: Setup, numbers: Iterable[Any]) -> dict[str, Any]:
    """Seconds by what they wait for, from the numbers of :func:`kernel_forms`, or columns."""
    found: Iterator[Any] = iter([n if hasattr(n, "shape") else float(n) for n in numbers])
    joined, values = find_composition(setup.composition), setup.values()
    terms: dict[str, Any] = dict.fromkeys(REGIMES, 0.0)
    terms["loading"], terms["launch"] = next(found), next(found)
    for runs, names in kernel_waits(setup):
        repeat, launching, time = next(found), next(found), next(found)
        computing, moving = next(found), next(found)
        moved = [next(found) for _ in names]
        computes = joined.share(computing, moving, values) if runs else 0.0
        terms["compute"] = terms["compute"] + computes * repeat * time
        terms["launch"] = terms["launch"] + repeat * launching
        total = sum(moved)
        for name, amount in zip(names, moved, strict=True):
            terms[name] = terms[name] + (1 - computes) * repeat * time * amount / total
    return terms
