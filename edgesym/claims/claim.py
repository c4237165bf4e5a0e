"""Claims: published equations as data, read from TOML."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edgesym.claims.derive import PER, PHASES, Subject
from edgesym.claims.kinds import kind_of
from edgesym.claims.printed import tolerance_of
from edgesym.claims.understood import formula_in_words, part_in_words
from edgesym.domain import checked
from edgesym.errors import ConfigError, EdgesymError, nearest
from edgesym.files.parse import parse_toml
from edgesym.files.read import read_text
from edgesym.fileschema import held_to
from edgesym.lines import toml_lines
from edgesym.symbols import TABLE

__all__ = ["Claim", "Defined", "Paper", "Refused", "read_claims", "read_entries"]

_ONE_FORMAT = re.compile(r"\bbytes_per_element\b")
#: Keys that may end in a question mark: nobody is sure of them.
_GUESSED = ("quantity", "part", "phase", "per", "unit")
VERDICTS = (
    "exact",
    "exact under assumptions",
    "bound proved",
    "order right",
    "proportional",
    "rule of thumb",
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


@dataclass(frozen=True, slots=True)
class Defined:
    """What an equation defines a name as, which others use.

    Attributes:
        text: the equation, in the notation of the claim; its right-hand side counts.
        where: where it is printed; empty where a claim file says it.
    """

    text: str
    where: str = ""


@checked
@dataclass(frozen=True, slots=True, eq=False)
class Claim:
    """A published equation and what it speaks of; the keys are explained in docs/claims.md.

    Attributes:
        text: the equation.
        notation: ``latex`` or ``plain``.
        quantity: a name of the registry, or a formula over such names and words.
        symbols: name as it stands in the text -> formula over words, or ``?`` for one that
            nobody knows.
        definitions: name as it stands in the text -> the equation that defines it.
        unsure: what of all this is a guess, as ``part = attention``.
        relation: how it relates the two sides, where its text does not say it.
        tolerance: the relative error that its numbers, or a rule of thumb, may have.
        over: word, or ``model`` -> the numbers or cards that a rule of thumb is held to.
        file: where it was read; empty for one that was made in code.
        line: its first line there; 0 where it is not known.
        lines: key -> its line there, of those of which it is known.
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
    definitions: Mapping[str, Defined] = field(default_factory=dict)
    unsure: tuple[str, ...] = ()
    relation: str = ""
    tolerance: str | float = ""
    over: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    file: str = ""
    line: int = 0
    lines: Mapping[str, int] = field(default_factory=dict)

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
                    f"{self._at(key)}: {key} = {getattr(self, key)!r}; it can be "
                    f"{', '.join(filter(None, known))}"
                )
        checks: dict[str, Callable[[Any], object]]
        checks = {"relation": kind_of, "tolerance": tolerance_of}
        for key, check in checks.items():
            try:
                _ = getattr(self, key) and check(getattr(self, key))
            except EdgesymError as error:
                raise ConfigError(f"{self._at(key)}: {error}") from error
        for per in self.per.split("+"):
            if per.strip() not in PER:
                at = self._at("per")
                raise ConfigError(f"{at}: per = {self.per!r}; it can be {', '.join(PER)}")

    @property
    def label(self) -> str:
        """How messages call it, with its place in a file."""
        return self._at("")

    def _at(self, key: str) -> str:
        """How messages call it, with the place of a key of it, where that is known."""
        return _called(self.file, self.lines.get(key, self.line), self.id or self.where)

    def as_json(self) -> dict[str, Any]:
        """Its place, its text, and what it speaks of."""
        return {
            **_place(self),
            "equation": self.text,
            "quantity": self.quantity,
            "part": self.part,
            "phase": self.phase,
            "per": self.per,
            "unit": self.unit,
            "expected": self.expected or None,
            "tolerance": self.tolerance or None,
            "definitions": {name: made.text for name, made in self.definitions.items()},
            "unsure": list(self.unsure),
        }

    @property
    def subject(self) -> Subject:
        """What it speaks of."""
        texts = (formula_in_words(text) for text in self.symbols.values())
        one = any(_ONE_FORMAT.search(text) for text in texts)
        return Subject(
            self.quantity, part_in_words(self.part), self.phase, self.per, self.unit, one
        )


