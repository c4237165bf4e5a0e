"""Who leaves out the products with values that are pruned: data, and the default is nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from edgesym.data import shipped
from edgesym.domain import checked
from edgesym.graph.meaning import Group
from edgesym.pruning.sparsity import Sparsity

__all__ = ["Skip", "skip_of", "skips"]


@dataclass(frozen=True, slots=True)
class Skip:
    """Hardware with a kernel that computes the products with values kept, and no others.

    Attributes:
        summary: what it is called.
        pattern: the N:M that it takes.
        storage: how that must be stored.
        groups: the groups of weights whose products it computes.
        devices: the devices that have it.
        dtypes: what it computes in.
        runtimes: the runtimes that use it.
        source: where it is described.
    """

    summary: str
    pattern: tuple[int, int]
    storage: str
    groups: frozenset[Group]
    devices: tuple[str, ...]
    dtypes: tuple[str, ...]
    runtimes: tuple[str, ...]
    source: str


@cache
def skips() -> tuple[Skip, ...]:
    """Every row of ``skips.toml``."""
    return tuple(_skip(row) for row in shipped("pruning", "skips").values())


def _skip(row: Mapping[str, Any]) -> Skip:
    n, m = map(int, row["pattern"].split(":"))
    named = {key: tuple(row[key]) for key in ("devices", "dtypes", "runtimes")}
    groups = frozenset(map(Group, row["groups"]))
    return Skip(row["summary"], (n, m), row["storage"], groups, source=row["source"], **named)


@checked
def skip_of(sparsity: Sparsity | None, device: str, dtype: str, runtime: str) -> Skip | None:
    """What skips the products with pruned values on a device; None where all are computed."""
    if sparsity is None:
        return None
    return next(
        (
            row
            for row in skips()
            if (row.pattern, row.storage) == (sparsity.pattern, sparsity.storage.name)
            and device in row.devices
            and dtype in row.dtypes
            and runtime in row.runtimes
        ),
        None,
    )
