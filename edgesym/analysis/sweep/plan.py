"""A sweep as a file: axes, what goes together, what is asked; read like a user's other files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgesym.data import load_toml, refuse_unknown
from edgesym.errors import ConfigError

__all__ = ["Plan", "axis_groups", "groups_of", "read_plan"]

_KEYS = ("over", "zip", "tie", "quantities", "where", "top", "by", "pareto")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked of a sweep: by a file, options of the command line, or arguments.

    Attributes:
        over: groups of axes; those of a group go together, the groups are multiplied.
        ties: symbols that follow the axes, by formula.
        quantities: what is computed.
        where: conditions that a point has to meet.
        top: how many of the best points by ``by`` are kept; 0 for a front, or for all.
        pareto: several objectives: the points that none is better than in all are kept.
    """

    over: tuple[Mapping[str, Any], ...] = ()
    ties: tuple[tuple[str, str], ...] = ()
    quantities: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    top: int = 0
    by: str = ""
    pareto: tuple[str, ...] = ()


def axis_groups(texts: tuple[str, ...]) -> tuple[Mapping[str, Any], ...]:
    """The groups that texts such as ``batch=1,2,4`` state, ``&`` between axes that go together.

    >>> axis_groups(("batch=1..8", "layers=16,32 & hidden=2048,4096"))
    ({'batch': '1..8'}, {'layers': '16,32', 'hidden': '2048,4096'})

    Raises:
        ConfigError: no name, or nothing behind it.
    """
    found: list[Mapping[str, Any]] = []
    for text in texts:
        group: dict[str, Any] = {}
        for part in text.split("&"):
            name, sign, given = part.partition("=")
            name = name.strip()
            if not sign or not name or not given.strip():
                raise ConfigError(
                    f"--over {text}: write AXIS=VALUES, such as batch=1,2,4 or device=A,B or "
                    "context=1k..128k:log:20; with & between axes that go together"
                )
            if name in group:
                raise ConfigError(f"--over {text}: {name} is there twice; leave one out")
            group[name] = given.strip()
        found.append(group)
    return tuple(found)


def groups_of(
    over: Mapping[Any, Any] | Iterable[Mapping[Any, Any]],
) -> tuple[Mapping[Any, Any], ...]:
    """The groups of axes of a mapping, each of whose axes is a group of its own; or as they are."""
    if isinstance(over, Mapping):
        return tuple({name: given} for name, given in over.items())
    return tuple(over)


def read_plan(path: Path) -> Plan:
    """The sweep of a TOML file.

    Raises:
        ConfigError: it cannot be read, or holds what is not understood.
    """
    table = load_toml(path)
    where = str(path)
    refuse_unknown(table, _KEYS, where)
    over = _table(table.get("over", {}), f"{where}: over")
    zipped = table.get("zip", [])
    if not isinstance(zipped, list):
        raise ConfigError(f"{where}: zip is a list of tables, one for the axes that go together")
    groups = [*groups_of(over)]
    groups += [dict(_table(group, f"{where}: zip")) for group in zipped]
    for group in groups:
        for name, given in group.items():
            _refuse_value(given, f"{where}: {name}")
    ties = _table(table.get("tie", {}), f"{where}: tie")
    top = table.get("top", 0)
    if not isinstance(top, int) or isinstance(top, bool) or top < 0:
        raise ConfigError(f"{where}: top = {top!r} must be a whole number of 1 or more")
    return Plan(
        tuple(groups),
        tuple((name, _text(form, f"{where}: tie.{name}")) for name, form in ties.items()),
        _texts(table.get("quantities", []), f"{where}: quantities"),
        _texts(table.get("where", []), f"{where}: where"),
        top,
        _text(table.get("by", ""), f"{where}: by"),
        _texts(table.get("pareto", []), f"{where}: pareto"),
    )


def _table(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ConfigError(f"{where} is a table, of an axis to its values")
    return value


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise ConfigError(f"{where} = {value!r} must be a text")
    return value


def _texts(value: Any, where: str) -> tuple[str, ...]:
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list | tuple):
        raise ConfigError(f"{where} = {value!r} must be a list of texts")
    return tuple(_text(item, where) for item in listed)


def _refuse_value(value: Any, where: str) -> None:
    items = value if isinstance(value, list | tuple) else [value]
    if any(not isinstance(item, str | int | float) or isinstance(item, bool) for item in items):
        raise ConfigError(f'{where} must be a range ("1k..128k:log:20") or a list of values')
