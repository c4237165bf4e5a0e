"""A paper's LaTeX source: its equations as claims, by a symbol table beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from edgesym.claims.claim import Claim, Refused, read_entries
from edgesym.claims.definitions import Definitions, definitions_of
from edgesym.claims.equation import read_claim
from edgesym.errors import ConfigError, EdgesymError, nearest
from edgesym.files.read import is_there
from edgesym.fileschema import user_toml
from edgesym.notation import NotationError, read
from edgesym.notation.tex import Paper, Printed, read_paper

__all__ = ["Document", "read_document"]

#: Problems of a source that are told one by one.
_MOST = 20


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A source file.

    Attributes:
        entries: the equations that the table beside it speaks for, and those refused.
        silent: the others, and files that are not read.
        paper: the source, read.
    """

    entries: tuple[Claim | Refused, ...]
    silent: tuple[str, ...]
    paper: Paper

    @property
    def claims(self) -> tuple[Claim, ...]:
        """The entries that are claims."""
        return tuple(entry for entry in self.entries if isinstance(entry, Claim))


def read_document(path: Path, table: Path | None = None) -> Document:
    """The claims of a LaTeX file; what cannot be read is refused and keeps nothing back.

    An equation may use names that others of the paper define; they are put in, with their trace.

    Args:
        path: the source.
        table: a TOML file with ``[symbols]`` and ``[labels]``: label -> quantity, or -> the keys
            of a claim; by default the file of the same name beside it. An equation without a
            label is called ``line 12``, or ``inline, line 12``.

    Raises:
        ConfigError: a file is missing, or no such table.
    """
    from edgesym.claims.schema import ClaimFile

    beside = table or path.with_suffix(".toml")
    if not is_there(path):
        raise ConfigError(f"{path}: there is no such file")
    if not is_there(beside):
        raise ConfigError(
            f"{path}: needs a symbol table beside it, {beside.name}, with [symbols] and [labels] "
            f"(label = quantity); edgesym check {path} --propose writes one"
        )
    paper = read_paper(path)
    tables = user_toml(beside, ClaimFile)
    named = {**tables.get("labels", {})}
    given = [row for row in tables.get("claim", []) if isinstance(row.get("id", ""), str)]
    named |= {row["id"]: row for row in given if row.get("id") in paper.equations}
    entries: list[Claim | Refused] = []
    rows: list[Mapping[str, Any]] = []
    for label, said in named.items():
        try:
            rows.append(_row(label, said, paper, path, beside))
        except ConfigError as error:  # told as refused, beside the others
            entries.append(Refused(str(error), label, file=str(beside)))
    order = list(paper.equations)
    rows.sort(key=lambda row: order.index(row["id"]) if row["id"] in paper.equations else -1)
    others = [row for row in tables.get("claim", []) if not _named(row, named)]
    rest = {key: value for key, value in tables.items() if key not in ("labels", "claim")}
    read = read_entries({**rest, "labels": {}, "claim": [*rows, *others]}, str(beside))
    made = definitions_of(paper)
    for entry in read:
        if isinstance(entry, Claim) and entry.id in paper.equations:
            place = order.index(entry.id)
            entries.append(_placed(entry, paper.equations[entry.id], made, place, paper))
        else:
            entries.append(entry)
    entries += _problems(paper, entries)
    spoken = {entry.id for entry in entries}
    silent = [
        *(key for key, equation in paper.equations.items() if not equation.inline),
        *(f"{paper.where(p.at)}: {p.what}" for p in paper.files.problems),
    ]
    return Document(tuple(entries), tuple(key for key in silent if key not in spoken), paper)


def _named(row: Mapping[str, Any], named: Mapping[str, Any]) -> bool:
    return isinstance(row.get("id"), str) and row["id"] in named


def _row(label: str, said: Any, paper: Paper, path: Path, beside: Path) -> dict[str, Any]:
    """The keys of a claim on an equation of the paper."""
    equation = paper.equations.get(label)
    if equation is None:
        tagged = [key for key, one in paper.equations.items() if one.tag and label == one.tag]
        several = [key for key in paper.equations if key.startswith(f"{label}/")]
        if len(tagged) == 1:
            return _row(tagged[0], said, paper, path, beside)
        if several:
            raise ConfigError(
                f"{beside}: {path.name} has {len(several)} equations {label!r}; say which: "
                f"{', '.join(several)}"
            )
        close = nearest(label, paper.equations)
        shown = [key for key, one in paper.equations.items() if not one.inline][:12]
        hint = f"nearest: {', '.join(close)}" if close else f"it has {', '.join(shown)}"
        raise ConfigError(f"{beside}: {path.name} has no equation {label!r}; {hint}")
    place = paper.where(equation.at)
    if equation.problem:
        raise ConfigError(f"{path}: {place}: equation {label!r} is not read: {equation.problem}")
    keys = {"quantity": said} if isinstance(said, str) else dict(said)
    if keys.get("latex", equation.text) != equation.text:
        raise ConfigError(
            f"{beside}: {label!r} says {keys['latex']!r}, and {path.name} prints {equation.text!r} "
            f"on {place}; leave latex out, and the paper's counts"
        )
    where = label if place in label else f"{label}, {place}"
    return {"id": label, "where": where, **keys, "latex": equation.text}


def _placed(
    claim: Claim, equation: Printed, made: Definitions, order: int, paper: Paper
) -> Claim | Refused:
    """A claim with its line and the definitions that it uses; refused where it is not read."""
    file = str(paper.files.file(equation.at))
    claim = replace(claim, file=file, line=paper.files.line(equation.at))
    try:
        traced = made.of(claim.text, [*claim.symbols, *claim.definitions], order)
        claim = replace(claim, definitions={**traced, **claim.definitions})
        read(claim.text, [*claim.symbols, *claim.definitions])
        read_claim(claim)
    except NotationError as error:  # told as refused, with its line
        line = paper.files.line(equation.place(error.position))
        called = replace(claim, line=line).label
        what = str(error).removeprefix(f"{claim.label}: ")
        return Refused(f"{called}: {what}", claim.id, claim.where, file, line, claim.paper)
    except EdgesymError as error:  # told as refused, beside the others
        return Refused(str(error), claim.id, claim.where, file, claim.line, claim.paper)
    return claim


def _problems(paper: Paper, entries: list[Claim | Refused]) -> list[Refused]:
    """What of the source cannot be read, and was not told of an equation already."""
    told = [entry.error for entry in entries if isinstance(entry, Refused)]
    files = {id(problem) for problem in paper.files.problems}
    left = [
        problem
        for problem in paper.problems
        if id(problem) not in files and not any(problem.what in error for error in told)
    ]
    found = [
        Refused(
            f"{paper.files.main}: {paper.where(problem.at)}: {problem.what}",
            file=str(paper.files.file(problem.at)),
            line=paper.files.line(problem.at),
        )
        for problem in left[:_MOST]
    ]
    if len(left) > _MOST:
        found.append(Refused(f"{paper.files.main}: and {len(left) - _MOST} more such problems"))
    return found
