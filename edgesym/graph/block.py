"""The dataflow graph of one block, and the builder that layers add operations with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import networkx as nx
import sympy

from edgesym.errors import GraphError
from edgesym.graph.convention import Convention
from edgesym.graph.operation import Operation
from edgesym.graph.rules import flops
from edgesym.graph.tensor import BYTES, Role, Tensor
from edgesym.workload import Workload

__all__ = ["Block", "Builder"]


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """A distinct block of a model: its graph and how often it is repeated.

    Attributes:
        name: unique in the model.
        repeat: how many of them there are, a symbol or 1.
        graph: a ``networkx.DiGraph``. Nodes are part names in the order they run,
            with ``operation``, ``flops``, ``read`` and ``write`` (bytes, as the
            operation alone would move them); edges carry ``tensors``.
        entries: tensors that come from the block before.
        exits: tensors that the next block takes.
    """

    name: str
    repeat: sympy.Expr
    graph: nx.DiGraph
    entries: tuple[Tensor, ...]
    exits: tuple[Tensor, ...]

    @property
    def operations(self) -> list[Operation]:
        """The operations in the order they run."""
        return [data["operation"] for _, data in self.graph.nodes(data=True)]

    @property
    def roots(self) -> dict[str, str]:
        """The tensor behind each tensor that a view makes: a view holds nothing itself."""
        roots: dict[str, str] = {}
        for operation in self.operations:
            if operation.family == "view":
                source = operation.inputs[0].name
                roots[operation.outputs[0].name] = roots.get(source, source)
        return roots


class Builder:
    """Collects the operations of one block; layers call its verbs.

    Attributes:
        workload: the tokens the block works on.
        convention: the way of counting, where it decides an extent.
        copies: how often the weights made from now on are stored in all, where blocks
            share them.
        handed: tensors that later blocks take beside the one that leaves.
        taken: tensors that earlier blocks handed on.
    """

    def __init__(self, name: str, workload: Workload, convention: Convention) -> None:
        self.name = name
        self.workload = workload
        self.convention = convention
        self.copies: sympy.Expr | None = None
        self.handed: list[Tensor] = []
        self.taken: list[Tensor] = []
        self._operations: dict[str, Operation] = {}
        self._producers: dict[str, str] = {}

    def run(
        self,
        part: str,
        family: str,
        function: str,
        inputs: Sequence[Tensor],
        output: Tensor,
        *others: Tensor,
    ) -> Tensor:
        """Add an operation; returns its first output, the one that layers pass on.

        Raises:
            GraphError: the part or the output exists already.
        """
        made = (output, *others)
        if part in self._operations or any(t.name in self._producers for t in made):
            raise GraphError(f"block {self.name!r} has {part!r} twice")
        self._operations[part] = Operation(part, family, function, tuple(inputs), made)
        self._producers |= {t.name: part for t in made}
        return output

    def activation(self, part: str, *shape: sympy.Expr) -> Tensor:
        """An activation named after the part that makes it."""
        return Tensor(part, tuple(shape))

    def weight(
        self,
        name: str,
        *shape: sympy.Expr,
        share: sympy.Expr | None = None,
        tokens: sympy.Expr | None = None,
    ) -> Tensor:
        """A weight; with ``share``, the fraction of it that one token uses.

        Of E experts, n tokens that use k each at random hit E(1 - (1 - k/E)^n)
        in expectation: that is what a step reads. Where no token enters (an encoder
        during decoding) a weight is stored and not read; ``tokens`` are those that
        enter, by default the workload's.
        """
        if share is None:
            entering = self.workload.tokens if tokens is None else tokens
            touched = sympy.Integer(0) if entering == 0 else None
            return Tensor(
                f"{name}.weight", tuple(shape), Role.WEIGHT, touched=touched, copies=self.copies
            )
        stored = sympy.Mul(*shape)
        hit = 1 - (1 - share) ** self.workload.tokens
        return Tensor(
            f"{name}.weight",
            tuple(shape),
            Role.WEIGHT,
            touched=stored * hit,
            active=stored * share,
            copies=self.copies,
        )

    def contract(
        self, part: str, equation: str, inputs: Sequence[Tensor], *shape: sympy.Expr
    ) -> Tensor:
        """Add an einsum over ``inputs`` with an output of the given shape."""
        return self.run(part, "contraction", equation, inputs, self.activation(part, *shape))

    def pointwise(self, part: str, function: str, *inputs: Tensor) -> Tensor:
        """Add element-wise work; the output has the shape of the first input."""
        output = self.activation(part, *inputs[0].shape)
        return self.run(part, "pointwise", function, inputs, output)

    def normalise(self, part: str, function: str, *inputs: Tensor) -> Tensor:
        """Add a normalisation of the first input; further inputs are its weights."""
        output = self.activation(part, *inputs[0].shape)
        return self.run(part, "normalisation", function, inputs, output)

    def add_bias(self, tensor: Tensor, part: str, shape: tuple[sympy.Expr, ...]) -> Tensor:
        """Add a bias vector of the given shape to ``tensor``."""
        return self.pointwise(f"{part}_bias", "add", tensor, self.weight(f"{part}_bias", *shape))

    def finish(
        self, repeat: sympy.Expr, entries: Sequence[Tensor], exits: Sequence[Tensor]
    ) -> Block:
        """The block, with the cost expressions on its nodes."""
        graph = nx.DiGraph(name=self.name)
        for part, operation in self._operations.items():
            graph.add_node(
                part,
                operation=operation,
                flops=flops(operation, self.convention),
                read=_bytes_read(operation),
                write=_bytes_written(operation),
            )
        for part, operation in self._operations.items():
            for tensor in operation.inputs:
                producer = self._producers.get(tensor.name)
                if producer is None:
                    continue
                carried = graph.get_edge_data(producer, part, {}).get("tensors", ())
                graph.add_edge(producer, part, tensors=(*carried, tensor))
        return Block(self.name, repeat, graph, tuple(entries), tuple(exits))


def _bytes_read(operation: Operation) -> sympy.Expr:
    if operation.family == "view":
        return sympy.Integer(0)
    return sympy.Add(*(t.moved * BYTES[t.role] for t in dict.fromkeys(operation.inputs)))


def _bytes_written(operation: Operation) -> sympy.Expr:
    if operation.family == "view":
        return sympy.Integer(0)
    return sympy.Add(*(t.written * BYTES[t.role] for t in operation.outputs))
