"""Tensors: a name, extents and a role; what they hold follows from these."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import sympy

from edgesym.graph.meaning import Group
from edgesym.symbols import symbol

__all__ = ["BYTES", "Cache", "Role", "Tensor"]


class Role(StrEnum):
    """What a tensor is for, and so where it lives and in which format."""

    WEIGHT = "weight"
    ACTIVATION = "activation"
    CACHE = "cache"
    STATE = "state"
    TOKEN = "token"  # noqa: S105 - no password


#: Bytes per element of each role, where nothing sets groups of weights apart
#: (:mod:`edgesym.graph.width`).
BYTES: dict[Role, sympy.Symbol] = {
    Role.WEIGHT: symbol("weight_bytes_per_element"),
    Role.ACTIVATION: symbol("activation_bytes_per_element"),
    Role.CACHE: symbol("cache_bytes_per_element"),
    Role.STATE: symbol("state_bytes_per_element"),
    Role.TOKEN: symbol("token_bytes_per_element"),
}


@dataclass(frozen=True, slots=True)
class Cache:
    """What a step does to a tensor that outlives it, in elements.

    Attributes:
        held: there before the step, and read by it however much is fused.
        fresh: made by the step, and written however much is fused.
        kept: there after the step.
    """

    held: sympy.Expr
    fresh: sympy.Expr
    kept: sympy.Expr


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor of the dataflow graph.

    Attributes:
        name: unique in its block.
        shape: the extent of each axis.
        role: weight, activation, cache, state (a recurrent state) or token.
        touched: elements that a read moves, where it is not all of them
            (rows of an embedding table, experts that were hit).
        active: elements of a weight that one token uses, where it is not all of them.
        cache: what the step does to a tensor of role ``cache`` or ``state``.
        copies: how often a weight is stored in all, where it is not once per block that
            uses it: 0 for a table that another block stores already.
        group: what a weight is; by default what the operation that reads it says.
    """

    name: str
    shape: tuple[sympy.Expr, ...]
    role: Role = Role.ACTIVATION
    touched: sympy.Expr | None = None
    active: sympy.Expr | None = None
    cache: Cache | None = None
    copies: sympy.Expr | None = None
    group: Group | None = None

    @property
    def elements(self) -> sympy.Expr:
        """How many elements there are: the product of the extents."""
        return sympy.Mul(*self.shape)

    @property
    def moved(self) -> sympy.Expr:
        """Elements that a read moves where another kernel made them."""
        return self.elements if self.touched is None else self.touched

    @property
    def written(self) -> sympy.Expr:
        """Elements that the operation which makes the tensor writes."""
        return self.elements if self.cache is None else self.cache.fresh

    @property
    def used_by_token(self) -> sympy.Expr:
        """Elements of a weight that one token uses."""
        return self.elements if self.active is None else self.active
