"""The dataflow graph of one block: operations with their cost, and the tensors between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import networkx as nx
import sympy

from edgesym.graph.convention import Convention
from edgesym.graph.operation import Operation
from edgesym.graph.rules import flops
from edgesym.graph.tensor import Tensor
from edgesym.graph.width import UNIFORM, Widths

__all__ = ["Block", "Flow", "assemble", "flows"]


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """A distinct block of a model: its graph and how often it is repeated.

    Attributes:
        name: unique in the model.
        repeat: how many of them there are, a symbol or 1.
        graph: a ``networkx.DiGraph``. Nodes are part names in the order they run, with
            ``operation``, ``flops``, ``read`` and ``write`` (bytes, as the operation alone
            moves them); edges carry ``tensors``.
        entries: tensors that come from the block before.
        exits: tensors that the next block takes.
        roots: the tensor behind each tensor that a view makes: a view holds nothing itself.
        readers: name of a tensor -> parts of the operations that read it, through views too.
    """

    name: str
    repeat: sympy.Expr
    graph: nx.DiGraph
    entries: tuple[Tensor, ...]
    exits: tuple[Tensor, ...]
    roots: Mapping[str, str]
    readers: Mapping[str, frozenset[str]]

    @property
    def operations(self) -> list[Operation]:
        """The operations in the order they run."""
        return [data["operation"] for _, data in self.graph.nodes(data=True)]

    def root(self, tensor: Tensor) -> str:
        """Name of the tensor that holds the elements of this one."""
        return self.roots.get(tensor.name, tensor.name)


@dataclass(frozen=True, slots=True)
class Flow:
    """Elements of one tensor that cross a kernel's boundary.

    Attributes:
        part: the operation that reads or writes the tensor.
        direction: ``read`` or ``write``.
    """

    part: str
    tensor: Tensor
    direction: str
    elements: sympy.Expr


def flows(block: Block, operations: Sequence[Operation]) -> list[Flow]:
    """The tensors that cross the boundary of operations run together, each once.

    A cache lives outside of every kernel: what it held is read and what is new is written,
    however much is fused.
    """
    inside = {operation.part for operation in operations}
    made = {t.name: t for operation in operations for t in operation.outputs}
    leaving = {block.root(t) for t in block.exits}
    crossing: list[Flow] = []
    seen: set[str] = set()
    for operation in operations:
        for tensor in operation.inputs:
            name = block.root(tensor)
            if name in seen:
                continue
            seen.add(name)
            source = made.get(name)
            if source is None:
                crossing.append(Flow(operation.part, tensor, "read", tensor.moved))
            elif source.cache is not None:
                crossing.append(Flow(operation.part, tensor, "read", source.cache.held))
        crossing += [
            Flow(operation.part, tensor, "write", tensor.written)
            for tensor in operation.outputs
            if tensor.cache is not None
            or tensor.name in leaving
            or block.readers.get(tensor.name, frozenset()) - inside
        ]
    return [flow for flow in crossing if flow.elements != 0]


def assemble(
    name: str,
    repeat: sympy.Expr,
    operations: Sequence[Operation],
    ends: tuple[tuple[Tensor, ...], tuple[Tensor, ...]],
    convention: Convention,
    widths: Widths = UNIFORM,
) -> Block:
    """A block of operations, with the cost expressions on its nodes.

    Args:
        ends: what enters the block and what leaves it.
        convention: what counts as a FLOP.
        widths: the bytes of an element.
    """
    graph = nx.DiGraph(name=name)
    producers = {t.name: operation.part for operation in operations for t in operation.outputs}
    for operation in operations:
        graph.add_node(operation.part, operation=operation, flops=flops(operation, convention))
    for operation in operations:
        for tensor in operation.inputs:
            producer = producers.get(tensor.name)
            if producer is not None:
                carried = graph.get_edge_data(producer, operation.part, {}).get("tensors", ())
                graph.add_edge(producer, operation.part, tensors=(*carried, tensor))
    roots = _roots(operations)
    block = Block(name, repeat, graph, *ends, roots, _readers(operations, roots))
    for operation in operations:
        moved = [] if operation.family == "view" else flows(block, [operation])
        node = graph.nodes[operation.part]
        for direction in ("read", "write"):
            node[direction] = sympy.Add(
                *(
                    flow.elements * widths(flow.tensor.role, name, flow.tensor.name)
                    for flow in moved
                    if flow.direction == direction
                )
            )
    return block


def _roots(operations: Sequence[Operation]) -> dict[str, str]:
    roots: dict[str, str] = {}
    for operation in operations:
        if operation.family == "view":
            source = operation.inputs[0].name
            roots[operation.outputs[0].name] = roots.get(source, source)
    return roots


def _readers(
    operations: Sequence[Operation], roots: Mapping[str, str]
) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for operation in operations:
        if operation.family != "view":
            for tensor in operation.inputs:
                found.setdefault(roots.get(tensor.name, tensor.name), set()).add(operation.part)
    return {name: frozenset(parts) for name, parts in found.items()}
