"""The numbers of what a runtime sets aside and copies, for a model on a device or none."""

from __future__ import annotations

from functools import lru_cache

import sympy

from edgesym.architectures.model import Model
from edgesym.architectures.weights import facts_of
from edgesym.devices import Device
from edgesym.formats import Facts, Formats, Recipe, Weight, format_of
from edgesym.graph.meaning import Group
from edgesym.runtimes import Runtime
from edgesym.runtimes.memory import TABLE_COPIES

__all__ = ["allocated"]

_REMEMBERED = 256


def allocated(
    runtime: Runtime, model: Model, formats: Formats, device: Device | None
) -> dict[sympy.Symbol, int]:
    """The numbers of the symbols of a runtime's memory; none where nothing is known of it.

    A device with a link to its host has a memory of its own: what stays with the host is not
    in it.
    """
    memory = runtime.memory
    if memory is None:
        return {}
    if not memory.table:
        return memory.values()
    table, tied = _table(model, formats.weights)
    apart = device is not None and "link_bandwidth" in device.figures
    copies = memory.table_copies(table, tied=tied, apart=apart)
    return {**memory.values(), TABLE_COPIES: copies}


@lru_cache(maxsize=_REMEMBERED)
def _table(model: Model, recipe: Recipe) -> tuple[str, bool]:
    """The format of the table of tokens, and whether the head reads it."""
    facts = facts_of(model)
    table = next((weight for weight in facts.weights if weight.group is Group.EMBEDDING), None)
    return "" if table is None else _format(recipe, facts, table), facts.tied


def _format(recipe: Recipe, facts: Facts, table: Weight) -> str:
    return recipe.main.name if recipe.is_uniform else format_of(recipe, facts, table).name
