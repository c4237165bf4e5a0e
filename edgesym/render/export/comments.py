"""What every export says of itself: of what it is, its formulas, its inputs."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap
from typing import Any

from edgesym.analysis.exported import Export, Input
from edgesym.document.plain import plain
from edgesym.document.version import edgesym_version
from edgesym.render.export.names import said

__all__ = ["about", "header", "in_words", "meant", "shown"]

_WIDTH = 96


def header(found: Export, mark: str) -> list[str]:
    """The first comment: what is computed, for what, from which formulas.

    Args:
        mark: what begins a comment to the end of the line.
    """
    return [f"{mark} {line}".rstrip() for line in _lines(found)]


def about(found: Export) -> str:
    """What an export is of, in a line."""
    return said(f"{', '.join(one.name for one in found.outputs)} of {found.setup.title}")


def in_words(found: Export) -> list[str]:
    """What is run, and how its numbers are to be read."""
    exact = " ".join(said(found.setup.describe()).split())
    return [*wrap(exact, _WIDTH), f"Written by edgesym {edgesym_version()}; units are base units."]


def meant(one: Input) -> str:
    """What an input means, with its unit."""
    unit = "" if one.unit == "1" else f" [{one.unit}]"
    letter = said(str(one.symbol))
    return f"{letter}: {said(one.meaning)}{unit}"


def shown(number: Any) -> str:
    """A number in full.

    >>> shown(2**60), shown(0.5)
    ('1152921504606846976', '0.5')
    """
    return str(number) if isinstance(number, int) else repr(float(number))


def _lines(found: Export) -> Iterator[str]:
    yield about(found)
    yield from in_words(found)
    for one in found.outputs:
        yield ""
        yield f"{said(one.name)} [{said(one.unit)}]: {said(one.meaning)}"
        yield from _formula(f"= {plain(one.formula)}")
    if found.fixed:
        yield ""
        listed = ", ".join(f"{one.symbol} = {shown(one.value)}" for one in found.fixed)
        yield from wrap(said(f"Put in: {listed}"), _WIDTH)


def _formula(text: str) -> list[str]:
    """A formula over lines, broken at its signs."""
    return [f"    {line}" for line in wrap(said(text), _WIDTH - 4, break_on_hyphens=False)]
