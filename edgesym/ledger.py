"""The ledger: what a model costs, as rows that are filtered and grouped, and summed last."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from importlib import import_module

import sympy

from edgesym.architectures.model import Model
from edgesym.domain import checked
from edgesym.errors import UnknownNameError
from edgesym.frozen import FrozenMap
from edgesym.graph.block import Block, flows
from edgesym.graph.convention import Convention, convention
from edgesym.graph.copies import without_copies
from edgesym.graph.kernels import UNFUSED, Fusion, Kernel, partition
from edgesym.graph.meaning import Group, Purpose
from edgesym.graph.operation import Operation
from edgesym.graph.tensor import Role, Tensor
from edgesym.graph.width import UNIFORM, Widths
from edgesym.memo import memo
from edgesym.workload import Workload, phase

__all__ = ["Kind", "Ledger", "Row", "ledger"]


class Kind(StrEnum):
    """What a row counts: FLOPs, or elements of a tensor."""

    FLOPS = "flops"
    READ = "read"
    WRITE = "write"
    STORED = "stored"
    ACTIVE = "active"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Row:
    """One cost of one operation in one kind of block.

    Attributes:
        block: the kind of block; after merging, the kinds joined by a comma.
        kernel: the kernel the operation runs in.
        part: dotted name of the operation.
        family: family of the operation.
        purpose: what the operation is for.
        kind: what is counted.
        repeat: how often the block is repeated.
        amount: FLOPs or elements, in one block.
        role: role of the tensor, None for FLOPs.
        group: what a weight is, None for all else.
        tensor: name of the tensor, empty for FLOPs.
        weighted: whether the operation is a product with a weight.
        width: bytes of an element of the tensor, 1 for FLOPs.
    """

    block: str
    kernel: str
    part: str
    family: str
    purpose: Purpose
    kind: Kind
    repeat: sympy.Expr
    amount: sympy.Expr
    role: Role | None = None
    group: Group | None = None
    tensor: str = ""
    weighted: bool = False
    width: sympy.Expr = sympy.S.One

    @property
    def bytes(self) -> sympy.Expr:
        """The amount in bytes, for rows that count elements."""
        if self.role is None:
            raise UnknownNameError("role of a row of kind", self.kind, Role)
        return self.amount * self.width

    @property
    def measure(self) -> sympy.Expr:
        """The amount in the unit of its kind: FLOPs, parameters, or bytes."""
        counted = self.kind in (Kind.FLOPS, Kind.STORED, Kind.ACTIVE)
        return self.amount if counted else self.bytes


@dataclass(frozen=True, slots=True, repr=False)
class Ledger:
    """Rows, in the order the operations run.

    Attributes:
        rows: the rows.
        repeats: the symbol that counts a set of kinds of blocks.
    """

    rows: tuple[Row, ...]
    repeats: FrozenMap[frozenset[str], sympy.Expr]

    def __repr__(self) -> str:
        """How many rows there are, and of what."""
        blocks = ", ".join(dict.fromkeys(str(row.block) for row in self.rows))
        return f"<Ledger: {len(self.rows)} rows of {blocks}>"

    def __iter__(self) -> Iterator[Row]:
        """The rows."""
        return iter(self.rows)

    @checked
    def filter(
        self,
        *kinds: Kind,
        part: str = "*",
        role: Role | None = None,
        purposes: Collection[Purpose] | None = None,
        where: Callable[[Row], bool] | None = None,
    ) -> Ledger:
        """The rows of these kinds whose part matches, itself or as a prefix.

        ``part`` may hold ``*``: ``attention`` and ``attention.*`` are the same.
        """
        kept = tuple(
            row
            for row in self.rows
            if (not kinds or row.kind in kinds)
            and (fnmatchcase(row.part, part) or fnmatchcase(row.part, f"{part}.*"))
            and (role is None or row.role is role)
            and (purposes is None or row.purpose in purposes)
            and (where is None or where(row))
        )
        return replace(self, rows=kept)

    @checked
    def scaled(self, factor: Callable[[Row], sympy.Expr]) -> Ledger:
        """The rows, each with its amount times a factor."""
        rows = tuple(replace(row, amount=row.amount * factor(row)) for row in self.rows)
        return replace(self, rows=rows)

    @checked
    def group(self, key: Callable[[Row], str]) -> dict[str, Ledger]:
        """Ledgers of the rows that share a key, in order of first appearance."""
        groups: dict[str, list[Row]] = {}
        for row in self.rows:
            groups.setdefault(key(row), []).append(row)
        return {name: replace(self, rows=tuple(rows)) for name, rows in groups.items()}

    def merged(self) -> Ledger:
        """Rows that kinds of blocks have in common, counted together.

        What all kinds share is repeated L times, what those of one label share
        as often as the label: the sum needs no symbol for each kind.
        """
        same: dict[tuple[object, ...], list[Row]] = {}
        for row in self.rows:
            if frozenset([row.block]) in self.repeats:
                key: tuple[object, ...] = (row.part, row.kind, row.tensor, row.amount, row.width)
            else:
                key = (row.block, row.part, row.kind, row.tensor, row.amount, row.width)
            same.setdefault(key, []).append(row)
        return replace(self, rows=tuple(self._joined(rows) for rows in same.values()))

    def _joined(self, rows: list[Row]) -> Row:
        blocks = list(dict.fromkeys(row.block for row in rows))
        if len(rows) == 1:
            return rows[0]
        counted = self.repeats.get(frozenset(blocks)) if len(blocks) == len(rows) else None
        repeat = sympy.Add(*(row.repeat for row in rows)) if counted is None else counted
        return replace(rows[0], block=", ".join(blocks), repeat=repeat)

    def total(self) -> sympy.Expr:
        """The sum of repeat x measure, in FLOPs, parameters or bytes; nothing expanded."""
        return sympy.Add(*(row.repeat * row.measure for row in self.merged()))

    def bytes(self) -> sympy.Expr:
        """The sum of repeat x amount x width, of rows that count elements."""
        return sympy.Add(*(row.repeat * row.bytes for row in self.merged()))

    def _repr_markdown_(self) -> str:
        """The merged rows as a table, for notebooks."""
        markdown: str = import_module("edgesym.render.display").ledger_markdown(self)
        return markdown

    def parts(self) -> list[str]:
        """The names of the parts, in order."""
        return list(dict.fromkeys(row.part for row in self.rows))


def _asked(
    model: Model,
    workload: Workload | None = None,
    counting: Convention | None = None,
    fusion: Fusion = UNFUSED,
    widths: Widths = UNIFORM,
) -> tuple[object, ...]:
    """What a ledger depends on: of the model its structure alone."""
    return model.structure, workload or phase("step"), counting or convention(), fusion, widths


@checked
@memo(key=_asked, size=256)
def ledger(
    model: Model,
    workload: Workload | None = None,
    counting: Convention | None = None,
    fusion: Fusion = UNFUSED,
    widths: Widths = UNIFORM,
) -> Ledger:
    """The ledger of a model for a step.

    Args:
        model: a model.
        workload: the step; by default one of T new tokens on C cached ones.
        counting: the convention; by default the one named ``default``.
        fusion: which operations run together.
        widths: the bytes of an element of every tensor.

    Models of one structure share it.
    """
    counting = counting or convention()
    rows: list[Row] = []
    shared: set[str] = set()
    for made in model.blocks(workload or phase("step"), counting):
        block = without_copies(made, fusion.code.dropped)
        for kernel in partition(block, fusion):
            rows += _kernel_rows(block, kernel, widths)
        rows += _held_rows(block, shared, widths)
    return Ledger(tuple(rows), model.repeats)


def _kernel_rows(block: Block, kernel: Kernel, widths: Widths) -> Iterable[Row]:
    """FLOPs of the operations in a kernel, and the traffic across its boundary."""
    operations = {operation.part: operation for operation in kernel.operations}
    for part, operation in operations.items():
        cost = block.flops[part] * widths.computed(block.name, operation)
        if cost != 0:
            yield _row(block, kernel.name, operation, Kind.FLOPS, cost)
    for flow in flows(block, kernel.operations):
        kind = Kind.READ if flow.direction == "read" else Kind.WRITE
        row = _row(block, kernel.name, operations[flow.part], kind, flow.elements)
        yield _of_tensor(row, flow.tensor, widths)


def _row(block: Block, kernel: str, operation: Operation, kind: Kind, amount: sympy.Expr) -> Row:
    part, family, purpose = operation.part, operation.family, operation.purpose
    product = family == "contraction" and any(t.role is Role.WEIGHT for t in operation.inputs)
    row = Row(block.name, kernel, part, family, purpose, kind, block.repeat, amount)
    return replace(row, weighted=product)


def _of_tensor(row: Row, tensor: Tensor, widths: Widths) -> Row:
    """A row that counts elements of a tensor."""
    width = widths(tensor.role, row.block, tensor.name)
    return replace(row, role=tensor.role, group=tensor.group, tensor=tensor.name, width=width)


def _held_rows(block: Block, shared: set[str], widths: Widths) -> Iterable[Row]:
    """What the block stores: its weights, each once, and what its caches keep.

    ``shared`` names the weights that several blocks share and that are counted already.
    """
    seen: set[str] = set()
    for operation in block.operations:
        for tensor in (*operation.inputs, *operation.outputs):
            if tensor.name in seen or tensor.name in shared:
                continue
            seen.add(tensor.name)
            repeat = block.repeat if tensor.copies is None else tensor.copies
            amounts: dict[Kind, sympy.Expr] = {}
            if tensor.role is Role.WEIGHT and repeat != 0:
                amounts = {Kind.STORED: tensor.elements, Kind.ACTIVE: tensor.used_by_token}
            elif tensor.cache is not None:
                amounts = {Kind.KEPT: tensor.cache.kept}
            if tensor.copies is not None and repeat != 0:
                shared.add(tensor.name)
            for kind, amount in amounts.items():
                row = replace(_row(block, "", operation, kind, amount), repeat=repeat)
                yield _of_tensor(row, tensor, widths)
