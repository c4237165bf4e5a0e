"""What labels of measurements mean: rules in data, the first that fits decides."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from edgesym.data import shipped

__all__ = ["Rule", "read_all", "read_label", "rules"]

_GROUP = re.compile(r"\{(\w+)\}|\\(\d)")
#: Column of timed steps -> the column of published figures that says the same.
_SAME = {"runtime": "framework", "dtype": "quant"}


@dataclass(frozen=True, slots=True)
class Rule:
    r"""What a label means, where columns match.

    Attributes:
        where: columns, and the pattern that each must match as a whole, in any case.
        says: the name, or the reason; ``\1`` is what the first group of the last pattern matched,
            ``{name}`` what a group of that name matched in any of them.

    >>> rule = Rule((("model", re.compile("(gemma)-?3-1b", re.I)),), r"\1-3-1b")
    >>> rule.read({"model": "Gemma3-1B"})
    'Gemma-3-1b'
    """

    where: tuple[tuple[str, re.Pattern[str]], ...]
    says: str

    def read(self, labels: Mapping[str, str]) -> str | None:
        """What the rule says of these labels; None where it does not fit."""
        found = None
        named: dict[str, str] = {}
        for column, pattern in self.where:
            found = pattern.fullmatch(labels.get(column, ""))
            if found is None:
                return None
            named |= {name: text or "" for name, text in found.groupdict().items()}
        if found is not None:
            named |= {str(at): text or "" for at, text in enumerate(found.groups(), start=1)}
        # in one pass: what a publisher wrote may look like a group
        return _GROUP.sub(lambda group: named[group[1] or group[2]], self.says)


@cache
def rules(kind: str) -> tuple[Rule, ...]:
    """The rules of ``exclude``, ``model``, ``weights``, ``device``, ``runtime``, ``context``...

    Raises:
        KeyError: there is no rule of that kind.
    """
    return tuple(
        Rule(
            tuple(
                (column, re.compile(pattern, re.IGNORECASE | re.DOTALL))
                for column, pattern in row.items()
                if column not in ("says", "why")
            ),
            row["says"],
        )
        for row in shipped("validation", "labels")[kind]
    )


def read_label(kind: str, labels: Mapping[str, str]) -> str | None:
    """What the first rule that fits says; None where none does.

    >>> read_label("model", {"model": "LLaMA-7B (v2)"})
    'llama-2-7b'
    """
    return next(_read(kind, labels), None)


def read_all(kind: str, labels: Mapping[str, str]) -> tuple[str, ...]:
    """What every rule that fits says, in their order."""
    return tuple(_read(kind, labels))


def _read(kind: str, labels: Mapping[str, str]) -> Iterator[str]:
    named = {_SAME.get(column, column): text for column, text in labels.items()}
    said = (rule.read(named) for rule in rules(kind))
    return (text for text in said if text is not None)
