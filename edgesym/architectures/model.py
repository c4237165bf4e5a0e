"""A model: what its blocks are made of, how often each is repeated, and its integers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

import sympy

from edgesym.architectures.default import Default
from edgesym.architectures.fingerprint import code_version, digest
from edgesym.architectures.tower import Tower
from edgesym.architectures.traced.domain import Domain
from edgesym.domain import checked
from edgesym.errors import GraphError
from edgesym.formats import Recipe
from edgesym.frozen import FrozenMap
from edgesym.graph.block import Block
from edgesym.graph.builder import Builder
from edgesym.graph.convention import Convention, convention
from edgesym.graph.meaning import Purpose
from edgesym.graph.tensor import Role, Tensor
from edgesym.layers import LAYERS
from edgesym.symbols import symbol
from edgesym.workload import Workload, phase

if TYPE_CHECKING:
    import networkx as nx

__all__ = [
    "Aside",
    "Layer",
    "Model",
    "Parallel",
    "Plan",
    "Planned",
    "Residual",
    "Skipped",
    "Step",
    "Structure",
]

_ENTRY = "input"
#: Blocks remembered: those of some hundred models of different structure, in a few phases.
_REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer with the options an architecture file gives it."""

    part: str
    kind: str
    options: FrozenMap[str, Any]
    copies: sympy.Expr | None = None

    def build(self, builder: Builder, x: Tensor) -> Tensor:
        """Add the layer's operations to a block; ``copies`` is how often its weights exist.

        Raises:
            GraphError: what comes in is not what the layer takes.
        """
        builder.copies = self.copies
        try:
            y = LAYERS[self.kind](builder, self.part, x, **self.options)
        except (TypeError, ValueError, LookupError) as error:
            # a layer unpacks the shape that it expects, and a file may hand it any other
            called = f"layer {self.part} ({self.kind})"
            raise GraphError(f"{called} does not take {x.name} of shape {x.shape}") from error
        builder.copies = None
        return y


@dataclass(frozen=True, slots=True)
class Residual:
    """x + f(x), where f is a sequence of steps."""

    part: str
    steps: tuple[Step, ...]

    def build(self, builder: Builder, x: Tensor) -> Tensor:
        """Add the steps and the addition to a block."""
        y = _sequence(self.steps, builder, x)
        return builder.pointwise(f"{self.part}.residual", "add", x, y, purpose=Purpose.RESIDUAL)


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Aside:
    """x, with f(x) as a second output of the model, where f is a sequence of steps."""

    steps: tuple[Step, ...]

    def build(self, builder: Builder, x: Tensor) -> Tensor:
        """Add the steps to a block; what enters leaves it."""
        builder.handed.append(_sequence(self.steps, builder, x))
        return x


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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

    @property
    def operators(self) -> tuple[sympy.Symbol, ...]:
        """None: what layers compute is known."""
        return ()

    def build(self, workload: Workload, counting: Convention) -> Block:
        """The block's dataflow graph for a workload, under a convention.

        Equal plans have one block in a process, whatever models they belong to.
        """
        return _built(self, workload, counting)


@lru_cache(maxsize=_REMEMBERED)
def _built(plan: Plan, workload: Workload, counting: Convention) -> Block:
    workload = workload.over(plan.over)
    builder = Builder(plan.name, workload, counting)
    entry = Tensor(_ENTRY, (workload.batch, workload.new, *plan.axes))
    x = _sequence(plan.steps, builder, entry)
    return builder.finish(plan.repeat, (entry, *builder.taken), (x, *builder.handed))


class Planned(Protocol):
    """What a structure asks of a plan, whether layers or a model's own code made it."""

    @property
    def name(self) -> str:
        """Unique in the model."""

    @property
    def repeat(self) -> sympy.Expr:
        """How often the block is repeated."""

    @property
    def over(self) -> str:
        """The tokens it runs over."""

    @property
    def operators(self) -> tuple[sympy.Symbol, ...]:
        """What one call of each operator computes of which nobody but the user knows it."""

    def build(self, workload: Workload, counting: Convention) -> Block:
        """The block's dataflow graph for a workload, under a convention."""


