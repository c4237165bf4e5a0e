"""Transformer Roofline Analyzer: the sample of its README beside our table, in its nodes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from edgesym.analysis.operators import Operator, OperatorTable, operator_table
from edgesym.architectures.locate import load
from edgesym.claims.printed import read_printed, unit_powers
from edgesym.data import shipped
from edgesym.graph.convention import convention
from edgesym.scenario.run import Run
from edgesym.workload import Queries

__all__ = ["SOURCE", "Line", "lines", "sample", "unlisted"]

SOURCE = "transformer-roofline-analyzer"
_FOLDER = "claims/reproductions"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of its table beside ours.

    Attributes:
        name: the node, the totals, or what must be stored.
        blocks: how many of the layers it is of; of ours where kinds of layers differ.
        printed: column -> the cell as printed, and ``ours`` the number.
        why: column -> why they differ, where they do.
    """

    name: str
    blocks: str
    printed: Mapping[str, str]
    ours: Mapping[str, float]
    why: Mapping[str, str]

    def agrees(self, column: str) -> bool:
        """Whether our number rounds to the printed cell."""
        unit = "FLOP" if column == "flops" else "B"
        printed = read_printed(self.printed[column], unit_powers(unit))
        return printed.fits(round(self.ours[column]))

    @property
    def differing(self) -> tuple[str, ...]:
        """The columns that are not ours."""
        return tuple(column for column in self.printed if not self.agrees(column))


def sample() -> dict[str, Any]:
    """The printed sample, as data."""
    return shipped(_FOLDER, SOURCE)


@cache
def _ours() -> OperatorTable:
    """Our table of its workload, in its convention, grouped by its nodes."""
    given = sample()
    nodes = resources.files("edgesym").joinpath(*_FOLDER.split("/"), f"{SOURCE}-nodes.toml")
    model = load(given["card"])
    queries = Queries.of([given["cached"]], [given["new"]])
    counting = convention(given["convention"])
    return operator_table(model, queries, Run().formats(model), counting, str(nodes))


def lines() -> Iterator[Line]:
    """Its nodes, its totals, and what it says must be stored."""
    given, ours = sample(), _ours()
    columns = given["columns"]
    for node in given["node"]:
        kernels = [[row for row in ours.rows if row.kernel == kernel] for kernel in node["kernels"]]
        printed = dict(zip(columns, node["printed"], strict=True))
        why = dict(node.get("why", {}))
        for kinds in zip(*kernels, strict=True):
            numbers = {column: sum(getattr(row, column) for row in kinds) for column in columns}
            blocks = f"{kinds[0].repeat} / {kinds[0].of}"
            said = {"blocks": node["blocks"]} if "blocks" in node else {}
            yield Line(node["name"], blocks, printed, numbers, {**said, **why})
    totals = given["totals"]
    printed = dict(zip(columns, totals["printed"], strict=True))
    yield Line("Total", "", printed, dict(ours.totals), totals["why"])
    for name, row in given["storage"].items():
        why = {"bytes": row["why"]} if "why" in row else {}
        numbers = {"bytes": float(ours.storage[name])}
        yield Line(f"Storage - {name}", "", {"bytes": row["printed"]}, numbers, why)


def unlisted() -> tuple[Operator, ...]:
    """Operators of ours that its table does not have."""
    listed = {kernel for node in sample()["node"] for kernel in node["kernels"]}
    return tuple(row for row in _ours().rows if row.kernel not in listed)
