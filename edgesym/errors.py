"""The exceptions of edgesym: one root, few leaves.

A message says what is wrong, with which value, where, and what to do next.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from edgesym.plain import plain_line

__all__ = [
    "ConfigError",
    "DeviceError",
    "EdgesymError",
    "ExpressionError",
    "GraphError",
    "OutputError",
    "UnitError",
    "UnknownNameError",
    "nearest",
]


#: Names that an error lists where none is like the one asked for.
_LISTED = 12
#: Characters of the name asked for that an error repeats.
_LONGEST_NAME = 120


class EdgesymError(Exception):
    """Root of every error that edgesym raises on purpose."""


class ConfigError(EdgesymError):
    """A model configuration or data file cannot be used as it stands."""


class DeviceError(EdgesymError):
    """A device lacks a figure, or holds one that makes no sense."""


class ExpressionError(EdgesymError):
    """Text that should be a formula is not one."""


class GraphError(EdgesymError):
    """An operation does not fit its tensors, or has no cost rule."""


class OutputError(EdgesymError):
    """A result cannot be written where it was asked for."""


class UnitError(EdgesymError):
    """A number carries an unknown unit, or one of another dimension."""


class UnknownNameError(EdgesymError):
    """A name that is not in the table it was looked up in."""

    def __init__(self, kind: str, name: str, known: Iterable[str], remedy: str = "") -> None:
        names = sorted(set(known))
        close = nearest(name, names)
        more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
        listed = ", ".join(names[:_LISTED]) + more
        hint = f"; nearest: {', '.join(close)}" if close else f"; known: {listed}"
        called = plain_line(repr(name), _LONGEST_NAME)
        super().__init__(f"unknown {kind} {called}{hint}{'. ' + remedy if remedy else ''}")
        self.name = name
        self.close = close


def nearest(name: str, known: Iterable[str], count: int = 3, likeness: float = 0.6) -> list[str]:
    """The names most like ``name``, best first, of such a likeness (difflib's ratio) or more.

    >>> nearest("raspbery-pi-5", ["raspberry-pi-4", "raspberry-pi-5", "apple-m2"], 1)
    ['raspberry-pi-5']
    """
    name = str(name)
    by_lower = {known_name.lower(): known_name for known_name in known}
    found = difflib.get_close_matches(name.lower(), by_lower, n=count, cutoff=likeness)
    return [by_lower[match] for match in found]
