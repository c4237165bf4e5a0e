"""Kernels: a partition of the graph into operations that run together.

A kernel's traffic is the tensors that cross its boundary, each once
(:func:`edgesym.graph.block.flows`). Which operations run together is handed in, as rules over
what they are for: that is the runtime's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from edgesym.domain import checked
from edgesym.graph.block import Block
from edgesym.graph.meaning import Group, Purpose
from edgesym.graph.operation import Operation
from edgesym.graph.tensor import Role

__all__ = [
    "AS_WRITTEN",
    "UNFUSED",
    "WHOLE",
    "Absorb",
    "Fuse",
    "Fusion",
    "Kernel",
    "Rewritten",
    "partition",
]


@dataclass(frozen=True, slots=True)
class Fuse:
    """Operations of these purposes that belong together are one kernel.

    Attributes:
        kernel: what the kernel is called.
        chain: whether those that pass tensors to one another do.
        siblings: whether products of one tensor with weights of one group do, as where
            matrices are merged.
    """

    kernel: str
    purposes: frozenset[Purpose]
    chain: bool = True
    siblings: bool = False


@dataclass(frozen=True, slots=True)
class Absorb:
    """An operation of these purposes runs in the kernel that makes its first input, weights aside.

    Attributes:
        into: the purposes of the operations that take it in; all where empty.
    """

    purposes: frozenset[Purpose]
    into: frozenset[Purpose] = frozenset()


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What becomes of a model's own code, which writes out what a layer does in one operation.

    Attributes:
        dropped: purposes of copies that are not made (:mod:`edgesym.graph.copies`).
        joined: purposes whose operations, where they pass tensors to one another, are one kernel.
        absorb: operations that run in the kernel of what they read.
    """

    dropped: frozenset[Purpose] = frozenset()
    joined: frozenset[Purpose] = frozenset()
    absorb: tuple[Absorb, ...] = ()


#: Code as it is written: operation by operation.
AS_WRITTEN = Rewritten()


@dataclass(frozen=True, slots=True)
class Fusion:
    """Which operations run together; of several rules the first that takes an operation holds.

    Attributes:
        whole: whether a whole block is one kernel.
        code: what becomes of a model's own code.
    """

    fuse: tuple[Fuse, ...] = ()
    absorb: tuple[Absorb, ...] = ()
    whole: bool = False
    code: Rewritten = AS_WRITTEN


#: A kernel for every operation, and one for every block: the most and the least traffic.
UNFUSED, WHOLE = Fusion(), Fusion(whole=True)


@dataclass(frozen=True, slots=True)
class Kernel:
    """Operations run together.

    Attributes:
        name: unique in its block.
    """

    name: str
    operations: tuple[Operation, ...]


@checked
def partition(block: Block, fusion: Fusion) -> list[Kernel]:
    """The kernels of a block in the order they run; views are in none of them."""
    running = [op for op in block.operations if op.family != "view"]
    if fusion.whole:
        return [Kernel("block", tuple(running))] if running else []
    joined = _Joined(block, running)
    for absorb in fusion.absorb:
        joined.absorb(absorb)
    for fuse in fusion.fuse:
        joined.fuse(fuse)
    if block.of_code:
        for purpose in sorted(fusion.code.joined):
            joined.chain(purpose)
        for absorb in fusion.code.absorb:
            joined.absorb(absorb)
    groups: dict[str, list[Operation]] = {}
    for operation in running:
        groups.setdefault(joined.head(operation.part), []).append(operation)
    kernels: dict[str, Kernel] = {}
    for head in joined.ordered(list(groups)):
        operations = groups[head]
        name = _name(operations, joined.rule.get(head, ""), kernels)
        kernels[name] = Kernel(name, tuple(operations))
    return list(kernels.values())


