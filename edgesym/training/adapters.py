"""Low-rank adapters: what training adjusts in place of the matrices themselves."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from edgesym.graph.meaning import Group
from edgesym.graph.operation import Operation
from edgesym.graph.tensor import Role
from edgesym.ledger import Kind, Row
from edgesym.quantities.registry import Case, quantity
from edgesym.symbols import symbol
from edgesym.training.passes import Pass, book, summed

__all__ = ["adapter_parameters"]


@quantity("1", "training", of_part=True, phase="prefill")
def adapter_parameters(case: Case) -> sympy.Expr:
    """Parameters of adapters of rank r beside the matrices of the layers: r (rows + columns).

    Of 2 L H r for each square matrix of all layers (Hu et al. 2021, arXiv:2106.09685,
    section 5.1). Matrices of experts, the embedding and the head have none.
    """

    def rows(block: Pass) -> Iterator[Row]:
        for operation in block.operations:
            for width in _sides(operation):
                amount = symbol("trained_rank") * width
                yield block.row(operation.part, amount, Kind.STORED, f"{operation.part}.adapter")

    return summed(book(case, rows))


def _sides(operation: Operation) -> Iterator[sympy.Expr]:
    """Rows and columns of the matrix of a product, if it is one of a layer."""
    if operation.family != "contraction":
        return
    tokens = sympy.Mul(*operation.inputs[0].shape[:2])
    for weight in operation.inputs:
        if weight.role is Role.WEIGHT and weight.group is Group.LINEAR:
            columns = operation.outputs[0].elements / tokens
            yield columns
            yield weight.elements / columns
