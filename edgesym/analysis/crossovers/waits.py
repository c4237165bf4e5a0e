"""What a decode step waits for: compute, weights, cache, activations, or launches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import sympy

from edgesym.catalogue import Case
from edgesym.engine.program import program_of
from edgesym.graph.tensor import Role
from edgesym.quantities.composition import find_composition
from edgesym.quantities.time import kernel_costs, launch_time, step_time
from edgesym.scenario.setup import Setup

__all__ = ["REGIMES", "as_shares", "kernel_forms", "shares", "waits", "waits_from", "waits_over"]

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


def kernel_forms(setup: Setup) -> tuple[sympy.Expr, ...]:
    """The closed forms whose numbers :func:`waits_from` takes."""
    return _forms(setup.case("decode"))


def waits_from(setup: Setup, numbers: Iterable[Any]) -> dict[str, Any]:
    """Seconds by what they wait for, from the numbers of :func:`kernel_forms`, or columns."""
    found: Iterator[Any] = (n if hasattr(n, "shape") else float(n) for n in numbers)
    case, values = setup.case("decode"), setup.values()
    joined = find_composition(case.composition)
    terms: dict[str, Any] = dict.fromkeys(REGIMES, 0.0)
    terms["loading"], terms["launch"] = next(found), next(found)
    for kernel in kernel_costs(case):
        repeat, launching, time = next(found), next(found), next(found)
        computing, moving = next(found), next(found)
        moved = {role: next(found) for role in kernel.traffic}
        runs = kernel.traffic or kernel.flops != 0
        computes = joined.share(computing, moving, values) if runs else 0.0
        terms["compute"] = terms["compute"] + computes * repeat * time
        terms["launch"] = terms["launch"] + repeat * launching
        total = sum(moved.values())
        for role, amount in moved.items():
            name = "loading" if kernel.route else _OF_ROLE.get(role, "activations")
            terms[name] = terms[name] + (1 - computes) * repeat * time * amount / total
    return terms


@lru_cache(maxsize=64)
def _forms(case: Case) -> tuple[sympy.Expr, ...]:
    kernels = kernel_costs(case)
    stated = "step_time" in find_composition(case.composition).stated()
    forms = [step_time(case) - kernels[0].time if stated else sympy.S.Zero]
    forms += [launch_time(case) if case.runtime.queued else sympy.S.Zero]
    for kernel in kernels:
        forms += [kernel.repeat, kernel.overhead, kernel.time]
        forms += [kernel.compute_time, kernel.memory_time, *kernel.traffic.values()]
    return tuple(forms)
