"""Counts: parameters and FLOPs."""

from __future__ import annotations

import sympy

from edgesym.graph.meaning import ATTENTION_CORE, ATTENTION_PROJECTIONS
from edgesym.ledger import Kind, Row
from edgesym.quantities.registry import Case, quantity

__all__ = [
    "active_parameters",
    "attention_core_flops",
    "attention_projection_flops",
    "flops",
    "flops_per_token",
    "nonzero_parameters",
    "parameters",
    "projection_flops",
]


@quantity("1", "usual", "estimate", of_part=True)
def parameters(case: Case) -> sympy.Expr:
    """Parameters stored, a shared one once.

    The sum of the elements of every weight tensor. Source: transformers'
    ``num_parameters``; tied tables count once.
    """
    return case.total(Kind.STORED)


@quantity("1", "estimate", of_part=True)
def active_parameters(case: Case) -> sympy.Expr:
    """Parameters that one token uses: k of E experts, and all else.

    Source: the convention of names such as Mixtral 8x7B's 12.9B active
    (Jiang et al. 2024, arXiv:2401.04088), tables of embeddings included.
    """
    return case.total(Kind.ACTIVE)


@quantity("1", of_part=True)
def nonzero_parameters(case: Case) -> sympy.Expr:
    """Parameters that pruning leaves, a shared one once.

    Of pruned matrices rho, the density, times their elements, however they are stored.
    """
    kept = case.widths.kept

    def left(row: Row) -> sympy.Expr:
        found = kept.get((row.block, row.tensor))
        return sympy.S.One if found is None else found.density

    return case.rows(Kind.STORED).scaled(left).total()


@quantity("FLOP", "usual", "estimate", of_part=True, drafted="taken")
def flops(case: Case) -> sympy.Expr:
    """FLOPs of a step, under the case's convention.

    Products with pruned values count, unless what runs the step skips them.
    """
    return case.total(Kind.FLOPS)


@quantity("FLOP", of_part=True)
def flops_per_token(case: Case) -> sympy.Expr:
    """FLOPs of a step over the tokens that enter, F / (b T)."""
    return sympy.expand(flops(case)) / case.workload.tokens


@quantity("FLOP", of_part=True)
def attention_core_flops(case: Case) -> sympy.Expr:
    """FLOPs of attention from its scores to the product with its values, softmax included.

    The part that grows with the context; what a fused kernel such as FlashAttention runs
    (Dao et al. 2022, arXiv:2205.14135, algorithm 1).
    """
    return case.rows(Kind.FLOPS).filter(purposes=ATTENTION_CORE).total()


@quantity("FLOP", of_part=True)
def projection_flops(case: Case) -> sympy.Expr:
    """FLOPs of the products with weights: of attention, feed-forward, experts and logits.

    The part that grows with the tokens that enter: 2 N a token for N weights (Kaplan et al.
    2020, arXiv:2001.08361, section 2.1).
    """
    return case.rows(Kind.FLOPS).filter(where=lambda row: row.weighted).total()


@quantity("FLOP", of_part=True)
def attention_projection_flops(case: Case) -> sympy.Expr:
    """FLOPs of the products with the weights of attention: queries, keys, values, output."""
    rows = case.rows(Kind.FLOPS).filter(purposes=ATTENTION_PROJECTIONS)
    return rows.filter(where=lambda row: row.weighted).total()
