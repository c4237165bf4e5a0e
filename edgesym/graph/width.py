"""Widths: how many bytes an element of a tensor takes, by its role and the group of a weight.

Bytes of a tensor = elements x width(role, group), here and nowhere else. Where all weights
are of one format there is one symbol per role, B_w for weights; groups of weights in another
format have a symbol of their own, and groups of one format share it, as layers merge into L.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy

from edgesym.graph.meaning import Group
from edgesym.graph.tensor import BYTES, Role
from edgesym.symbols import symbol

__all__ = ["UNIFORM", "Widths"]


@dataclass(frozen=True, slots=True)
class Widths:
    """The symbol of the bytes per element of every tensor.

    Attributes:
        kinds: groups of weights whose width is a symbol of its own, and its kind.

    >>> split = Widths(((Group.EXPERT, "expert"),))
    >>> split(Role.WEIGHT, Group.EXPERT), split(Role.WEIGHT, Group.NORM), split(Role.CACHE)
    (B_w_expert, B_w, B_c)
    """

    kinds: tuple[tuple[Group, str], ...] = ()

    def __call__(self, role: Role, group: Group | None = None) -> sympy.Symbol:
        """Bytes per element of a tensor of this role; of a weight, in this group."""
        if role is Role.WEIGHT:
            for known, kind in self.kinds:
                if known is group:
                    return symbol("weight_bytes_per_element", kind)
        return BYTES[role]


#: One width per role.
UNIFORM = Widths()
