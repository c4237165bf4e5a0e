"""Energy: a price per FLOP, a price per byte, and the power that is always drawn.

Never more than the power limit times the time.
"""

from __future__ import annotations

import sympy

from edgesym.quantities.counts import flops
from edgesym.quantities.memory import memory_traffic
from edgesym.quantities.registry import Case, quantity
from edgesym.quantities.time import step_time
from edgesym.symbols import symbol

__all__ = ["PER_FLOP", "energy_of", "energy_per_step", "energy_per_token", "power"]


PER_FLOP = symbol("energy_per_flop")


def energy_of(computing: sympy.Expr, traffic: sympy.Expr, time: sympy.Expr) -> sympy.Expr:
    """Energy of FLOPs, bytes and the time they take, min(e_f F + e_b Q + p_0 t, P_0 t).

    A device without a power limit has an infinite one.

    Args:
        computing: e_f F; a draft may compute in another dtype, of another price.
    """
    moving = symbol("energy_per_byte") * traffic
    spent = computing + moving + symbol("idle_power") * time
    return sympy.Min(spent, symbol("power_limit") * time, evaluate=False)


@quantity("J", of_part=True)
def energy_per_step(case: Case) -> sympy.Expr:
    """Energy of a step, min(e_f F + e_b Q + p_0 t, P_0 t): FLOPs, bytes, idle power, capped.

    The linear model of Choi et al. 2013 (doi:10.1109/IPDPS.2013.77), up to the power limit.
    """
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