@dataclass(frozen=True, slots=True)
class Structure:
    """What closed forms depend on: a model without its integers and its name.

    Models of one structure (Llama 3.2 1B and Llama 3.1 70B) have the same formulas, and what is
    derived for one of them is there for the others.

    Attributes:
        plans: one per distinct block, in the order they run.
        repeats: how many layers a set of blocks makes up, as a symbol of its own.
    """

    plans: tuple[Planned, ...]
    repeats: FrozenMap[frozenset[str], sympy.Expr]
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Hash once: it is the key of every memo."""
        object.__setattr__(self, "_hash", hash((self.plans, self.repeats)))

    def __hash__(self) -> int:
        return self._hash

    def __reduce__(self) -> tuple[Any, ...]:
        """The fields alone: a hash of text is another one in another process."""
        return Structure, (self.plans, self.repeats)


@checked
@dataclass(frozen=True, slots=True)
class Model:
    """A model read from a card or a config: a value, equal when equal, hashable, picklable.

    Attributes:
        name: as the user named it.
        architecture: the architecture file it was read with.
        values: the integer of each symbol.
        structure: its blocks, and how often each is repeated.
        origin: card, file or repository it came from.
        sources: where its facts come from.
        content: a SHA-256 in hexadecimal of what it was read from: the keys and values of its
            config, and its architecture file with all that it extends.
        context_limit: tokens it was trained for, if the config says.
        dtype: number format that the model computes in.
        quantized: how its published weights are stored, where it is not in that format.
        order: the kinds of its layers from the first on, each with how many follow each other.
        rope_factors: elements of the tables of rotary factors that a GGUF file of it holds.
        notes: what a user should know of how the formats of the config were read.
        scope: what of the class that the config names is counted, and what is left out; empty
            where it is all of a language model.
        lower_bound: the one of them that says what sizes leave out where the weights are
            taken as ``quantized``; empty where they leave out nothing.
        ahead: the block that predicts further tokens, as a model, where it has one.
        whole: the model that parts were removed of, where some were (:mod:`edgesym.pruning`).
        domain: where its formulas hold, of a model out of its own code.
        towers: what it has beside its text, which its plans begin with.
        text: its text part alone, where it has towers.
        counted: what of a multimodal model is in its plans, in words; empty where it is no such.
        defaults: what was taken where its config does not say.
    """

    name: str
    architecture: str
    values: FrozenMap[sympy.Symbol, int]
    structure: Structure
    origin: str
    sources: tuple[str, ...]
    content: str
    context_limit: int | None = None
    dtype: str = "bf16"
    quantized: Recipe | None = None
    order: tuple[tuple[str, int], ...] = ()
    rope_factors: int = 0
    notes: tuple[str, ...] = ()
    scope: tuple[str, ...] = ()
    lower_bound: str = ""
    ahead: Model | None = None
    whole: Model | None = None
    domain: Domain = field(default_factory=Domain)
    towers: tuple[Tower, ...] = ()
    text: Model | None = None
    counted: str = ""
    defaults: tuple[Default, ...] = ()

    def __hash__(self) -> int:
        return hash((self.name, self.content))

    @property
    def fingerprint(self) -> str:
        """A SHA-256 in hexadecimal of all that its formulas and numbers follow from.

        That is its :attr:`content` and the code, with the tables it reads, in the version that
        runs. What a model is called and where it was found are no part of it: a card and a
        config.json of the same keys have one fingerprint.
        """
        return digest(content=self.content, code=code_version())

    @property
    def plans(self) -> tuple[Planned, ...]:
        """One per distinct block, in the order they run."""
        return self.structure.plans

    @property
    def repeats(self) -> FrozenMap[frozenset[str], sympy.Expr]:
        """How many layers a set of blocks makes up, as a symbol of its own."""
        return self.structure.repeats

    @property
    def operators(self) -> tuple[sympy.Symbol, ...]:
        """What one call of each operator computes of which nobody but the user knows it."""
        return tuple(dict.fromkeys(made for plan in self.plans for made in plan.operators))

    @property
    def language(self) -> Model:
        """The model without its towers: itself where it has none."""
        return self.text or self

    @checked
    def blocks(
        self, workload: Workload | None = None, counting: Convention | None = None
    ) -> tuple[Block, ...]:
        """The distinct blocks, each with its dataflow graph.

        Args:
            workload: the step; by default one of T new tokens on C cached ones.
            counting: the convention; by default the one named ``default``.
        """
        work, way = workload or phase("step"), counting or convention()
        return tuple(plan.build(work, way) for plan in self.plans)

    @checked
    def graph(
        self, workload: Workload | None = None, counting: Convention | None = None
    ) -> nx.DiGraph:
        """All distinct blocks as one ``networkx.DiGraph``.

        Nodes are ``block/part`` with ``operation``, ``flops``, ``read``, ``write``
        and ``repeat``; edges carry ``tensors``, also from block to block.
        """
        import networkx as nx  # what only adds costs up does without

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
        markdown: str = import_module("edgesym.render.display").model_markdown(self)
        return markdown
