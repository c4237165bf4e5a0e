"""The dataflow graphs of a model, with what each operation costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import sympy

from edgesym.ledger import Kind, Ledger, ledger
from edgesym.render.diagram import svg
from edgesym.scenario.setup import Setup

__all__ = ["Drawn", "dataflow"]

#: What an operation costs, in this order: FLOPs, bytes read, bytes written.
_KINDS = (Kind.FLOPS, Kind.READ, Kind.WRITE)

Costs = tuple[sympy.Expr, ...]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A block: its picture, how often it runs, and the costs of its operations.

    Attributes:
        costs: part -> phase -> FLOPs, bytes read and bytes written, each time it runs, by itself.
        says: part -> what it is for.
    """

    block: str
    svg: str
    repeat: sympy.Expr
    says: Mapping[str, str]
    costs: dict[str, dict[str, Costs]] = field(default_factory=dict)


def dataflow(setup: Setup, phases: Iterable[str]) -> list[Drawn]:
    """The distinct blocks of a model, drawn as they decode."""
    found = {}
    for block in setup.case("decode").blocks():
        says = {op.part: str(op.purpose).replace("_", " ") for op in block.operations}
        found[block.name] = Drawn(block.name, svg(block), block.repeat, says)
    for phase in phases:
        case = setup.case(phase)
        book = ledger(case.model, case.workload, case.counts, widths=case.widths)
        for name, rows in book.filter(*_KINDS).group(lambda row: row.block).items():
            for part, of_part in rows.group(lambda row: row.part).items():
                if part in found[name].says:
                    found[name].costs.setdefault(part, {})[phase] = _costs(of_part)
    return list(found.values())


def _costs(rows: Ledger) -> Costs:
    return tuple(sympy.Add(*(row.measure for row in rows.filter(kind))) for kind in _KINDS)