@dataclass(frozen=True, slots=True)
class Refused:
    """A claim that cannot be read or checked, beside others that can.

    Attributes:
        error: what is wrong with it, and how to put it right.
        id: what it is called, if anything.
        file: where it was read.
        line: its first line there; 0 where it is not known.
    """

    error: str
    id: str = ""
    where: str = ""
    file: str = ""
    line: int = 0
    paper: Paper = field(default_factory=Paper)

    def as_json(self) -> dict[str, Any]:
        """Its place, and why it was refused."""
        return {**_place(self), "verdict": "refused", "reasons": [self.error]}


def _place(entry: Claim | Refused) -> dict[str, Any]:
    return {
        "claim": entry.id,
        "label": entry.id or entry.where,
        "paper": entry.paper.name,
        "where": entry.where,
        "file": entry.file,
        "line": entry.line or None,
    }


def _called(file: str, line: int, name: str) -> str:
    place = f"{file}:{line}" if line else file
    return ": ".join(filter(None, [place, " ".join(filter(None, ["claim", name]))]))


@checked
def read_claims(source: Path | str | Mapping[str, Any], origin: str = "") -> tuple[Claim, ...]:
    """The claims of a claim file, or of the tables that one holds.

    Raises:
        ConfigError: naming the claim, the key and what is wrong with it.
    """
    claims: list[Claim] = []
    for entry in read_entries(source, origin):
        if isinstance(entry, Refused):
            raise ConfigError(entry.error)
        claims.append(entry)
    return tuple(claims)


@checked
def read_entries(
    source: Path | str | Mapping[str, Any], origin: str = ""
) -> tuple[Claim | Refused, ...]:
    """The claims of a claim file, of its text or of its tables; those that cannot be, refused.

    Raises:
        ConfigError: of the file as a whole: it is no TOML, or no claim file.
    """
    from edgesym.claims.schema import ClaimFile

    text = ""
    if isinstance(source, Path):
        text, origin = read_text(source, "claim file"), origin or str(source)
    elif isinstance(source, str):
        text = source
    tables = source if isinstance(source, Mapping) else parse_toml(text, origin)
    origin = origin or "claims"
    held_to(tables, ClaimFile, origin, text)
    paper = Paper(**tables.get("paper", {}))
    shared = _texts(tables.get("symbols", {}))
    stated = tuple(tables.get("assumptions", ()))
    defined = _defined(tables)
    rows = tables.get("claim", [])
    if not rows and "labels" not in tables:
        raise ConfigError(f"{origin}: there is no [[claim]] in it; docs/claims.md has an example")
    found: dict[Any, dict[str, int]] = defaultdict(dict)
    for key, line in toml_lines(text):
        if len(key) in (2, 3) and key[0] == "claim":
            found[key[1]].setdefault("".join(map(str, key[2:])), line)
    entries: list[Claim | Refused] = []
    seen: set[str] = set()
    for number, row in enumerate(rows):
        own, lines = str(row.get("id", number + 1)), found[number]
        line = lines.get("", 0)
        place: dict[str, Any] = {"paper": paper, "file": origin if line else "", "line": line}

        def called(key: str, own: str = own, lines: Mapping[str, int] = lines) -> str:
            return _called(origin, lines.get(key, lines.get("", 0)), own)

        try:
            if own in seen:
                raise ConfigError(f"{called('id')}: two claims are called {own!r}; rename one")
            made = _claim(row, shared, stated, defined, called, {**place, "lines": lines})
            entries.append(made)
        except EdgesymError as error:  # told as refused, beside the others
            name, where = (str(row.get(key, "")) for key in ("id", "where"))
            entries.append(Refused(str(error), name, where, **place))
        seen.add(own)
    return tuple(entries)


