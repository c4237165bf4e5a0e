"""A sweep as a file: axes, what goes together, what is asked; read like a user's other files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgesym.errors import ConfigError
from edgesym.fileschema import user_toml

__all__ = ["Plan", "axis_groups", "groups_of", "read_plan"]


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
    from edgesym.analysis.sweep.schema import PlanFile

    table = user_toml(path, PlanFile)
    return Plan(
        (*groups_of(table.get("over", {})), *table.get("zip", ())),
        tuple(table.get("tie", {}).items()),
        _texts(table.get("quantities", [])),
        _texts(table.get("where", [])),
        table.get("top", 0),
        table.get("by", ""),
        _texts(table.get("pareto", [])),
    )


def _texts(given: str | list[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)
