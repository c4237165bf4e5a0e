"""Bytes: what a step moves, and what must lie in memory."""

from __future__ import annotations

import sympy

from edgesym.formats import METADATA
from edgesym.graph.liveness import largest, peak_elements
from edgesym.graph.meaning import Group
from edgesym.graph.tensor import Role
from edgesym.ledger import Kind, Row
from edgesym.quantities.counts import flops
from edgesym.quantities.registry import Case, quantity

__all__ = [
    "activation_bytes",
    "additional_expert_bytes",
    "arithmetic_intensity",
    "break_even_density",
    "cache_traffic",
    "embedding_table_bytes",
    "file_bytes",
    "input_bytes",
    "kv_cache_bytes",
    "memory_traffic",
    "output_bytes",
    "storage_bytes",
    "weight_bytes",
    "weight_storage_bytes",
]


@quantity("B", "usual", of_part=True, drafted="taken")
def weight_bytes(case: Case) -> sympy.Expr:
    """Weights that a step reads: of E experts the expected number that its tokens hit."""
    return case.rows(Kind.READ).filter(role=Role.WEIGHT).total()


@quantity("B", of_part=True, drafted="taken")
def input_bytes(case: Case) -> sympy.Expr:
    """Activations, cache and token ids that the kernels of a step read."""

    def not_weight(row: Row) -> bool:
        return row.role is not Role.WEIGHT

    return case.rows(Kind.READ).filter(where=not_weight).total()


@quantity("B", of_part=True, drafted="taken")
def output_bytes(case: Case) -> sympy.Expr:
    """Activations and cache that the kernels of a step write."""
    return case.total(Kind.WRITE)


@quantity("B", of_part=True, drafted="taken")
def cache_traffic(case: Case) -> sympy.Expr:
    """Keys, values and recurrent states that the kernels of a step read and write."""

    def kept(row: Row) -> bool:
        return row.role in (Role.CACHE, Role.STATE)

    return case.rows(Kind.READ, Kind.WRITE).filter(where=kept).total()


@quantity("B", "estimate", of_part=True, drafted="taken")
def memory_traffic(case: Case) -> sympy.Expr:
    """All bytes that the kernels of a step read and write, Q."""
    return case.total(Kind.READ, Kind.WRITE)


@quantity("FLOP/B", "estimate", of_part=True)
def arithmetic_intensity(case: Case) -> sympy.Expr:
    """FLOPs per byte moved, F / Q (Williams et al. 2009, doi:10.1145/1498765.1498785)."""
    return flops(case) / memory_traffic(case)


@quantity("B", "estimate", of_part=True, drafted="held")
def weight_storage_bytes(case: Case) -> sympy.Expr:
    """Weights as stored, all experts included."""
    beside = case.widths.extra if case.part == "*" else sympy.S.Zero
    return case.rows(Kind.STORED).bytes() + beside


@quantity("1")
def break_even_density(case: Case) -> sympy.Expr:
    """Density below which pruned matrices take fewer bytes than dense ones.

    Of stored (width + each) + beside bytes, with stored = rho, it is (width - beside) / (width +
    each), summed over the pruned matrices: 1 - 1 / (8 B_w) of a bit mask. 1 where zeros are stored
    like other values, or nothing is pruned.
    """
    widths = case.widths
    packed = {name: kept for name, kept in widths.kept.items() if kept.stored != 1}

    def name(row: Row) -> tuple[str, str]:
        return row.block, row.tensor

    rows = case.rows(Kind.STORED).filter(where=lambda row: name(row) in packed)
    if not rows.rows:
        return sympy.Integer(1)
    dense = rows.scaled(lambda row: widths.dense(*name(row))).total()
    each = rows.scaled(lambda row: packed[name(row)].each).total()
    beside = rows.scaled(lambda row: packed[name(row)].beside).total()
    return sympy.factor((dense - beside) / (dense + each))


@quantity("B")
def file_bytes(case: Case) -> sympy.Expr:
    """Bytes of the file of the weights: the tensors, and the tokenizer where the file holds it."""
    return weight_storage_bytes(case) + METADATA


@quantity("B", "usual", "estimate", of_part=True, drafted="held")
def kv_cache_bytes(case: Case) -> sympy.Expr:
    """Keys and values held after the step, a window's worth where there is one; and states."""
    return case.total(Kind.KEPT)


@quantity("B", "estimate")
def activation_bytes(case: Case) -> sympy.Expr:
    """The most activations that exist at once, from the liveness of the graph.

    The maximum over the kernels of the sum of the tensors that are needed then or
    later. What a fused kernel makes and uses itself never exists.
    """
    candidates = [
        elements
        for block in case.blocks()
        for elements in peak_elements(block, case.kernels(block))
    ]
    return sympy.Max(*largest(candidates), evaluate=False) * case.widths(Role.ACTIVATION)


@quantity("B")
def embedding_table_bytes(case: Case) -> sympy.Expr:
    """Tables that are looked up, as stored: of tokens, positions, and what is added to them."""

    def table(row: Row) -> bool:
        return row.group in (Group.EMBEDDING, Group.POSITION)

    return case.rows(Kind.STORED).filter(where=table).bytes()


@quantity("B")
def additional_expert_bytes(case: Case) -> sympy.Expr:
    """Experts that are stored, and that the step is not expected to read."""

    def routed(row: Row) -> bool:
        return row.tensor in selected

    selected = {
        row.tensor
        for row in case.rows(Kind.ACTIVE)
        for stored in case.rows(Kind.STORED).filter(part=row.part)
        if stored.tensor == row.tensor and stored.amount != row.amount
    }
    stored = case.rows(Kind.STORED).filter(where=routed).bytes()
    return stored - case.rows(Kind.READ).filter(where=routed).total()


@quantity("B")
def storage_bytes(case: Case) -> sympy.Expr:
    """The least that must be held anywhere: weights and cache."""
    return weight_storage_bytes(case) + kv_cache_bytes(case)
