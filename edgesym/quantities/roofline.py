"""Limits: the roofline, Amdahl's law, and what attention must move through on-chip memory."""

from __future__ import annotations

import sympy

from edgesym.graph.kernels import UNFUSED
from edgesym.graph.meaning import ATTENTION_CORE, Purpose
from edgesym.graph.operation import Operation
from edgesym.graph.tensor import Role
from edgesym.ledger import Kind, ledger
from edgesym.quantities.memory import arithmetic_intensity
from edgesym.quantities.registry import Case, quantity
from edgesym.quantities.time import BANDWIDTH, RATE
from edgesym.symbols import symbol

__all__ = [
    "attainable_rate",
    "parallel_speedup",
    "ridge_point",
    "standard_attention_traffic",
    "tiled_attention_traffic",
]


@quantity("FLOP/B")
def ridge_point(case: Case) -> sympy.Expr:
    """Arithmetic intensity above which a device computes at its rate, U_c P / (U_m W_m).

    Source: Williams et al. 2009 (doi:10.1145/1498765.1498785).
    """
    return RATE / BANDWIDTH


@quantity("FLOP/s")
def attainable_rate(case: Case) -> sympy.Expr:
    """Arithmetic rate that a step can reach, min(U_c P, (F / Q) U_m W_m).

    Source: Williams et al. 2009, the roofline.
    """
    return sympy.Min(RATE, arithmetic_intensity(case) * BANDWIDTH, evaluate=False)


@quantity("1")
def parallel_speedup(case: Case) -> sympy.Expr:
    """How much faster G devices are where a fraction f runs in parallel, 1 / (1 - f + f / G).

    Source: Amdahl 1967 (doi:10.1145/1465482.1465560).
    """
    fraction = symbol("parallel_fraction")
    return 1 / (1 - fraction + fraction / symbol("devices"))


@quantity("B", phase="prefill")
def standard_attention_traffic(case: Case) -> sympy.Expr:
    """Bytes that scores, softmax and values move in all layers, each run as a kernel of its own.

    4 S D + 4 S^2 elements for a head without a mask: Theta(N d + N^2) (Dao et al. 2022,
    arXiv:2205.14135, theorem 2).
    """
    moved = ledger(case.model, case.workload, case.counting, UNFUSED, case.widths)
    return moved.filter(Kind.READ, Kind.WRITE, purposes=ATTENTION_CORE).total()


@quantity("B", phase="prefill")
def tiled_attention_traffic(case: Case) -> sympy.Expr:
    """Bytes that the tiled attention of FlashAttention moves in all layers; M_s elements fit.

    Tiles of M_s / (4 D) keys: keys and values are read once, and for each tile queries and
    outputs are read and outputs written, 2 S D + 12 S^2 D^2 / M_s elements for a head, whole
    tiles or not: Theta(N^2 d^2 / M) for M <= N d (Dao et al. 2022, algorithm 1, theorem 2).
    Row statistics, 1/D of the rest, are left out, and so is what a mask saves.
    """
    moved = [
        block.repeat * _tiled(operation)
        for block in case.blocks()
        for operation in block.operations
        if operation.purpose is Purpose.SCORES
    ]
    return sympy.Add(*moved) * case.widths(Role.ACTIVATION)


def _tiled(scores: Operation) -> sympy.Expr:
    """Elements that the heads of one layer move."""
    query, keys = scores.inputs
    group, (_, tokens, _, width) = query.shape[3], keys.shape
    tiles = 4 * tokens * width / symbol("on_chip_elements")
    return 2 * keys.elements * group + tiles * 3 * query.elements
