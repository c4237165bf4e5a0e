"""What an architecture file names must be there: blocks, symbols, layers of slots."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from edgesym.errors import ConfigError, UnknownNameError

__all__ = ["refuse_gaps"]


def refuse_gaps(recipe: Mapping[str, Any], origin: str) -> None:
    """Refuse an architecture file that names what it does not have, with what it extends.

    Raises:
        ConfigError, UnknownNameError: naming the table and the key.
    """
    where = f"architecture file {origin}"
    for key in ("symbols", "layers", "blocks", "source"):
        if not recipe.get(key):
            raise ConfigError(f"{where}: {key!r} is missing; add it, or extend a file that has it")
    blocks, symbols, slots = recipe["blocks"], recipe["symbols"], recipe.get("slots", {})
    repeats = recipe.get("repeats", {"decoder": "layers"})
    _refuse_missing(repeats, blocks, f"block in [repeats] of {where}:")
    _refuse_missing(repeats.values(), symbols, f"symbol in [repeats] of {where}:")
    for table in ("entries", "over"):
        _refuse_missing(recipe.get(table, {}), blocks, f"block in [{table}] of {where}:")
    for name, slot in slots.items():
        if not slot.get("each") or not slot.get("kinds"):
            raise ConfigError(f"{where}: [slots.{name}] needs each, a formula, and kinds")
        layers = {*recipe["layers"], *slots}
        _refuse_missing(slot.get("extents", {}), layers, f"layer in extents of {name} of {where}:")
    for name, layer in recipe["layers"].items():
        if not {"layer", "steps"} & layer.keys():
            raise ConfigError(f'{where}: [layers] {name} has no layer; name one, layer = "norm"')
    if "mtp" in recipe:
        _refuse_missing(("head",), blocks, f"block that [mtp] of {where} needs:")
        _refuse_missing(("head",), recipe["layers"], f"layer that [mtp] of {where} needs:")


def _refuse_missing(names: Iterable[str], known: Iterable[str], kind: str) -> None:
    for name in names:
        if name not in known:
            raise UnknownNameError(kind, name, known)
