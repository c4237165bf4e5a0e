"""How pruned matrices are stored, as data: the bits that say which values are kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import comb
from typing import Any

from edgesym.data import shipped
from edgesym.domain import checked
from edgesym.errors import UnknownNameError
from edgesym.expression import read

__all__ = ["Storage", "find_storage", "storages"]

_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "bits": lambda count: (count - 1).bit_length(),
    "choose": comb,
}


@dataclass(frozen=True, slots=True)
class Storage:
    """How the values that pruning keeps are stored.

    Each of ``element`` to ``matrix`` is arithmetic over N and M that comes to bits.

    Attributes:
        summary: what it is.
        source: where it is described.
        whole: whether zeros are stored like any other value.
        pattern: whether it is for N:M alone.
        element: bits per value of the whole matrix.
        value: bits per value kept.
        group: bits per group of M values.
        row: bits per row.
        matrix: bits once a matrix.
        longest_row: the longest row that it can hold, where there is one.
    """

    name: str
    summary: str
    source: str
    whole: bool = False
    pattern: bool = False
    element: str = "0"
    value: str = "0"
    group: str = "0"
    row: str = "0"
    matrix: str = "0"
    longest_row: int | None = None

    def bytes(self, of: str, n: int = 0, m: int = 0) -> Fraction:
        """Bytes of metadata per ``element``, ``value``, ``group``, ``row`` or ``matrix``.

        >>> find_storage("index").bytes("value", 2, 4), find_storage("codes").bytes("group", 2, 4)
        (Fraction(1, 4), Fraction(3, 8))
        """
        return Fraction(read(getattr(self, of), {"n": n, "m": m}, _FUNCTIONS), 8)


@cache
def storages() -> dict[str, Storage]:
    """Every storage, by name, from ``storages.toml``."""
    return {name: Storage(name, **row) for name, row in shipped("pruning", "storages").items()}


@checked
def find_storage(name: str) -> Storage:
    """The storage of that name.

    Raises:
        UnknownNameError: with the nearest names.
    """
    if name not in storages():
        raise UnknownNameError("storage of pruned weights", name, storages())
    return storages()[name]