class _Joined:
    """Operations that have been joined so far: each knows the head of its kernel."""

    def __init__(self, block: Block, running: list[Operation]) -> None:
        self.block = block
        self.running = running
        self.rule: dict[str, str] = {}
        self._heads = {op.part: op.part for op in running}
        self._made = {t.name: op for op in running for t in op.outputs}

    def head(self, part: str) -> str:
        while self._heads[part] != part:
            part = self._heads[part]
        return part

    def sources(self, operation: Operation) -> Iterable[Operation]:
        """The operations that make its inputs, through views."""
        names = (self.block.root(tensor) for tensor in operation.inputs)
        return (self._made[name] for name in names if name in self._made)

    def ordered(self, heads: list[str]) -> list[str]:
        """Kernels in the order they run: each after those that make what it reads."""
        places = {head: place for place, head in enumerate(heads)}
        before: dict[str, set[str]] = {head: set() for head in heads}
        for operation in self.running:
            head = self.head(operation.part)
            before[head] |= {self.head(source.part) for source in self.sources(operation)} - {head}
        if all(places[one] < places[head] for head in heads for one in before[head]):
            return heads
        sorting = TopologicalSorter(before)
        found: list[str] = []
        try:
            sorting.prepare()
        except CycleError:  # what a runtime joins across what it leaves apart
            return heads
        ready = list(sorting.get_ready())
        while ready:
            first = min(ready, key=places.__getitem__)
            ready.remove(first)
            found.append(first)
            sorting.done(first)
            ready += sorting.get_ready()
        return found

    def absorb(self, rule: Absorb) -> None:
        for operation in self.running:
            if operation.purpose not in rule.purposes:
                continue
            given = [t for t in operation.inputs if t.role is not Role.WEIGHT]
            maker = self._made.get(self.block.root(given[0])) if given else None
            if maker is not None and (not rule.into or maker.purpose in rule.into):
                self._heads[operation.part] = self.head(maker.part)

    def fuse(self, rule: Fuse) -> None:
        taken = [
            op
            for op in self.running
            if op.purpose in rule.purposes and self.head(op.part) not in self.rule
        ]
        heads = {self.head(op.part) for op in taken}
        siblings: dict[tuple[str, Group | None], str] = {}
        for operation in taken:
            for source in self.sources(operation) if rule.chain else ():
                if self.head(source.part) in heads:
                    self._join(source.part, operation.part)
            if rule.siblings and (twin := _shared(self.block, operation)) is not None:
                self._join(siblings.setdefault(twin, operation.part), operation.part)
        for head in heads:
            self.rule[self.head(head)] = rule.kernel

    def chain(self, purpose: Purpose) -> None:
        """Join operations of a purpose to those of it that make what they read."""
        for operation in self.running:
            if operation.purpose is purpose:
                for source in self.sources(operation):
                    if source.purpose is purpose:
                        self._join(source.part, operation.part)

    def _join(self, one: str, other: str) -> None:
        first, second = self.head(one), self.head(other)
        if first != second:
            self._heads[second] = first
            if second in self.rule:
                self.rule.setdefault(first, self.rule[second])


def _shared(block: Block, operation: Operation) -> tuple[str, Group | None] | None:
    """The tensor that a product multiplies, and the group of its weight; None of others."""
    if operation.family != "contraction":
        return None
    data = [t for t in operation.inputs if t.role is not Role.WEIGHT]
    weights = [t for t in operation.inputs if t.role is Role.WEIGHT]
    return (block.root(data[0]), weights[0].group) if data and weights else None


def _name(operations: list[Operation], rule: str, taken: Mapping[str, Kernel]) -> str:
    """The common part of the operations' names and the rule; unique among those taken."""
    first = operations[0].part
    if not rule:
        return first
    shared = first.split(".")[:-1]
    for operation in operations[1:]:
        words = operation.part.split(".")
        same = (i for i, pair in enumerate(zip(shared, words, strict=False)) if len({*pair}) > 1)
        shared = shared[: next(same, min(len(shared), len(words)))]
    name = ".".join([*shared, rule])
    return f"{first}.{rule}" if name in taken else name
