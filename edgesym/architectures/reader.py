"""From a config to a model, through the architecture files in ``data/``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import sympy

from edgesym.architectures.config import check_known, common, text_part
from edgesym.architectures.fields import check_lengths, evaluate, known_keys, read_fields
from edgesym.architectures.model import Layer, Model, Parallel, Plan, Residual, Step
from edgesym.architectures.pattern import Pattern, read_pattern
from edgesym.data import load_toml, shipped, stems
from edgesym.errors import ConfigError, UnknownNameError
from edgesym.layers import LAYERS
from edgesym.symbols import symbol

__all__ = ["architectures", "read_model"]


@cache
def architectures() -> dict[str, str]:
    """Model type -> name of the architecture file that reads it."""
    return {
        model_type: stem
        for stem in stems("architectures/data")
        for model_type in shipped("architectures/data", stem)["model_types"]
    }


def read_model(
    config: Mapping[str, Any],
    *,
    name: str,
    origin: str,
    sources: tuple[str, ...] = (),
    allow_unknown: Iterable[str] = (),
    architecture: str = "",
) -> Model:
    """The model that a config describes.

    Args:
        config: the keys of a config.json.
        origin: how errors call it, a path for instance.
        allow_unknown: keys to pass over although nobody knows what they mean.
        architecture: a model type to read it as, or the path of a user's architecture
            file; by default what the config's ``model_type`` says.

    Raises:
        ConfigError, UnknownNameError: the config cannot be used; the text says why.
    """
    keys = text_part(config, origin)
    label, recipe = _recipe(architecture or keys.get("model_type"), origin)
    options, extents = recipe.get("options", {}), recipe["symbols"]
    passed = [*allow_unknown, *recipe.get("cosmetic", [])]
    check_known(keys, [*known_keys(options), *known_keys(extents)], passed, origin)
    names = read_fields(options, keys, {}, origin, extents=False)
    names |= {"activation": _activation(names.get("activation", "silu"), origin)}
    words = read_fields(extents, keys, names, origin, extents=True)
    _check_heads(words, origin)
    check_lengths(options, names, words["layers"], origin)
    names |= words
    values = {symbol(w): n for w, n in words.items() if n is not None}
    pattern = read_pattern(recipe.get("slots", {}), names, origin)
    return Model(
        name=name,
        architecture=label,
        values={**values, **pattern.values()},
        plans=_plans(recipe, pattern, names, origin),
        repeats=pattern.repeats(),
        origin=origin,
        sources=(*sources, recipe["source"]),
        context_limit=_first(keys, common()["context"], int, origin),
        dtype=_dtype(_first(keys, common()["dtype"], str, origin), origin),
    )


def _recipe(model_type: Any, origin: str) -> tuple[str, dict[str, Any]]:
    """The architecture file for a model type, with what it extends filled in."""
    if isinstance(model_type, str) and model_type.endswith(".toml"):
        return Path(model_type).stem, _extended(load_toml(Path(model_type)), model_type)
    if not isinstance(model_type, str):
        raise ConfigError(f"{origin}: model_type is {model_type!r}; name the architecture there")
    if model_type not in architectures():
        raise UnknownNameError(
            f"model_type in {origin}:",
            model_type,
            architectures(),
            "Write an architecture file and name it with --as FILE.toml, or read the config "
            "as a type of the same structure with --as TYPE",
        )
    stem = architectures()[model_type]
    return stem, _extended(shipped("architectures/data", stem), stem)


def _extended(recipe: dict[str, Any], origin: str) -> dict[str, Any]:
    if "extends" in recipe:
        base = recipe.pop("extends")
        if base not in set(stems("architectures/data")):
            raise UnknownNameError(
                f"architecture that {origin} extends:", base, stems("architectures/data")
            )
        recipe = _merged(_extended(shipped("architectures/data", base), base), recipe)
    for table in ("symbols", "layers", "blocks", "source"):
        if table not in recipe:
            raise ConfigError(f"architecture file {origin}: {table!r} is missing")
    return recipe


def _merged(base: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """``base`` with ``changes``: tables named the same are merged two levels deep."""
    merged = dict(base)
    for name, table in changes.items():
        if isinstance(table, dict) and isinstance(merged.get(name), dict):
            merged[name] = {**merged[name], **table}
        elif name == "cosmetic":
            merged[name] = [*merged.get(name, []), *table]
        else:
            merged[name] = table
    return merged


def _plans(
    recipe: Mapping[str, Any], pattern: Pattern, names: Mapping[str, Any], origin: str
) -> tuple[Plan, ...]:
    """One plan per distinct block; the block ``decoder`` stands for every kind of layer."""
    plans = []
    for block, steps in recipe["blocks"].items():
        kinds = pattern.kinds if block == "decoder" else {block: {}}
        for kind, labels in kinds.items():
            tables = dict(recipe["layers"])
            for slot, label in labels.items():
                tables[slot] = recipe["slots"][slot]["kinds"][label]
            repeat = (
                pattern.repeats()[frozenset([kind])] if block == "decoder" else sympy.Integer(1)
            )
            plans.append(Plan(kind, repeat, _steps(steps, tables, names, origin)))
    return tuple(plans)


def _steps(
    items: Any, tables: Mapping[str, Any], names: Mapping[str, Any], origin: str
) -> tuple[Step, ...]:
    """The steps of a block; ``{ when, then, otherwise }`` stands for one list or the other."""
    steps: list[Step] = []
    for item in items if isinstance(items, list) else [items]:
        if isinstance(item, Mapping) and "when" in item:
            branch = "then" if evaluate(f"={item['when']}", names, origin) else "otherwise"
            steps += _steps(item.get(branch, []), tables, names, origin)
        else:
            steps.append(_step(item, tables, names, origin))
    return tuple(steps)


def _step(step: Any, tables: Mapping[str, Any], names: Mapping[str, Any], origin: str) -> Step:
    """A step of a block: the name of a layer, or steps in parallel or around a residual."""

    def steps(items: Any) -> tuple[Step, ...]:
        return _steps(items, tables, names, origin)

    if isinstance(step, Mapping):
        part = _first_layer(step).partition(".")[0]
        if "parallel" in step:
            return Parallel(part, tuple(steps(branch) for branch in step["parallel"]))
        return Residual(part, steps(step["residual"]))
    if step not in tables:
        raise UnknownNameError(f"layer in a block of {origin}:", str(step), tables)
    options = {key: evaluate(value, names, origin) for key, value in tables[step].items()}
    part, kind = options.pop("part", step), options.pop("layer")
    copies = options.pop("copies", None)
    if kind not in LAYERS:
        raise UnknownNameError(f"layer kind in {origin}:", str(kind), LAYERS)
    return Layer(part, kind, options, None if copies is None else symbol(copies))


def _first_layer(step: Any) -> str:
    """The first layer that a step names, however deep it lies."""
    while not isinstance(step, str):
        if isinstance(step, Mapping):
            step = next(items for key, items in step.items() if key != "when" and items)
        step = step if isinstance(step, str) else step[0]
    return step


def _check_heads(words: Mapping[str, Any], origin: str) -> None:
    heads, kv_heads = words.get("heads"), words.get("kv_heads")
    if heads and kv_heads and heads % kv_heads:
        raise ConfigError(
            f"{origin}: {heads} query heads cannot share {kv_heads} key/value heads evenly; "
            "num_attention_heads must be a multiple of num_key_value_heads"
        )


def _activation(name: Any, origin: str) -> str:
    rows: dict[str, str] = common()["activations"]
    if name not in rows:
        raise UnknownNameError(f"activation function in {origin}:", str(name), rows)
    return rows[name]


_KINDS = {int: "a whole number", str: "text"}


def _first(keys: Mapping[str, Any], aliases: Iterable[str], wanted: type, origin: str) -> Any:
    """The first of several keys that has a value."""
    for alias in aliases:
        value = keys.get(alias)
        if value is not None and (not isinstance(value, wanted) or isinstance(value, bool)):
            raise ConfigError(f"{origin}: {alias} = {value!r} must be {_KINDS[wanted]}")
        if value is not None:
            return value
    return None


def _dtype(name: str | None, origin: str) -> str:
    formats: dict[str, str] = common()["dtypes"]
    if name is None:
        return "bf16"
    if name not in formats:
        raise UnknownNameError(f"dtype in {origin}:", name, formats)
    return formats[name]
