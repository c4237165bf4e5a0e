"""Energy: a price per FLOP, a price per byte, and the power that is always drawn.

Never more than the power limit times the time. A host with a memory of its own that computes a
part of the model has prices of its own, and adds the power that it always draws.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy

from edgesym.quantities.counts import flops
from edgesym.quantities.memory import memory_traffic
from edgesym.quantities.registry import Case, quantity
from edgesym.quantities.time import KernelCost, kernel_costs, step_time
from edgesym.runtimes.placement import HOST, Place
from edgesym.symbols import symbol

__all__ = ["PER_FLOP", "energy_of", "energy_per_step", "energy_per_token", "power", "work_of"]

PER_FLOP = symbol("energy_per_flop")

#: FLOPs and bytes.
Work = tuple[sympy.Expr, sympy.Expr]


def energy_of(
    computing: sympy.Expr, traffic: sympy.Expr, time: sympy.Expr, beside: Work | None = None
) -> sympy.Expr:
    """Energy of FLOPs, bytes and the time they take, min(e_f F + e_b Q + p_0 t, P_0 t).

    A device without a power limit has an infinite one.

    Args:
        computing: e_f F; a draft may compute in another dtype, of another price.
        beside: what a host with a memory of its own does, at its own prices.
    """
    moving = symbol("energy_per_byte") * traffic
    spent = computing + moving + symbol("idle_power") * time
    most = symbol("power_limit")
    if beside is not None:
        work, moved = beside
        spent += symbol("energy_per_flop", HOST) * work + symbol("energy_per_byte", HOST) * moved
        spent += symbol("idle_power", HOST) * time
        most += symbol("power_limit", HOST)
    return sympy.Min(spent, most * time, evaluate=False)


def work_of(
    case: Case, cost: Callable[[Callable[[KernelCost], sympy.Expr]], sympy.Expr]
) -> tuple[Work, Work | None]:
    """FLOPs and bytes of the device, and of a host that computes with a memory of its own.

    Args:
        cost: the sum of a cost over the kernels that run. What is copied to the device is
            written there.
    """
    placement = case.placement
    apart = placement.linked and Place.HOST in placement.everywhere

    def of(place: str) -> Work:
        def here(kernel: KernelCost) -> bool:
            return not apart or kernel.place == place

        return (
            cost(lambda kernel: kernel.flops if here(kernel) else sympy.S.Zero),
            cost(lambda k: sympy.Add(*k.traffic.values()) if here(k) else sympy.S.Zero),
        )

    return of(""), of(HOST) if apart else None


@quantity("J", of_part=True)
def energy_per_step(case: Case) -> sympy.Expr:
    """Energy of a step, min(e_f F + e_b Q + p_0 t, P_0 t): FLOPs, bytes, idle power, capped.

    The linear model of Choi et al. 2013 (doi:10.1109/IPDPS.2013.77), up to the power limit.
    """
    if case.placement.split:
        kernels = kernel_costs(case)

        def cost(each: Callable[[KernelCost], sympy.Expr]) -> sympy.Expr:
            return sympy.Add(*(kernel.repeat * each(kernel) for kernel in kernels))

        (work, traffic), beside = work_of(case, cost)
        return energy_of(PER_FLOP * work, traffic, step_time(case), beside)
    computing = PER_FLOP * flops(case.alone)
    draft = None if case.drafting is None else case.drafting.beside(case)
    if draft is not None:
        computing += draft.of(lambda step: PER_FLOP * flops(step))
    return energy_of(computing, memory_traffic(case), step_time(case))


@quantity("W")
def power(case: Case) -> sympy.Expr:
    """Mean power of a step, its energy over its time: from idle power up to the power limit."""
    return energy_per_step(case) / step_time(case)


@quantity("J", "estimate", of_part=True, phase="decode")
def energy_per_token(case: Case) -> sympy.Expr:
    """Energy of a decode step over the tokens it yields."""
    return energy_per_step(case) / (case.workload.batch * case.yields)
