"""Published equations, one data file per paper, as expressions over edgesym's symbols."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import sympy

from edgesym.data import shipped, stems
from edgesym.errors import UnknownNameError
from edgesym.expression import read
from edgesym.symbols import TABLE, symbol

__all__ = ["equations", "paper"]

_FUNCTIONS: dict[str, Callable[..., Any]] = {"max": sympy.Max, "min": sympy.Min}


@cache
def paper(name: str) -> dict[str, Any]:
    """The data file of a paper.

    Raises:
        UnknownNameError: edgesym has no file of that paper.
    """
    if name not in set(stems("quantities/data")):
        raise UnknownNameError("paper", name, stems("quantities/data"))
    return shipped("quantities/data", name)


@cache
def equations(name: str, version: str = "printed") -> dict[str, sympy.Expr]:
    """The equations of a paper by the quantity they define, each in terms of symbols alone.

    Args:
        name: the paper.
        version: ``printed`` as in the paper, ``computed`` as in its program where the two differ.

    >>> equations("edgeprofiler")["parameters"]
    4*H**2*L + 2*H*I*L + 2*H*V
    """
    names = {key: symbol(row.word) for row in TABLE.values() for key in (row.word, row.letter)}
    found: dict[str, sympy.Expr] = {}
    for quantity, row in paper(name)["equations"].items():
        text = row.get(version) or row.get("printed") or row["computed"]
        found[quantity] = read(text, {**names, **found}, _FUNCTIONS)
    return found
