"""Convolutions of PyTorch as contractions: which extents are multiplied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sympy

__all__ = ["Convolution"]

_LETTERS = "abcdefghijklmnop"

Shape = tuple[sympy.Expr, ...]


@dataclass(frozen=True, slots=True)
class Convolution:
    """A convolution, or one that is transposed.

    2 x elements out x inputs of a group x the kernel; transposed, where each element is spread
    out, 2 x elements in x outputs of a group x the kernel.

    Attributes:
        given: shape of the signal: batch, channels, and one to three extents of space.
        weight: shape of the kernel, as PyTorch has it.
        out: shape of what comes out.
        extents: stride, padding and dilation in each direction of space, then whether it is
            transposed, and more.
    """

    given: Shape
    weight: Shape
    out: Shape
    extents: Sequence[Any]

    @property
    def spreads(self) -> bool:
        """Whether it is transposed."""
        return bool(self.extents[3 * (len(self.out) - 2)])

    @property
    def equation(self) -> str:
        """The einsum of :attr:`read` and :attr:`kernel` that gives :attr:`made`."""
        axes = _LETTERS[: len(self.out)]
        extra = _LETTERS[len(axes) : len(axes) + len(self.weight) - 1]
        if self.spreads:
            sides = (axes, axes[1] + extra, axes[0] + axes[2:] + extra)
        else:
            sides = (axes + extra, axes[1] + extra, axes)
        signal, kernel, out = map(" ".join, sides)
        return f"{signal}, {kernel} -> {out}"

    @property
    def read(self) -> Shape:
        """The signal, once for each product it is in."""
        return self.given if self.spreads else (*self.out, *self.weight[1:])

    @property
    def kernel(self) -> Shape:
        """The kernel, its first extent that of all groups."""
        return self.weight if self.spreads else (self.out[1], *self.weight[1:])

    @property
    def made(self) -> Shape:
        """What comes out, once for each product that is summed into it."""
        if not self.spreads:
            return self.out
        return (self.given[0], *self.given[2:], *self.weight[1:])
