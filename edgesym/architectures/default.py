"""What is taken where a config, or who runs it, does not say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from edgesym.plain import shown
from edgesym.symbols import TABLE
from edgesym.units import human

__all__ = ["Default", "told"]


@dataclass(frozen=True, slots=True)
class Default:
    """A value that nobody gave.

    Attributes:
        name: what has it: the word of a symbol, an option of the architecture file or of a run.
        value: what is taken; text, a number, a truth value, or None where there is none of it.
        origin: why, and who says so.
    """

    name: str
    value: Any
    origin: str

    def __str__(self) -> str:
        """The value and why, in a line; the number of a symbol with its unit."""
        return f"{self.name} = {self.shown}: {self.origin}"

    @property
    def shown(self) -> str:
        """The value in words."""
        match self.value:
            case None:
                return "none"
            case bool():
                return "yes" if self.value else "no"
            case str():
                return self.value
            case float() if self.name.partition(".")[0] in TABLE:
                return human(self.value, TABLE[self.name.partition(".")[0]].unit)
        return shown(self.value)


def told(defaults: Iterable[Default]) -> Iterator[str]:
    """Each default in a line; those of one value and one origin together.

    >>> list(told([Default("a", False, "x"), Default("b", False, "x"), Default("c", 1, "x")]))
    ['a, b = no: x', 'c = 1: x']
    """
    alike: dict[tuple[str, str], list[str]] = {}
    for each in defaults:
        alike.setdefault((each.shown, each.origin), []).append(each.name)
    for (value, origin), names in alike.items():
        yield f"{', '.join(names)} = {value}: {origin}"
