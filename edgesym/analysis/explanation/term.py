"""A term of the sum that a quantity is: of a part of the model, of a kernel, or of a tensor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy

from edgesym.graph.operation import Operation
from edgesym.graph.tensor import Tensor

__all__ = ["KernelRun", "Term"]


@dataclass(frozen=True, slots=True)
class KernelRun:
    """One run of a kernel, in symbols and in numbers.

    Attributes:
        flops: its FLOPs; ``work`` is their number.
        traffic: its bytes; ``moved`` is their number.
        compute_time: F / (U_c P), seconds.
        memory_time: Q / (U_m W_m), seconds.
        composition: how the two are joined.
        computing: the part of its time that waits for computing, by the composition.
    """

    flops: sympy.Expr
    traffic: sympy.Expr
    work: Any
    moved: Any
    compute_time: float
    memory_time: float
    composition: str
    computing: float

    @property
    def holds(self) -> str:
        """The side that it waits for most."""
        return "compute" if self.computing > 1 / 2 else "memory"


@dataclass(frozen=True, slots=True)
class Term:
    """One of the terms that a quantity is the sum of.

    Attributes:
        name: a part of the model, a kernel, or a tensor.
        blocks: kinds of blocks it is in.
        repeat: how often it occurs in the model; ``formula`` is of all of them.
        count: the number of that.
        operations: what runs there, in each distinct way.
        run: what a run of it takes, for a kernel's part in a time.
        tensor: the tensor, for a term that is one.
        during: the kernel that runs while the tensor is live.
    """

    name: str
    blocks: tuple[str, ...]
    repeat: sympy.Expr
    count: int
    formula: sympy.Expr
    value: Any
    operations: tuple[Operation, ...] = ()
    run: KernelRun | None = None
    tensor: Tensor | None = None
    during: str = ""
