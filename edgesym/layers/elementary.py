"""Layers of one operation: a linear map, an activation, a scaling."""

from __future__ import annotations

import sympy

from edgesym.graph.builder import Builder
from edgesym.graph.meaning import Purpose
from edgesym.graph.tensor import Tensor
from edgesym.symbols import symbol

__all__ = ["activation", "concatenate", "linear", "scale", "square"]


def linear(build: Builder, part: str, x: Tensor, *, output: str, bias: bool = False) -> Tensor:
    """A linear map of the last axis to the width called ``output``: 2 b T H O FLOPs."""
    return build.project(part, x, symbol(output), bias=bias)


def square(build: Builder, part: str, x: Tensor, *, bias: bool = False) -> Tensor:
    """A linear map of the last axis that keeps its width: 2 b T H^2 FLOPs."""
    return build.project(part, x, x.shape[-1], bias=bias)


def activation(build: Builder, part: str, x: Tensor, *, function: str) -> Tensor:
    """An element-wise function, a row of the cost table."""
    return build.pointwise(part, function, x, purpose=Purpose.ACTIVATION)


def concatenate(build: Builder, part: str, x: Tensor, *, source: str) -> Tensor:
    """x beside ``source``, a tensor of its shape handed on before: (b, T, H) -> (b, T, 2 H)."""
    other = Tensor(source, x.shape)
    build.taken.append(other)
    *rows, width = x.shape
    made = build.activation(part, *rows, 2 * width)
    return build.run(part, "append", "columns", (x, other), made)


def scale(build: Builder, part: str, x: Tensor, *, learned: bool = False) -> Tensor:
    """Multiplication by a constant, as Granite and MiniCPM scale what a block adds.

    Args:
        learned: the constant is a weight (the gates of Llama 3.2 Vision).
    """
    factors = (build.weight(part, sympy.Integer(1)),) if learned else ()
    return build.pointwise(part, "scale", x, *factors)
