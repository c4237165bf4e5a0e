"""Claims: published equations as data, read from TOML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edgesym.claims.derive import PER, PHASES, Subject
from edgesym.data import load_toml
from edgesym.errors import ConfigError, nearest

__all__ = ["Claim", "Paper", "read_claims"]

_ONE_FORMAT = re.compile(r"\bbytes_per_element\b")
_TEXTS = ("id", "where", "latex", "plain", "quantity", "part", "phase", "per", "unit", "note")
_KEYS = {*_TEXTS, "expected", "symbols", "assumptions", "definition", "numbers"}
_TOP = {"paper", "symbols", "assumptions", "claim", "labels"}
_PAPER = ("name", "title", "address", "year")
VERDICTS = (
    "exact",
    "exact under assumptions",
    "approximation",
    "wrong",
    "unproven",
    "not comparable",
)


@dataclass(frozen=True, slots=True)
class Paper:
    """Where claims stand."""

    name: str = ""
    title: str = ""
    address: str = ""
    year: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Claim:
    """A published equation and what it speaks of; the keys are explained in docs/claims.md.

    Attributes:
        text: the equation.
        notation: ``latex`` or ``plain``.
        quantity: a name of the registry, or a formula over such names and words.
        symbols: name as it stands in the text -> formula over words.
    """

    text: str
    quantity: str
    symbols: Mapping[str, str] = field(default_factory=dict)
    notation: str = "latex"
    id: str = ""
    where: str = ""
    part: str = "*"
    phase: str = "forward"
    per: str = "model"
    unit: str = ""
    assumptions: tuple[str, ...] = ()
    definition: bool = False
    numbers: tuple[Mapping[str, Any], ...] = ()
    note: str = ""
    expected: str = ""
    paper: Paper = field(default_factory=Paper)

    def __post_init__(self) -> None:
        """Refuse what no check could make sense of.

        Raises:
            ConfigError: naming the claim, the key, its value and what it can be.
        """
        choices = {
            "phase": PHASES,
            "notation": ("latex", "plain"),
            "unit": ("", "bytes", "elements"),
        }
        choices |= {"expected": ("", *VERDICTS)} if self.expected else {}
        for key, known in choices.items():
            if getattr(self, key) not in known:
                raise ConfigError(
                    f"{self.label}: {key} = {getattr(self, key)!r}; it can be "
                    f"{', '.join(filter(None, known))}"
                )
        for per in self.per.split("+"):
            if per.strip() not in PER:
                raise ConfigError(f"{self.label}: per = {self.per!r}; it can be {', '.join(PER)}")

    @property
    def label(self) -> str:
        """How messages call it."""
        return " ".join(filter(None, ["claim", self.id or self.where]))

    @property
    def subject(self) -> Subject:
        """What it speaks of."""
        one = any(_ONE_FORMAT.search(text) for text in self.symbols.values())
        return Subject(self.quantity, self.part, self.phase, self.per, self.unit, one)


def read_claims(source: Path | Mapping[str, Any], origin: str = "") -> tuple[Claim, ...]:
    """The claims of a claim file, or of the tables that one holds.

    Raises:
        ConfigError: naming the claim, the key and what is wrong with it.
    """
    tables = load_toml(source) if isinstance(source, Path) else source
    origin = origin or (str(source) if isinstance(source, Path) else "claims")
    _known(tables, _TOP, origin)
    given = tables.get("paper", {})
    _known(given, set(_PAPER), f"{origin}: [paper]")
    paper = Paper(**given)
    shared = _table(tables, "symbols", origin)
    stated = _list(tables, "assumptions", origin)
    rows = tables.get("claim", [])
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise ConfigError(f"{origin}: claims are written [[claim]], one table each")
    if not rows and "labels" not in tables:
        raise ConfigError(f"{origin}: there is no [[claim]] in it; docs/claims.md has an example")
    claims = tuple(
        _claim(row, paper, shared, stated, f"{origin}: claim {row.get('id', number)}")
        for number, row in enumerate(rows, 1)
    )
    ids = [claim.id for claim in claims if claim.id]
    twice = {name for name in ids if ids.count(name) > 1}
    if twice:
        raise ConfigError(f"{origin}: two claims are called {min(twice)!r}")
    return claims


def _claim(
    row: Mapping[str, Any],
    paper: Paper,
    shared: Mapping[str, str],
    stated: tuple[str, ...],
    origin: str,
) -> Claim:
    _known(row, _KEYS, origin)
    for key in (*_TEXTS, "expected"):
        if not isinstance(row.get(key, ""), str):
            raise ConfigError(f"{origin}: {key} = {row[key]!r} must be text")
    notation = [name for name in ("latex", "plain") if row.get(name)]
    if not notation:
        raise ConfigError(f"{origin}: it has no equation; write latex = '...' or plain = \"...\"")
    if not row.get("quantity") and not row.get("definition"):
        raise ConfigError(f"{origin}: quantity is missing; edgesym quantities lists them")
    numbers = row.get("numbers", [])
    if not isinstance(numbers, list) or not all(isinstance(n, Mapping) for n in numbers):
        raise ConfigError(f"{origin}: numbers = {numbers!r} must be a list of tables")
    if not isinstance(row.get("definition", False), bool):
        raise ConfigError(f"{origin}: definition = {row['definition']!r} must be true or false")
    plain = {key: row[key] for key in _KEYS & row.keys() - {"latex", "plain"}}
    return Claim(
        **{
            **plain,
            "text": row[notation[0]],
            "notation": notation[0],
            "quantity": row.get("quantity", ""),
            "symbols": {**shared, **_table(row, "symbols", origin)},
            "assumptions": (*stated, *_list(row, "assumptions", origin)),
            "numbers": tuple(numbers),
            "paper": paper,
        }
    )


def _known(table: Mapping[str, Any], known: set[str] | set[Any], origin: str) -> None:
    if not isinstance(table, Mapping):
        raise ConfigError(f"{origin} is {table!r}, not a table")
    for key in table:
        if key not in known:
            close = nearest(key, known)
            hint = f"did you mean {' or '.join(close)}?" if close else f"known: {sorted(known)}"
            raise ConfigError(f"{origin}: unknown key {key!r}; {hint}")


def _table(row: Mapping[str, Any], key: str, origin: str) -> dict[str, str]:
    """A table of texts; a number stands for itself."""
    table = row.get(key, {})
    if not isinstance(table, Mapping):
        raise ConfigError(f"{origin}: {key} = {table!r} must be a table of name = 'formula'")
    for name, text in table.items():
        if isinstance(text, bool) or not isinstance(text, str | int):
            raise ConfigError(f"{origin}: symbol {name!r} = {text!r} must be a formula over words")
    return {name: str(text) for name, text in table.items()}


def _list(row: Mapping[str, Any], key: str, origin: str) -> tuple[str, ...]:
    items = row.get(key, [])
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise ConfigError(f"{origin}: {key} = {items!r} must be a list of texts")
    return tuple(items)
