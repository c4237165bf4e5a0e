"""A model: what its blocks are made of, how often each is repeated, and its integers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import networkx as nx
import sympy

from edgesym.graph.block import Block, Builder
from edgesym.graph.convention import Convention, convention
from edgesym.graph.tensor import Tensor
from edgesym.layers import LAYERS
from edgesym.symbols import symbol
from edgesym.workload import Workload, phase

__all__ = ["Layer", "Model", "Parallel", "Plan", "Residual", "Step"]


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """A layer with the options an architecture file gives it."""

    part: str
    kind: str
    options: Mapping[str, Any]
    copies: sympy.Expr | None = None

    def build(self, builder: Builder, x: Tensor) -> Tensor:
        """Add the layer's operations to a block; ``copies`` is how often its weights exist."""
        builder.copies = self.copies
        y = LAYERS[self.kind](builder, self.part, x, **self.options)
        builder.copies = None
        return y


@dataclass(frozen=True, slots=True, eq=False)
class Residual:
    """x + f(x), where f is a sequence of steps."""

    part: str
    steps: tuple[Step, ...]

    def build(self, builder: Builder, x: Tensor) -> Tensor:
        """Add the steps and the addition to a block."""
        y = _sequence(self.steps, builder, x)
        return builder.pointwise(f"{self.part}.residual", "add", x, y)


@dataclass(frozen=True, slots=True, eq=False)
class Parallel:
    """f(x) + g(x) + ..., where each branch is a sequence of steps."""

    part: str
    branches: tuple[tuple[Step, ...], ...]

    def build(self, builder: Builder, x: Tensor) -> Tensor:
        """Add the branches and the additions to a block."""
        y, *others = (_sequence(branch, builder, x) for branch in self.branches)
        for index, other in enumerate(others):
            y = builder.pointwise(f"{self.part}.sum{index or ''}", "add", y, other)
        return y


Step = Layer | Residual | Parallel


def _sequence(steps: tuple[Step, ...], builder: Builder, x: Tensor) -> Tensor:
    for step in steps:
        x = step.build(builder, x)
    return x


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """How a distinct block is built, and how often it is repeated."""

    name: str
    repeat: sympy.Expr
    steps: tuple[Step, ...]

    def build(self, workload: Workload, convention: Convention) -> Block:
        """The block's dataflow graph for a workload, under a convention."""
        builder = Builder(self.name, workload, convention)
        shape = (workload.batch, workload.new, symbol("hidden"))
        entry = Tensor("input", shape)
        x = _sequence(self.steps, builder, entry)
        return builder.finish(self.repeat, (entry,), (x,))


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A model read from a card or a config.

    Attributes:
        name: as the user named it.
        architecture: the architecture file it was read with.
        values: the integer of each symbol.
        plans: one per distinct block, in the order they run.
        repeats: how many layers a set of blocks makes up, as a symbol of its own.
        origin: card, file or repository it came from.
        sources: where its facts come from.
        context_limit: tokens it was trained for, if the config says.
        dtype: number format of its published weights.
    """

    name: str
    architecture: str
    values: Mapping[sympy.Symbol, int]
    plans: tuple[Plan, ...]
    repeats: Mapping[frozenset[str], sympy.Expr]
    origin: str
    sources: tuple[str, ...]
    context_limit: int | None = None
    dtype: str = "bf16"
    _built: dict[tuple[Workload, Convention], tuple[Block, ...]] = field(default_factory=dict)

    def blocks(
        self, workload: Workload | None = None, counting: Convention | None = None
    ) -> tuple[Block, ...]:
        """The distinct blocks, each with its dataflow graph.

        Args:
            workload: the step; by default one of T new tokens on C cached ones.
            counting: the convention; by default the one named ``default``.
        """
        key = (workload or phase("step"), counting or convention())
        if key not in self._built:
            self._built[key] = tuple(plan.build(*key) for plan in self.plans)
        return self._built[key]

    def graph(
        self, workload: Workload | None = None, counting: Convention | None = None
    ) -> nx.DiGraph:
        """All distinct blocks as one ``networkx.DiGraph``.

        Nodes are ``block/part`` with ``operation``, ``flops``, ``read``, ``write``
        and ``repeat``; edges carry ``tensors``, also from block to block.
        """
        whole = nx.DiGraph(name=self.name)
        leaving: dict[str, tuple[Tensor, ...]] = {}
        for block in self.blocks(workload, counting):
            entering = {t.name for t in block.entries}
            for part, data in block.graph.nodes(data=True):
                whole.add_node(f"{block.name}/{part}", repeat=block.repeat, **data)
                for tensor in data["operation"].inputs:
                    for source in leaving if tensor.name in entering else ():
                        whole.add_edge(source, f"{block.name}/{part}", tensors=leaving[source])
            for start, end, data in block.graph.edges(data=True):
                whole.add_edge(f"{block.name}/{start}", f"{block.name}/{end}", **data)
            made = {t.name: op.part for op in block.operations for t in op.outputs}
            leaving = {f"{block.name}/{made[t.name]}": (t,) for t in block.exits if t.name in made}
        return whole

    def _repr_markdown_(self) -> str:
        """A table of its symbols, for notebooks."""
        from edgesym.symbols import describe

        rows = "\n".join(
            f"| ${describe(s).latex}$ | {describe(s).meaning} | {value:,} |"
            for s, value in self.values.items()
        )
        return f"**{self.name}** ({self.architecture})\n\n| | | |\n|-|-|-:|\n{rows}"
