"""Architecture files: finding the one for a model type, and filling in what it extends."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from edgesym.architectures.built import plain, prefix_of
from edgesym.architectures.whole import refuse_gaps
from edgesym.data import heads, listed, shipped, stems
from edgesym.errors import ConfigError, UnknownNameError
from edgesym.fileschema import user_toml

__all__ = ["architectures", "find_recipe", "model_type_of", "type_of_class"]

_FOLDER = "architectures/data"


def architectures() -> dict[str, str]:
    """Model type -> name of the architecture file that reads it."""
    return listed(_FOLDER, "model_types")


@cache
def _plain_types() -> dict[str, str]:
    """Model types without their signs -> the type; that of a text part is also what it is part of.

    Classes are called so, with an ending: ``Qwen2MoeForCausalLM`` is of ``qwen2_moe``.
    """
    names = list(architectures())
    parts = {plain(name.removesuffix("_text")): name for name in names if name.endswith("_text")}
    return {plain(name): name for name in names} | parts


def model_type_of(keys: Mapping[str, Any]) -> Any:
    """What a config says it is: its ``model_type``, or else that of the class it names.

    A key that only the configs of one file have goes before both.

    >>> model_type_of({"architectures": ["Qwen2MoeForCausalLM"]})
    'qwen2_moe'
    >>> model_type_of({"model_type": "chatglm", "position_encoding_2d": True})
    'chatglm1'
    """
    named = keys.get("model_type")
    # keys that only the configs of one file have, with the model types that these name instead of
    # its own; a key with none is that of configs that name no type
    for key, stem in listed(_FOLDER, "marks").items():
        file = heads(_FOLDER)[stem]
        if keys.get(key) is not None and named in (file["marks"][key] or [None]):
            return file["model_types"][0]
    return type_of_class(keys)[0] if named is None else named


def type_of_class(keys: Mapping[str, Any]) -> tuple[str | None, str]:
    """The model type of the first class that a config names and that is known, and the class.

    >>> type_of_class({"architectures": ["SomeoneElses", "Phi3ForCausalLM"]})
    ('phi3', 'Phi3ForCausalLM')
    """
    names = keys.get("architectures")
    run = listed(_FOLDER, "classes")  # what runs a model whose config names no model type
    for name in names if isinstance(names, list) else ():
        if isinstance(name, str):
            known = heads(_FOLDER)[run[name]]["model_types"][0] if name in run else None
            if found := known or _plain_types().get(prefix_of(name)):
                return found, name
    return None, ""


def _file_of(model_type: str) -> str | None:
    """The architecture file of a model type; the one of its own name is looked at first."""
    if model_type in set(stems(_FOLDER)):
        named: list[str] = shipped(_FOLDER, model_type)["model_types"]
        if model_type in named:
            return model_type
    return architectures().get(model_type)


def find_recipe(model_type: Any, origin: str) -> tuple[str, dict[str, Any]]:
    """The architecture file for a model type, with what it extends filled in."""
    if isinstance(model_type, str) and model_type.endswith(".toml"):
        return Path(model_type).stem, _of_user(Path(model_type))
    if not isinstance(model_type, str):
        raise ConfigError(f"{origin}: model_type is {model_type!r}; name the architecture there")
    stem = _file_of(model_type)
    if stem is None:
        raise UnknownNameError(
            f"model_type in {origin}:",
            model_type,
            architectures(),
            "Write an architecture file and name it with --as FILE.toml, or read the config "
            "as a type of the same structure with --as TYPE",
        )
    return stem, _extended(shipped(_FOLDER, stem), stem)


def _of_user(path: Path) -> dict[str, Any]:
    from edgesym.architectures.schema import Architecture

    recipe = _extended(user_toml(path, Architecture), str(path))
    refuse_gaps(recipe, str(path))
    return recipe


def _extended(recipe: dict[str, Any], origin: str) -> dict[str, Any]:
    if "extends" in recipe:
        base = recipe.pop("extends")
        if base not in set(stems(_FOLDER)):
            raise UnknownNameError(f"architecture that {origin} extends:", base, stems(_FOLDER))
        recipe = _merged(_extended(shipped(_FOLDER, base), base), recipe)
    return recipe


def _merged(base: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """``base`` with ``changes``: tables named the same are merged two levels deep, slots three."""
    merged = dict(base)
    for name, table in changes.items():
        if name == "slots":
            slots = merged.get(name, {})
            merged[name] = slots | {slot: {**slots.get(slot, {}), **table[slot]} for slot in table}
        elif isinstance(table, dict) and isinstance(merged.get(name), dict):
            merged[name] = {**merged[name], **table}
        elif name in ("cosmetic", "elementwise"):
            merged[name] = [*merged.get(name, []), *table]
        else:
            merged[name] = table
    return merged
