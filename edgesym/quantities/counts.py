"""Counts: parameters and FLOPs."""

from __future__ import annotations

import sympy

from edgesym.ledger import Kind
from edgesym.quantities.registry import Case, quantity

__all__ = ["active_parameters", "flops", "flops_per_token", "parameters"]


@quantity("1", of_part=True)
def parameters(case: Case) -> sympy.Expr:
    """Parameters stored, a shared one once.

    The sum of the elements of every weight tensor. Source: transformers'
    ``num_parameters``; tied tables count once.
    """
    return case.total(Kind.STORED)


@quantity("1", of_part=True)
def active_parameters(case: Case) -> sympy.Expr:
    """Parameters that one token uses: k of E experts, and all else.

    Source: the convention of names such as Mixtral 8x7B's 12.9B active
    (Jiang et al. 2024, arXiv:2401.04088), tables of embeddings included.
    """
    return case.total(Kind.ACTIVE)


@quantity("FLOP", of_part=True)
def flops(case: Case) -> sympy.Expr:
    """FLOPs of a step, under the case's convention."""
    return case.total(Kind.FLOPS)


@quantity("FLOP", of_part=True)
def flops_per_token(case: Case) -> sympy.Expr:
    """FLOPs of a step over the tokens that enter, F / (b T)."""
    return sympy.expand(flops(case)) / case.workload.tokens
