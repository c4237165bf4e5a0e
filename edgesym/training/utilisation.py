"""How much of the devices' arithmetic a measured speed of training uses."""

from __future__ import annotations

from dataclasses import replace

import sympy

from edgesym.quantities.registry import Case, quantity
from edgesym.symbols import symbol
from edgesym.training.passes import training_flops_per_token

__all__ = ["hardware_flops_utilisation", "model_flops_utilisation"]


@quantity("1", "training", phase="prefill")
def model_flops_utilisation(case: Case) -> sympy.Expr:
    """FLOPs that training needs, at X tokens in a second, over the peak of G devices.

    What is run again is not among them (Chowdhery et al. 2022, arXiv:2204.02311, appendix B).
    """
    once = replace(case, training=replace(case.training, recompute="none"))
    return _utilisation(once)


@quantity("1", "training", phase="prefill")
def hardware_flops_utilisation(case: Case) -> sympy.Expr:
    """FLOPs that training runs, at X tokens in a second, over the peak of G devices.

    With what is run again (Korthikanti et al. 2022, arXiv:2205.05198, section 6).
    """
    return _utilisation(case)


def _utilisation(case: Case) -> sympy.Expr:
    peak = symbol("devices") * symbol("peak_flops")
    return training_flops_per_token(case) * symbol("throughput") / peak
