"""Where kernels run: on the device, beside it, or in some layers here and in others there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import sympy

from edgesym.graph.block import Block
from edgesym.graph.tensor import Role
from edgesym.ledger import Kind, Ledger, Row
from edgesym.quantities.registry import Case
from edgesym.runtimes.placement import Beside

__all__ = ["Side", "sides", "units"]


@dataclass(frozen=True, slots=True)
class Side:
    """The rows of a kernel as it runs in one place.

    Attributes:
        beside: whether it runs on the processor beside the device.
        share: of the times that the kernel runs.
    """

    rows: Ledger
    beside: bool = False
    share: sympy.Expr = sympy.S.One


def sides(kernel: Ledger, case: Case) -> tuple[Side, ...]:
    """Where a kernel runs, by the formats of the weights that its products read.

    One weight that the device does not run takes the kernel with it. Where that is so in some
    layers, the kernel runs in two places; of several such weights the first says in how many.
    """
    found = [
        case.beside[row.block, row.tensor]
        for row in kernel.filter(Kind.READ, role=Role.WEIGHT)
        if row.weighted and (row.block, row.tensor) in case.beside
    ]
    if not found:
        return (Side(kernel),)
    whole = any(each.share == 1 for each in found)
    share = sympy.S.One if whole else found[0].share
    there = Side(_with_widths(kernel, case, lambda each: each.there), True, share)
    if whole:
        return (there,)
    return there, Side(_with_widths(kernel, case, lambda each: each.here), False, 1 - share)


def units(case: Case) -> list[list[Block]]:
    """The blocks of the device, and those of the processor beside it; some are of both.

    A block without a product is the device's.
    """
    here, there = [], []
    for block in case.blocks():
        found = [case.beside.get((block.name, name)) for name in _weights(block)]
        if any(each is not None for each in found):
            there.append(block)
        if not found or any(each is None or each.share != 1 for each in found):
            here.append(block)
    return [blocks for blocks in (here, there) if blocks]


def _weights(block: Block) -> list[str]:
    """The weights that products of a block read."""
    return [
        tensor.name
        for operation in block.operations
        if operation.family == "contraction"
        for tensor in operation.inputs
        if tensor.role is Role.WEIGHT
    ]


def _with_widths(kernel: Ledger, case: Case, width: Callable[[Beside], sympy.Expr]) -> Ledger:
    """The rows with the bytes that weights take in the layers of one side."""

    def taken(row: Row) -> Row:
        name = (row.block, row.tensor)
        found = case.beside.get(name)
        if row.role is not Role.WEIGHT or found is None or found.share == 1:
            return row
        kept = case.widths.kept.get(name)
        return replace(row, width=width(found) if kept is None else kept.width(width(found)))

    return replace(kernel, rows=tuple(taken(row) for row in kernel.rows))
