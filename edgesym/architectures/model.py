"""A model: what its blocks are made of, how often each is repeated, and its integers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import networkx as nx
import sympy

from edgesym.graph.block import Block, Builder
from edgesym.graph.convention import Convention, convention
from edgesym.graph.tensor import Role, Tensor
from edgesym.layers import LAYERS
from edgesym.symbols import symbol
from edgesym.workload import Workload, phase

__all__ = ["Aside", "Layer", "Model", "Parallel", "Plan", "Residual", "Skipped", "Step"]

_ENTRY = "input"


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


@dataclass(frozen=True, slots=True, eq=False)
class Aside:
    """x, with f(x) as a second output of the model, where f is a sequence of steps."""

    steps: tuple[Step, ...]

    def build(self, builder: Builder, x: Tensor) -> Tensor:
        """Add the steps to a block; what enters leaves it."""
        builder.handed.append(_sequence(self.steps, builder, x))
        return x


@dataclass(frozen=True, slots=True, eq=False)
class Skipped:
    """x itself, with steps whose weights are stored and which text alone does not run."""

    part: str
    steps: tuple[Step, ...]

    def build(self, builder: Builder, x: Tensor) -> Tensor:
        """Add the steps' weights to a block, with no operation and no traffic of theirs."""
        inner = Builder(builder.name, builder.workload, builder.convention)
        _sequence(self.steps, inner, x)
        weights = [
            replace(tensor, touched=sympy.Integer(0))
            for operation in inner.finish(sympy.Integer(1), (x,), ()).operations
            for tensor in operation.inputs
            if tensor.role is Role.WEIGHT
        ]
        part = f"{self.part}.skipped"
        return builder.run(part, "view", "skipped", (x, *weights), Tensor(part, x.shape))


Step = Layer | Residual | Parallel | Aside | Skipped


def _sequence(steps: tuple[Step, ...], builder: Builder, x: Tensor) -> Tensor:
    for step in steps:
        x = step.build(builder, x)
    return x


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """How a distinct block is built, and how often it is repeated.

    Attributes:
        axes: extents of what enters, after batch and tokens; by default the hidden dimension.
        over: the tokens it runs over, ``new``, ``source`` or ``context``
            (:meth:`edgesym.workload.Workload.over`).
    """

    name: str
    repeat: sympy.Expr
    steps: tuple[Step, ...]
    axes: tuple[sympy.Expr, ...] = (symbol("hidden"),)
    over: str = "new"

    def build(self, workload: Workload, convention: Convention) -> Block:
        """The block's dataflow graph for a workload, under a convention."""
        workload = workload.over(self.over)
        builder = Builder(self.name, workload, convention)
        entry = Tensor(_ENTRY, (workload.batch, workload.new, *self.axes))
        x = _sequence(self.steps, builder, entry)
        return builder.finish(self.repeat, (entry, *builder.taken), (x, *builder.handed))


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
        dtype: number format that the model computes in.
        quantized: number format of its published weights, where it is another.
        notes: what a user should know of how the config was read.
        lower_bound: the one of them that says what sizes leave out where the weights are
            taken as ``quantized``; empty where they leave out nothing.
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
    quantized: str = ""
    notes: tuple[str, ...] = ()
    lower_bound: str = ""
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
        leaving: dict[str, tuple[str, Tensor]] = {}
        for block in self.blocks(workload, counting):
            entering = {t.name for t in block.entries}
            for part, data in block.graph.nodes(data=True):
                whole.add_node(f"{block.name}/{part}", repeat=block.repeat, **data)
                for tensor in data["operation"].inputs:
                    if tensor.name in entering and tensor.name in leaving:
                        source, left = leaving[tensor.name]
                        whole.add_edge(source, f"{block.name}/{part}", tensors=(left,))
            for start, end, data in block.graph.edges(data=True):
                whole.add_edge(f"{block.name}/{start}", f"{block.name}/{end}", **data)
            made = {t.name: op.part for op in block.operations for t in op.outputs}
            leaving.pop(_ENTRY, None)
            for place, t in enumerate(block.exits):
                if t.name in made:
                    known_as = t.name if place else _ENTRY
                    leaving[known_as] = (f"{block.name}/{made[t.name]}", t)
        return whole

    def _repr_markdown_(self) -> str:
        """A table of its symbols, for notebooks."""
        from edgesym.symbols import describe

        rows = "\n".join(
            f"| ${describe(s).latex}$ | {describe(s).meaning} | {value:,} |"
            for s, value in self.values.items()
        )
        return f"**{self.name}** ({self.architecture})\n\n| | | |\n|-|-|-:|\n{rows}"
