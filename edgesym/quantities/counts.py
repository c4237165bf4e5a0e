"""Counts: parameters and FLOPs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sympy

from edgesym.graph.meaning import attention_core
from edgesym.graph.operation import Operation
from edgesym.graph.tensor import Role
from edgesym.ledger import Kind, Row
from edgesym.quantities.registry import Case, quantity

__all__ = [
    "active_parameters",
    "attention_core_flops",
    "attention_projection_flops",
    "flops",
    "flops_per_token",
    "in_parts",
    "parameters",
    "projection_flops",
]


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


@quantity("FLOP", of_part=True)
def attention_core_flops(case: Case) -> sympy.Expr:
    """FLOPs of attention from its scores to the product with its values, softmax included.

    The part that grows with the context; what a fused kernel such as FlashAttention runs
    (Dao et al. 2022, arXiv:2205.14135, algorithm 1).
    """
    return case.rows(Kind.FLOPS).filter(where=in_parts(case, attention_core)).total()


@quantity("FLOP", of_part=True)
def projection_flops(case: Case) -> sympy.Expr:
    """FLOPs of the products with weights: of attention, feed-forward, experts and logits.

    The part that grows with the tokens that enter: 2 N a token for N weights (Kaplan et al.
    2020, arXiv:2001.08361, section 2.1).
    """
    return case.rows(Kind.FLOPS).filter(where=in_parts(case, _projections)).total()


@quantity("FLOP", of_part=True)
def attention_projection_flops(case: Case) -> sympy.Expr:
    """FLOPs of the products with the weights of attention: queries, keys, values, output."""
    return case.rows(Kind.FLOPS).filter(where=in_parts(case, _attention_projections)).total()


def in_parts(
    case: Case, chosen: Callable[[Sequence[Operation]], set[str]]
) -> Callable[[Row], bool]:
    """Whether a row is of one of the parts chosen among the operations of its block."""
    parts = {
        block.name: chosen(block.operations)
        for block in case.model.blocks(case.workload, case.counting)
    }
    return lambda row: row.part in parts[row.block]


def _projections(operations: Sequence[Operation]) -> set[str]:
    return {
        operation.part
        for operation in operations
        if operation.family == "contraction"
        and any(tensor.role is Role.WEIGHT for tensor in operation.inputs)
    }


def _attention_projections(operations: Sequence[Operation]) -> set[str]:
    homes = tuple({f"{part.rpartition('.')[0]}." for part in attention_core(operations)})
    return {part for part in _projections(operations) if part.startswith(homes)}
