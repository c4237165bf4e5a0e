"""What the files of a setup leave out that a number rests on, and what is taken then."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cache
from typing import Any

import sympy

from edgesym.architectures.default import Default
from edgesym.data import shipped
from edgesym.graph.tensor import BYTES, Role
from edgesym.scenario.places import read_places
from edgesym.scenario.setup import Setup
from edgesym.symbols import describe

__all__ = ["HELD", "silent_keys", "silent_of"]

#: Quantities of what a runtime holds in memory.
HELD = frozenset(
    ("memory_footprint", "weight_memory_bytes", "kv_cache_memory_bytes", "compute_buffer_bytes")
)
#: Lists of rules that say nothing to a runtime which runs a block as one, or all as written.
_RULES = ("fuse", "absorb")


@cache
def silent_keys() -> dict[str, dict[str, dict[str, Any]]]:
    """Kind of file -> key -> what is taken where it is left out, and what it enters."""
    return shipped("scenario", "silent")


def silent_of(setup: Setup, asked: Collection[sympy.Symbol], *, is_held: bool) -> Iterator[Default]:
    """What the files of a setup leave out, of the numbers that are asked for.

    Args:
        asked: the symbols that these have.
        is_held: whether one is of what a runtime holds in memory.
    """
    run, runtime = setup.run, setup.runtime
    is_timed = any(describe(made).scope == "device" for made in asked)
    entered = {
        "kernels": is_timed or BYTES[Role.ACTIVATION] in asked,
        "time": is_timed,
        "memory": is_held,
        "places": bool(run.places),
        "bytes": True,
    }
    stated = runtime.stated
    if stated & {"whole", "as_written"}:
        stated |= {*_RULES}
    yield from _left_out("runtime", runtime.id, stated, entered)
    if run.places.endswith(".toml"):
        yield from _left_out("places", run.places, read_places(run.places).stated, entered)
    weights = setup.formats.weights
    if BYTES[Role.WEIGHT] in asked and not weights.is_uniform:
        yield from _left_out("recipe", weights.name, weights.stated, entered)
    # a shipped format is what its name says; one of a user's is what its file says
    own = {
        Role.WEIGHT: (run.weights, weights.main),
        Role.ACTIVATION: (run.activations, setup.formats.activations),
        Role.CACHE: (run.cache, setup.formats.cache),
    }
    for role, (given, taken) in own.items():
        if given.endswith(".toml") and BYTES[role] in asked and taken.stated:
            yield from _left_out("format", taken.name, taken.stated, entered)


def _left_out(
    kind: str, name: str, stated: Collection[str], entered: dict[str, bool]
) -> Iterator[Default]:
    for key, row in silent_keys()[kind].items():
        table, _, inner = key.partition(".")
        if not entered[row["enters"]] or (inner and table not in stated):
            continue
        if key not in stated:
            yield Default(f"{kind}.{key}", row["taken"], f"{name} does not say")
        elif row.get("always"):
            yield Default(f"{kind}.{key}", row["taken"], f"where {name} does not say")
