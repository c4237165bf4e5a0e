"""Operations: the nodes of the dataflow graph, nothing but their fields."""

from __future__ import annotations

from dataclasses import dataclass

from edgesym.graph.meaning import Purpose
from edgesym.graph.tensor import Tensor

__all__ = ["Operation"]


@dataclass(frozen=True, slots=True)
class Operation:
    """A node: tensors in, tensors out, and the family whose rule prices it.

    Attributes:
        part: dotted name, unique in its block, such as ``attention.scores``.
        family: a key of :data:`edgesym.graph.rules.RULES`.
        function: the einsum of a contraction, or a row of ``data/costs.toml``.
        inputs: tensors it reads.
        outputs: tensors it makes.
        purpose: what it is for.
    """

    part: str
    family: str
    function: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    purpose: Purpose = Purpose.ELEMENTWISE
