"""What a runtime has in common with another: its file says only what differs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from edgesym.errors import ConfigError

__all__ = ["with_base"]

#: Lists of rules, of which the first that takes an operation holds.
_RULES = ("fuse", "absorb", "efficiency")
#: Tables that are merged key by key.
_TABLES = ("launches", "arithmetic", "memory", "figures", "places")

#: Reads a runtime file that another names: its table, and what to call it in errors.
Load = Callable[[str, str], tuple[Mapping[str, Any], str]]


def with_base(
    own: Mapping[str, Any], origin: str, load: Load
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """A runtime file over the one that it names as its ``base``, and the names of all bases.

    A key of the file is in place of that of its base, save that a table is merged key by key,
    and rules come before those of the base; a rule of a kernel is in place of the base's of the
    same. The nearest base is named first.

    Raises:
        ConfigError, UnknownNameError: a base that is no runtime, or a circle of them.
    """
    chain, names, seen = [(own, origin)], [], [origin]
    while "base" in (table := chain[-1][0]):
        where = chain[-1][1]
        name = table["base"]
        found, called = load(name, where)
        if called in seen:
            circle = " -> ".join([*seen[seen.index(called) :], called])
            raise ConfigError(
                f"runtime {where}: base = {name!r} closes a circle, {circle}; leave one out"
            )
        seen.append(called)
        names.append(name)
        chain.append((found, called))
    merged: dict[str, Any] = {}
    for table, _ in reversed(chain):
        merged = _over(table, merged)
    return merged, tuple(names)


def _over(own: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
    """A file over what it has in common with another."""
    merged = {key: row for key, row in base.items() if key != "backends"} | dict(own)
    for key in _TABLES:
        if key in own and key in base:
            merged[key] = {**base[key], **own[key]}
    for key in _RULES:
        if key in own and key in base:
            rules = own[key]
            named = {row.get("kernel") for row in rules} - {None}
            merged[key] = [*rules, *(row for row in base[key] if row.get("kernel") not in named)]
    return merged
