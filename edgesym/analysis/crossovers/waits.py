"""What a decode step waits for: compute, weights, cache, activations, or launches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import sympy

from edgesym.catalogue import Case
from edgesym.engine.program import program_of
from edgesym.graph.tensor import Role
from edgesym.quantities.time import KernelCost, kernel_costs
from edgesym.scenario.setup import Setup
from edgesym.symbols import symbol

__all__ = ["REGIMES", "as_shares", "kernel_forms", "shares", "waits", "waits_from", "waits_over"]

#: What a step can wait for.
REGIMES = ("compute", "weights", "cache", "activations", "launch")
_OVERHEAD = symbol("launch_overhead")
_OF_ROLE = {Role.WEIGHT: "weights", Role.CACHE: "cache", Role.STATE: "cache"}


def waits(setup: Setup) -> dict[str, float]:
    """Seconds of a decode step by what they wait for; they add up to the time of the step.

    A kernel that is slower to compute waits for compute; one that is slower to move its
    bytes waits for weights, cache and activations in proportion to their bytes.

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
    overhead = next(found)
    terms: dict[str, Any] = dict.fromkeys(REGIMES, 0.0)
    for kernel in _kernels(setup.case("decode")):
        repeat, computing, moving = next(found), next(found), next(found)
        moved = {role: next(found) for role in kernel.traffic}
        computes = computing > moving
        terms["compute"] = terms["compute"] + computes * repeat * computing
        terms["launch"] = terms["launch"] + repeat * overhead
        total = sum(moved.values())
        for role, amount in moved.items():
            name = _OF_ROLE.get(role, "activations")
            waited = (1 - computes) * repeat * moving * amount / total
            terms[name] = terms[name] + waited
    return terms


@lru_cache(maxsize=64)
def _kernels(case: Case) -> tuple[KernelCost, ...]:
    return tuple(kernel_costs(case))


@lru_cache(maxsize=64)
def _forms(case: Case) -> tuple[sympy.Expr, ...]:
    forms = [_OVERHEAD]
    for kernel in _kernels(case):
        forms += [kernel.repeat, kernel.compute_time, kernel.memory_time, *kernel.traffic.values()]
    return tuple(forms)
