"""The dataflow graph of one block: operations with their cost, and the tensors between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import sympy

from edgesym.graph.convention import Convention
from edgesym.graph.operation import Operation
from edgesym.graph.rules import flops
from edgesym.graph.tensor import Role, Tensor
from edgesym.graph.width import UNIFORM, Widths

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["Block", "Flow", "assemble", "assembled", "flows"]


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """A distinct block of a model: its graph and how often it is repeated.

    Attributes:
        name: unique in the model.
        repeat: how many of them there are, a symbol or 1.
        parts: its operations by name, in the order they run.
        flops: the FLOPs of each.
        widths: the bytes of an element.
        entries: tensors that come from the block before.
        exits: tensors that the next block takes.
        roots: the tensor behind each tensor that a view makes: a view holds nothing itself.
        readers: name of a tensor -> parts of the operations that read it, through views too.
        of_code: whether it is a model's own code, which may write one operation out as several.
    """

    name: str
    repeat: sympy.Expr
    parts: Mapping[str, Operation]
    flops: Mapping[str, sympy.Expr]
    widths: Widths
    entries: tuple[Tensor, ...]
    exits: tuple[Tensor, ...]
    roots: Mapping[str, str]
    readers: Mapping[str, frozenset[str]]
    of_code: bool = False
    _graph: list[nx.DiGraph] = field(default_factory=list, init=False, repr=False)

    @property
    def operations(self) -> list[Operation]:
        """The operations in the order they run."""
        return list(self.parts.values())

    @property
    def graph(self) -> nx.DiGraph:
        """The block as a ``networkx.DiGraph``, made when it is asked for first.

        Nodes are part names in the order they run, with ``operation``, ``flops``, ``read`` and
        ``write`` (bytes, as the operation alone moves them); edges carry ``tensors``.
        """
        if not self._graph:
            self._graph.append(_graph(self))
        return self._graph[0]

    def whole(self, name: str) -> sympy.Expr | None:
        """Elements of a tensor that the block makes or that enters it; None of others."""
        made = (t for operation in self.operations for t in operation.outputs)
        return next((t.elements for t in (*self.entries, *made) if t.name == name), None)

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
    views: dict[str, dict[str, Flow]] = {}
    for operation in operations:
        for tensor in operation.inputs:
            flow = Flow(operation.part, tensor, "read", tensor.moved)
            views.setdefault(block.root(tensor), {}).setdefault(tensor.name, flow)
    crossing: list[Flow] = []
    for operation in operations:
        for tensor in operation.inputs:
            name = block.root(tensor)
            if name not in views:
                continue
            seen = list(views.pop(name).values())
            source = made.get(name)
            if source is None:
                crossing += _beside(block, name, seen)
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


def _beside(block: Block, name: str, views: list[Flow]) -> list[Flow]:
    """What a kernel reads of a tensor of which it takes several views.

    Parts, such as the halves of a split, each; all of it once where they are more than that. Of
    views of which neither is sure, the first.
    """
    first = views[0]
    if first.tensor.role is Role.WEIGHT:
        first = replace(first, tensor=replace(first.tensor, name=name))
    whole = block.whole(name) if len(views) > 1 else None
    if whole is None or any(view.elements == whole for view in views):
        return [first if whole is None else replace(first, elements=whole)]
    rest = sympy.expand(whole - sympy.Add(*(view.elements for view in views)))
    terms = sympy.Add.make_args(rest)
    if all(term.is_nonnegative for term in terms):
        return views
    all_of_it = all(term.is_nonpositive for term in terms)
    return [replace(first, elements=whole)] if all_of_it else [first]


def assemble(
    name: str,
    repeat: sympy.Expr,
    operations: Sequence[Operation],
    ends: tuple[tuple[Tensor, ...], tuple[Tensor, ...]],
    convention: Convention,
    widths: Widths = UNIFORM,
    *,
    of_code: bool = False,
) -> Block:
    """A block of operations, with the cost expressions on its nodes.

    Args:
        ends: what enters the block and what leaves it.
        convention: what counts as a FLOP.
        widths: the bytes of an element.
        of_code: whether it is a model's own code.
    """
    parts = {operation.part: operation for operation in operations}
    work = {part: flops(operation, convention) for part, operation in parts.items()}
    roots = _roots(operations)
    readers = _readers(operations, roots)
    return Block(name, repeat, parts, work, widths, *ends, roots, readers, of_code)


def assembled(block: Block, operations: Sequence[Operation]) -> Block:
    """A block of other operations that cost the same, such as views in place of copies."""
    parts = {operation.part: operation for operation in operations}
    roots = _roots(operations)
    return replace(block, parts=parts, roots=roots, readers=_readers(operations, roots))


def _graph(block: Block) -> nx.DiGraph:
    import networkx as nx  # what only adds costs up does without

    graph = nx.DiGraph(name=block.name)
    producers = {t.name: part for part, made in block.parts.items() for t in made.outputs}
    for part, operation in block.parts.items():
        moved = _moved(block, operation)
        graph.add_node(part, operation=operation, flops=block.flops[part], **moved)
    for part, operation in block.parts.items():
        for tensor in operation.inputs:
            producer = producers.get(tensor.name)
            if producer is not None:
                carried = graph.get_edge_data(producer, part, {}).get("tensors", ())
                graph.add_edge(producer, part, tensors=(*carried, tensor))
    return graph


def _moved(block: Block, operation: Operation) -> dict[str, Any]:
    """Bytes that an operation reads and writes where it runs alone."""
    crossing = [] if operation.family == "view" else flows(block, [operation])
    return {
        direction: sympy.Add(
            *(
                flow.elements * block.widths(flow.tensor.role, block.name, flow.tensor.name)
                for flow in crossing
                if flow.direction == direction
            )
        )
        for direction in ("read", "write")
    }


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
