"""What a user asks to be pruned: ``2:4``, ``0.3:bitmask``, ``layers=4``, joined by commas."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import sympy

from edgesym.architectures.model import Model
from edgesym.architectures.weights import facts_of
from edgesym.domain import checked
from edgesym.errors import ConfigError, UnknownNameError
from edgesym.formats import Assigned, Facts
from edgesym.graph.meaning import Group, named
from edgesym.graph.width import UNIFORM, Widths
from edgesym.pruning.removal import EXTENTS, Removal, without
from edgesym.pruning.skip import Skip
from edgesym.pruning.sparsity import DENSITY, PRUNED, Sparsity, sparse, written
from edgesym.pruning.storage import find_storage, storages

__all__ = ["DENSITY", "Pruning", "is_pruning", "pruned", "read_pruning"]

_PATTERN = re.compile(r"(\d{1,4}):(\d{1,4})(?::(.*))?\Z", re.DOTALL)
_NUMBER = re.compile(r"\d{1,12}(\.\d{1,12}|/\d{1,12})?|\.\d{1,12}")
_LARGEST_GROUP = 256
_REMEDY = (
    "write N:M (2:4), a density above 0 and at most 1 with its storage (0.3:bitmask), or what is "
    "removed as a number or a fraction of it (layers=4, intermediate=0.5), joined by commas"
)


@dataclass(frozen=True, slots=True)
class Pruning:
    """What is pruned of a model.

    Attributes:
        removals: heads, layers and so on that are removed.
        sparsity: values that are left out of its matrices.
    """

    removals: tuple[Removal, ...] = ()
    sparsity: Sparsity | None = None

    def __str__(self) -> str:
        """As a user writes it; empty where nothing is pruned."""
        values = () if self.sparsity is None else (str(self.sparsity),)
        return ",".join((*values, *map(str, self.removals)))

    def described(self, skip: Skip | None = None) -> str:
        """What is pruned and what is computed all the same, in words; empty where nothing is.

        >>> read_pruning("0.3:bitmask").described()
        'pruned 0.3:bitmask (matrices of layers; all products computed)'
        """
        if self.sparsity is None:
            return f"pruned {self}" if self.removals else ""
        computed = "all products computed" if skip is None else f"{skip.summary} skip products"
        zeros = "zeros stored; " if self.sparsity.storage.whole else ""
        return f"pruned {self} ({self.sparsity.where}; {zeros}{computed})"

    def on(self, assigned: Assigned, facts: Facts) -> Assigned:
        """The widths of a model's weights, with values left out of its matrices.

        Raises:
            ConfigError: as of :func:`edgesym.pruning.sparsity.sparse`.
        """
        return assigned if self.sparsity is None else sparse(assigned, self.sparsity, facts)

    def refuse_given(self, made: sympy.Symbol) -> None:
        """Refuse a number for the density where N:M says it.

        Raises:
            ConfigError: saying how else to ask.
        """
        if made == DENSITY and self.sparsity is not None and self.sparsity.pattern:
            raise ConfigError(
                f"density: {self.sparsity} keeps {written(self.sparsity.density)} of the values; "
                "prune to another N:M, or to a density (0.4:bitmask), instead of setting it"
            )


@checked
def is_pruning(text: str) -> bool:
    """Whether a text is meant as one that :func:`read_pruning` reads, and not as a name.

    >>> is_pruning("2:4"), is_pruning("layers=4"), is_pruning("llama-3.2-1b")
    (True, True, False)
    """
    return "=" in text or bool(re.match(r"[\d./]+:", text))


@checked
@lru_cache(maxsize=256)
def read_pruning(text: str) -> Pruning:
    """What a text asks to be pruned.

    A number after ``=`` is how many are removed, a fraction below 1 which part of them; a number
    alone is the density, the part of the values that is kept.

    >>> found = read_pruning("0.3:bitmask, layers=4")
    >>> found.sparsity.density, found.removals[0].amount, str(found)
    (Fraction(3, 10), 4, '0.3:bitmask,layers=4')

    Raises:
        ConfigError: a number that makes no sense, or values pruned in two ways.
        UnknownNameError: no such extent, storage or group, with the nearest.
    """
    removals: list[Removal] = []
    sparsity: Sparsity | None = None
    for item in map(str.strip, text.split(",") if text.strip() else ()):
        if not item:
            raise ConfigError(f"prune {text}: there is nothing beside a comma; {_REMEDY}")
        if "=" in item:
            removals.append(_removal(item))
            continue
        if sparsity is not None:
            raise ConfigError(f"prune {text}: {sparsity} and {item}; prune values in one way")
        sparsity = _sparsity(item)
    words = [removal.word for removal in removals]
    if twice := {word for word in words if words.count(word) > 1}:
        raise ConfigError(f"prune {text}: {min(twice)} is removed twice; say it once")
    return Pruning(tuple(removals), sparsity)


@checked
def pruned(model: Model, text: str) -> tuple[Model, Widths]:
    """A model with parts of it removed, and the widths of its weights with values left out.

    Raises:
        ConfigError, UnknownNameError: as of :func:`read_pruning`, or it does not fit the model.
    """
    asked = read_pruning(text)
    left = without(model, asked.removals)
    if asked.sparsity is None:
        return left, UNIFORM
    return left, asked.on(Assigned(), facts_of(left)).widths


def _number(text: str, item: str) -> Fraction:
    if not _NUMBER.fullmatch(text.strip()):
        raise ConfigError(f"prune {item}: {text.strip()!r} is no number; {_REMEDY}")
    try:
        return Fraction(text.strip())
    except ZeroDivisionError as error:
        raise ConfigError(f"prune {item}: division by zero; {_REMEDY}") from error


def _removal(item: str) -> Removal:
    """``layers=4`` or ``layers.sliding=0.5``."""
    word, _, text = (part.strip() for part in item.partition("="))
    if word.partition(".")[0] not in EXTENTS:
        raise UnknownNameError(f"extent in prune {item}:", word, EXTENTS)
    amount = _number(text, item)
    if amount <= 0 or (amount > 1 and amount.denominator != 1) or text.rstrip("0") == "1.":
        raise ConfigError(
            f"prune {item}: {text} must be how many are removed, 1 or more, or a fraction of them "
            "between 0 and 1"
        )
    return Removal(word, int(amount) if amount >= 1 else amount)


def _sparsity(item: str) -> Sparsity:
    """``2:4``, ``2:4:bitmask``, ``0.3``, ``0.3:csr@expert``."""
    chosen, at, groups = item.partition("@")
    pruned = _groups(groups, item) if at else PRUNED
    if matched := _PATTERN.match(chosen):
        n, m = int(matched[1]), int(matched[2])
        if not 1 <= n < m <= _LARGEST_GROUP:
            raise ConfigError(
                f"prune {item}: {n}:{m} keeps {n} of every {m} values; N must be 1 or more and "
                f"below M, M at most {_LARGEST_GROUP}"
            )
        name = "index" if matched[3] is None else matched[3]
        return Sparsity(Fraction(n, m), find_storage(name.strip()), (n, m), pruned)
    number, colon, name = chosen.partition(":")
    density = _number(number, item)
    if not 0 < density <= 1:
        raise ConfigError(
            f"prune {item}: a density of {number.strip()} must be above 0 and at most 1; it is the "
            "fraction of the values that is kept"
        )
    storage = find_storage(name.strip() if colon else "dense")
    if storage.pattern:
        usable = ", ".join(row.name for row in storages().values() if not row.pattern)
        raise ConfigError(
            f"prune {item}: {storage.name} is for N:M, such as 2:4:{storage.name}; a density has "
            f"{usable}"
        )
    return Sparsity(density, storage, None, pruned)


def _groups(text: str, item: str) -> tuple[Group, ...]:
    asked = {named(Group, name.strip(), f"prune {item}") for name in text.split("+")}
    return tuple(group for group in Group if group in asked)
