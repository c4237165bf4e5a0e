"""What a recipe is told of a weight, and of the model that holds it."""

from __future__ import annotations

from dataclasses import dataclass

import sympy

from edgesym.graph.meaning import Group, Purpose

__all__ = ["Facts", "Weight"]


@dataclass(frozen=True, slots=True)
class Weight:
    """A weight of a block, as a recipe tells weights apart.

    Attributes:
        block: the block that stores it.
        names: every (block, tensor) that it is read as: a tied table has two.
        group: what it is.
        purposes: what the operations that read it are for.
        matrices: how many matrices it is: the experts of a layer.
        rows: outputs of one.
        row: inputs of one, the axis that blocks run along.
        layers: index of each layer that has it; empty where it is outside of them.
        repeat: the symbol that counts those layers.
        extents: matrices, rows and row as expressions.
        times: how many blocks store one, where no layers are counted.
        is_tower: whether it is of a tower beside the text.
    """

    block: str
    names: tuple[tuple[str, str], ...]
    group: Group
    purposes: frozenset[Purpose]
    matrices: int
    rows: int
    row: int
    layers: tuple[int, ...]
    repeat: sympy.Expr
    extents: tuple[sympy.Expr, sympy.Expr, sympy.Expr]
    times: int = 1
    is_tower: bool = False

    @property
    def elements(self) -> int:
        """Elements in one layer."""
        return self.matrices * self.rows * self.row


@dataclass(frozen=True, slots=True)
class Facts:
    """What a recipe asks of a model.

    Attributes:
        weights: its weights.
        architecture: the architecture file that read it.
        dtype: number format it computes in, and keeps what a recipe leaves alone in.
        layers: how many layers it has.
        gqa: query heads that share a key/value head.
        experts: routed experts of a layer; 0 where there are none.
        vocab: rows of its embedding table.
        tied: whether the head reads the embedding table.
        rope_factors: elements of the tables of rotary factors that a GGUF file of it holds.
    """

    weights: tuple[Weight, ...]
    architecture: str
    dtype: str
    layers: int
    gqa: int
    experts: int
    vocab: int
    tied: bool
    rope_factors: int = 0
