"""Tensor parallelism: which tensors are divided, and which sums the devices must share.

Heads, the feed-forward dimension and the vocabulary are divided over t devices (Shoeybi et
al. 2019, arXiv:1909.08053, section 3). A contraction that sums over a divided axis leaves a
partial sum on each device; so does, in the backward pass, the gradient of what enters a
divided operation whole. Each such tensor is summed over the devices once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edgesym.graph.axes import is_divided
from edgesym.graph.operation import Operation
from edgesym.graph.tensor import Role, Tensor

__all__ = ["Shared", "shared_sums"]

#: Functions that may be applied to the partial sums before they are added up.
LINEAR = frozenset(("add", "multiply_add", "multiply", "scale"))
_GRADED = (Role.ACTIVATION, Role.CACHE)


@dataclass(frozen=True, slots=True)
class Shared:
    """A tensor that the devices add up: ``forward``, or its gradient ``backward``."""

    part: str
    tensor: Tensor
    direction: str


def shared_sums(operations: Sequence[Operation]) -> list[Shared]:
    """The tensors of a block that its forward and its backward pass add up over the devices."""
    partial: dict[str, Shared] = {}
    found: dict[tuple[str, str], Shared] = {}
    for operation in operations:
        made = operation.outputs[0]
        data = [t for t in operation.inputs if t.role is not Role.WEIGHT]
        stays = _stays_partial(operation, data, partial)
        for tensor in data:
            if tensor.name in partial and not stays:
                found.setdefault((tensor.name, "forward"), partial[tensor.name])
        if stays or _sums(operation):
            partial[made.name] = Shared(operation.part, made, "forward")
        if is_divided(made) or made.name in partial:
            for tensor in data:
                whole = tensor.role in _GRADED and not is_divided(tensor)
                if whole and tensor.name not in partial:
                    held = Shared(operation.part, tensor, "backward")
                    found.setdefault((tensor.name, "backward"), held)
    last = operations[-1].outputs[0].name if operations else ""
    if last in partial:
        found.setdefault((last, "forward"), partial[last])
    return list(found.values())


def _sums(operation: Operation) -> bool:
    """Whether an operation adds up over a divided axis, or looks up rows of a divided table."""
    if operation.family not in ("contraction", "lookup", "reduction"):
        return False
    return any(map(is_divided, operation.inputs)) and not is_divided(operation.outputs[0])


def _stays_partial(
    operation: Operation, data: Sequence[Tensor], partial: dict[str, Shared]
) -> bool:
    """Whether an operation on partial sums is as good as one on their sum."""
    held = [tensor.name in partial for tensor in data]
    if operation.family == "view":
        return any(held)
    if operation.function == "add":
        return all(held) and bool(held)
    return operation.function in LINEAR and sum(held) == 1
