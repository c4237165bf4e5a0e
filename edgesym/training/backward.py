"""The backward pass: its FLOPs, what it keeps of the forward pass, and what it runs again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sympy

from edgesym.graph.block import Block
from edgesym.graph.convention import Convention
from edgesym.graph.einsum import contraction
from edgesym.graph.meaning import ATTENTION_CORE
from edgesym.graph.operation import Operation
from edgesym.graph.tensor import Role, Tensor

__all__ = ["Kept", "backward_flops", "in_core", "kept", "run_again"]

#: Functions whose gradient is found from their output, or from nothing of the forward
#: pass; that of all others takes their inputs. Source: PyTorch's derivatives.yaml.
FROM_OUTPUT = frozenset(("softmax", "scaled_softmax", "sigmoid", "tanh", "softcap", "relu"))
FROM_NOTHING = frozenset(("add", "scale", "rotary", "compare", "gather", "dropout"))


@dataclass(frozen=True, slots=True)
class Kept:
    """A tensor of the forward pass that the backward pass needs.

    Attributes:
        part: the operation whose gradient needs it.
        tensor: the tensor.
        mask: whether it is a mask, one byte per element in every format.
    """

    part: str
    tensor: Tensor
    mask: bool = False


def backward_flops(operation: Operation, once: sympy.Expr, convention: Convention) -> sympy.Expr:
    """FLOPs of the gradients of an operation's inputs; ``once`` are those of the operation.

    Contraction: one contraction over the same indices for each input, so twice the forward
    pass: gradients of the data and of the weights for a projection, of two sets of data for
    scores and values. Under ``multiply_add = "2k-1"`` each saves one addition per element
    of its own output. A one-hot product has the gradient of its table alone. Element-wise
    work is taken as twice the forward pass as well; what counts it at all states no more.
    """
    if operation.family == "lookup":
        return once
    if operation.family != "contraction" or convention.multiply_add != "2k-1":
        return 2 * once
    shapes = [tensor.shape for tensor in operation.inputs]
    cost = contraction(operation.function, shapes, operation.outputs[0].shape)
    return sympy.Add(*(2 * cost.multiply_adds - tensor.moved for tensor in operation.inputs))


def run_again(
    operations: Sequence[Operation], recompute: str, *, layer: bool
) -> tuple[Operation, ...]:
    """The operations that the backward pass runs a second time.

    ``full`` repeats every operation of a layer, and nothing outside of the layers;
    ``selective`` the core of attention, from scores to values; ``flash`` those of them
    whose result is used inside the core, so not the product with the values. (PyTorch stops
    a layer's second run once it has what the gradients need, which saves its last product
    where no dropout follows; published counts include it, and so does ``full``.)
    """
    if recompute == "none" or (recompute == "full" and not layer):
        return ()
    if recompute == "full":
        return tuple(operations)
    core = [operation for operation in operations if in_core(operation)]
    if recompute == "selective":
        return tuple(core)
    used = {tensor.name for operation in core for tensor in operation.inputs}
    return tuple(op for op in core if any(t.name in used for t in op.outputs))


def in_core(operation: Operation) -> bool:
    """Whether an operation is of the core of attention, from scores to values; views are not."""
    return operation.purpose in ATTENTION_CORE and operation.family != "view"


def kept(block: Block, recompute: str, *, layer: bool) -> list[Kept]:
    """What the backward pass of a block needs, each tensor once, by the part that needs it first.

    What is run again keeps what enters it. Means and deviations of norms, sums of rows and
    token ids, 1/extent of the rest, are left out.
    """
    operations = block.operations
    if recompute == "full" and layer:
        through = (*block.entries[:1], *block.exits[1:])
        return [Kept(operations[0].part, t) for t in through]
    again = set() if recompute == "none" else {op.part for op in operations if in_core(op)}
    inside = {t.name for op in operations if op.part in again for t in op.outputs}
    roots = _roots(operations)
    found: dict[tuple[str, bool], Kept] = {}
    for operation in operations:
        if operation.part in again:
            wanted = [Kept(operation.part, t) for t in operation.inputs if t.name not in inside]
        else:
            wanted = list(_needed(operation))
        for item in wanted:
            tensor = roots.get(item.tensor.name, item.tensor)
            if tensor.role is Role.ACTIVATION or tensor.cache is not None:
                found.setdefault((tensor.name, item.mask), Kept(item.part, tensor, item.mask))
    return list(found.values())


def _needed(operation: Operation) -> Iterator[Kept]:
    """What the gradient of one operation takes."""
    made = operation.outputs[0]
    if operation.family in ("view", "append", "lookup"):
        return
    if operation.function == "dropout":
        yield Kept(operation.part, made, mask=True)
    elif operation.function in FROM_OUTPUT:
        yield Kept(operation.part, made)
    elif operation.function not in FROM_NOTHING:
        yield from (Kept(operation.part, t) for t in operation.inputs)
    elif operation.function == "scale" and len(operation.inputs) > 1:
        yield Kept(operation.part, operation.inputs[0])


def _roots(operations: Sequence[Operation]) -> dict[str, Tensor]:
    """The tensor that holds the elements of a view, or of a cache that training does not have."""
    roots: dict[str, Tensor] = {}
    for operation in operations:
        filled = operation.outputs[0].cache is not None and len(operation.inputs) == 1
        if operation.family == "view" or (operation.family == "append" and filled):
            source = operation.inputs[0]
            roots[operation.outputs[0].name] = roots.get(source.name, source)
    return roots
