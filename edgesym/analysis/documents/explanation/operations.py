"""An operation of the dataflow graph in words: what it computes, of tensors of which shapes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from edgesym.data import shipped
from edgesym.document.plain import plain
from edgesym.graph.operation import Operation
from edgesym.graph.rules import scan_costs
from edgesym.graph.tensor import Role, Tensor
from edgesym.symbols import symbol

__all__ = ["operation_text", "shape_text", "work_text"]


def operation_text(operation: Operation) -> str:
    """Family, function, and the shapes that enter and leave.

    >>> from edgesym.symbols import symbol
    >>> H, I, T = symbol("hidden"), symbol("intermediate"), symbol("new_tokens")
    >>> x, w = Tensor("x", (T, H)), Tensor("w", (H, I), Role.WEIGHT)
    >>> operation_text(
    ...     Operation("up", "contraction", "t h, h i -> t i", (x, w), (Tensor("y", (T, I)),))
    ... )
    'einsum t h, h i -> t i: (T, H), weight (H, I) -> (T, I)'
    """
    einsum = operation.family == "contraction"
    words = [operation.family, operation.function]
    named = "einsum " + operation.function if einsum else " ".join(dict.fromkeys(words))
    return f"{named}: {_shapes(operation.inputs)} -> {_shapes(operation.outputs)}"


def work_text(operation: Operation) -> str:
    """What one element of element-wise work or of a recurrence costs; nothing for an einsum."""
    match operation.family:
        case "pointwise" | "normalisation" | "reduction":
            steps = shipped("graph/data", "costs")[operation.function]["steps"]
            side = "out" if operation.family == "pointwise" else "in"
            each = "1 FLOP" if len(steps) == 1 else f"{len(steps)} FLOPs"
            return f"{each} per element {side}: {', '.join(steps)}"
        case "custom":
            return f"{symbol('operator_flops', operation.function)} FLOPs, as they are given"
        case "scan":
            row = scan_costs(operation.function)
            return (
                f"per token and element of the state: {', '.join(row['steps'])}; "
                f"products {', '.join(row['products'])}"
            )
    return ""


def shape_text(tensor: Tensor) -> str:
    """The extents, after the role where it is no activation.

    >>> from edgesym.symbols import symbol
    >>> shape_text(Tensor("w", (symbol("hidden"),), Role.WEIGHT))
    'weight (H)'
    """
    extents = ", ".join(plain(extent) for extent in tensor.shape)
    role = "" if tensor.role is Role.ACTIVATION else f"{tensor.role} "
    return f"{role}({extents})"


def _shapes(tensors: Sequence[Tensor] | Iterable[Tensor]) -> str:
    return ", ".join(shape_text(tensor) for tensor in tensors)