def _claim(
    row: Mapping[str, Any],
    shared: Mapping[str, str],
    stated: tuple[str, ...],
    defined: Mapping[str, Defined],
    called: Callable[[str], str],
    place: Mapping[str, Any],
) -> Claim:
    _refuse_wrong(row, called)
    origin = called("")
    notation = [name for name in ("latex", "plain") if row.get(name)]
    if not notation:
        raise ConfigError(f"{origin}: it has no equation; write latex = '...' or plain = \"...\"")
    if not row.get("quantity") and not row.get("definition"):
        raise ConfigError(f"{origin}: quantity is missing; edgesym quantities lists them")
    plain = {key: value for key, value in row.items() if key not in ("latex", "plain")}
    given = {key: plain[key] for key in _GUESSED if key in plain}
    known, unsure = _sure(given, {**shared, **_texts(row.get("symbols", {}))})
    assumed = [*stated, *row.get("assumptions", ())]
    return Claim(
        **{
            **plain,
            "quantity": "",
            **known,
            "text": row[notation[0]],
            "notation": notation[0],
            "assumptions": tuple(_bare(text) for text in assumed),
            "definitions": {**defined, **_defined(row)},
            "numbers": tuple(row.get("numbers", ())),
            "over": _over(row, called("over")),
            "unsure": (*unsure, *(_bare(text) for text in assumed if text.endswith("?"))),
            **place,
        }
    )


def _refuse_wrong(row: Mapping[str, Any], called: Callable[[str], str]) -> None:
    """Refuse keys that no claim has and values that none can have: one with its line, or all."""
    from edgesym.claims.schema import ClaimRow

    errors = []
    for key, value in row.items():
        try:
            held_to({key: value}, ClaimRow, called(key))
        except EdgesymError as error:  # it is raised, alone or with the others
            errors.append(error)
    if len(errors) == 1:
        raise errors[0]
    if errors:
        held_to(row, ClaimRow, called(""))


def _over(row: Mapping[str, Any], origin: str) -> dict[str, tuple[Any, ...]]:
    """What a rule of thumb is held to: cards under ``model``, numbers under words."""
    given = row.get("over", {})
    for word, items in given.items():
        kind = str if word == "model" else int | float
        if word != "model" and word not in TABLE:
            close = nearest(word, [*TABLE, "model"])
            hint = f"; nearest: {', '.join(close)}" if close else ""
            raise ConfigError(f"{origin}: over: {word!r} is no word{hint}")
        if not items or any(not isinstance(i, kind) or isinstance(i, bool) for i in items):
            what = "names of cards" if word == "model" else "positive numbers"
            raise ConfigError(f"{origin}: over: {word} = {items!r} must be a list of {what}")
        if word != "model" and any(not i > 0 for i in items):
            raise ConfigError(f"{origin}: over: {word} = {items!r} must be positive numbers")
    return {word: tuple(items) for word, items in given.items()}


def _bare(text: str) -> str:
    """A text without the question mark of a guess."""
    return text.removesuffix("?").rstrip() or text


def _sure(
    keys: Mapping[str, str], symbols: Mapping[str, str]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Keys and symbols without question marks, and which had one."""
    given = {**keys, **{f"symbol {name}": text for name, text in symbols.items()}}
    unsure = (f"{name} = {_bare(text)}" for name, text in given.items() if text.endswith("?"))
    known: dict[str, Any] = {name: _bare(text) for name, text in keys.items()}
    return {
        **known,
        "symbols": {name: _bare(text) for name, text in symbols.items()},
    }, tuple(unsure)


def _defined(row: Mapping[str, Any]) -> dict[str, Defined]:
    return {name: Defined(text) for name, text in _texts(row.get("definitions", {})).items()}


def _texts(table: Mapping[str, str | int]) -> dict[str, str]:
    """A table of texts; a number stands for itself."""
    return {name: str(text) for name, text in table.items()}
