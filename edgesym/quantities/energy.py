"""Energy: a price per FLOP, a price per byte, and the power that is always drawn.

Never more than the power limit times the time. A host with a memory of its own that computes a
part of the model has prices of its own, and adds the power that it always draws.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import sympy

from edgesym.quantities.counts import flops
from edgesym.quantities.memory import memory_traffic
from edgesym.quantities.registry import Case, quantity
from edgesym.quantities.time import KernelCost, kernel_costs, step_time
from edgesym.runtimes.placement import HOST, Place
from edgesym.symbols import symbol

__all__ = ["Work", "energy_of", "energy_per_step", "energy_per_token", "power", "work_of"]


#: Place, empty for the device itself -> FLOPs and bytes there.
Work = Mapping[str, tuple[sympy.Expr, sympy.Expr]]


def energy_of(work: Work, time: sympy.Expr) -> sympy.Expr:
    """Energy of FLOPs, bytes and the time they take, min(e_f F + e_b Q + p_0 t, P_0 t).

    Summed over the device and the host, where that computes with a memory of its own. A device
    without a power limit has an infinite one.
    """
    spent, most = [], []
    for place, (flops_, traffic) in work.items():
        spent += [
            symbol("energy_per_flop", place) * flops_,
            symbol("energy_per_byte", place) * traffic,
        ]
        spent.append(symbol("idle_power", place) * time)
        most.append(symbol("power_limit", place))
    return sympy.Min(sympy.Add(*spent), sympy.Add(*most) * time, evaluate=False)


def work_of(case: Case, cost: Callable[[Callable[[KernelCost], sympy.Expr]], sympy.Expr]) -> Work:
    """FLOPs and bytes of the device, and of a host that computes with a memory of its own.

    Args:
        cost: the sum of a cost over the kernels that run. What is copied to the device is
            written there.
    """
    placement = case.placement
    apart = placement.linked and Place.HOST in placement.everywhere

    def of(place: str) -> tuple[sympy.Expr, sympy.Expr]:
        def here(kernel: KernelCost) -> bool:
            return not apart or kernel.place == place

        return (
            cost(lambda kernel: kernel.flops if here(kernel) else sympy.S.Zero),
            cost(lambda k: sympy.Add(*k.traffic.values()) if here(k) else sympy.S.Zero),
        )

    return {place: of(place) for place in (("", HOST) if apart else ("",))}


@quantity("J", of_part=True)
def energy_per_step(case: Case) -> sympy.Expr:
    """Energy of a step, min(e_f F + e_b Q + p_0 t, P_0 t): FLOPs, bytes, idle power, capped.

    The linear model of Choi et al. 2013 (doi:10.1109/IPDPS.2013.77), up to the power limit.
    """
    if not case.placement.split:
        return energy_of({"": (flops(case), memory_traffic(case))}, step_time(case))
    kernels = kernel_costs(case)

    def cost(each: Callable[[KernelCost], sympy.Expr]) -> sympy.Expr:
        return sympy.Add(*(kernel.repeat * each(kernel) for kernel in kernels))

    return energy_of(work_of(case, cost), step_time(case))


@quantity("W")
def power(case: Case) -> sympy.Expr:
    """Mean power of a step, its energy over its time: from idle power up to the power limit."""
    return energy_per_step(case) / step_time(case)


@quantity("J", "estimate", of_part=True, phase="decode")
def energy_per_token(case: Case) -> sympy.Expr:
    """Energy of a decode step over the tokens it yields."""
    return energy_per_step(case) / case.workload.batch
