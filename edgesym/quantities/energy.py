"""Energy: a price per FLOP, a price per byte, and the power that is always drawn."""

from __future__ import annotations

import sympy

from edgesym.quantities.counts import flops
from edgesym.quantities.memory import memory_traffic
from edgesym.quantities.registry import Case, quantity
from edgesym.quantities.time import step_time
from edgesym.symbols import symbol

__all__ = ["energy_per_step", "energy_per_token"]


@quantity("J", of_part=True)
def energy_per_step(case: Case) -> sympy.Expr:
    """Energy of a step: FLOPs, bytes and idle power, e_f F + e_b Q + p_0 t.

    The linear model of Choi et al. 2013 (doi:10.1109/IPDPS.2013.77).
    """
    moving = symbol("energy_per_byte") * memory_traffic(case)
    computing = symbol("energy_per_flop") * flops(case)
    return computing + moving + symbol("idle_power") * step_time(case)


@quantity("J", "estimate", of_part=True, phase="decode")
def energy_per_token(case: Case) -> sympy.Expr:
    """Energy of a decode step over the tokens it yields."""
    return energy_per_step(case) / case.workload.batch
