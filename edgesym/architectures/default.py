"""What is taken where a config, or who runs it, does not say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Default"]


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
        """The value and why, in a line."""
        return f"{self.name} = {self.shown}: {self.origin}"

    @property
    def shown(self) -> str:
        """The value in words."""
        match self.value:
            case None:
                return "none"
            case bool():
                return "yes" if self.value else "no"
        return str(self.value)
