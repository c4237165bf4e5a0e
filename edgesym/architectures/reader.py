"""From a config to a model, through the architecture files in ``data/``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import sympy

from edgesym.architectures.config import check_known, common, is_nested, text_part
from edgesym.architectures.fields import (
    check_lengths,
    evaluate,
    known_keys,
    plain_names,
    read_fields,
)
from edgesym.architectures.model import (
    Aside,
    Layer,
    Model,
    Parallel,
    Plan,
    Residual,
    Skipped,
    Step,
)
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
    label, recipe = _recipe(architecture or _model_type(keys), origin)
    options, extents = recipe.get("options", {}), recipe["symbols"]
    passed = [*allow_unknown, *recipe.get("cosmetic", [])]
    check_known(keys, [*known_keys(options), *known_keys(extents)], passed, origin)
    nested = is_nested(config)
    names = read_fields(options, keys, {}, origin, extents=False, nested=nested)
    names |= {"activation": _activation(names.get("activation", "silu"), origin)}
    words = read_fields(extents, keys, names, origin, extents=True, nested=nested)
    _check_heads(words, origin)
    names |= {**words, **plain_names(words)}
    values = {symbol(w): n for w, n in words.items() if n is not None}
    patterns = _patterns(recipe, names, origin)
    last = list(patterns.values())[-1]
    check_lengths(options, names, sum(last.counts.values()), origin)
    return Model(
        name=name,
        architecture=label,
        values={**values, **_joined(pattern.values() for pattern in patterns.values())},
        plans=_plans(recipe, patterns, names, origin),
        repeats=_joined(pattern.repeats() for pattern in patterns.values()),
        origin=origin,
        sources=(*sources, recipe["source"]),
        context_limit=_first(keys, common()["context"], int, origin),
        dtype=_dtype(_first(keys, common()["dtype"], str, origin), origin),
    )


@cache
def _classes() -> dict[str, str]:
    """Class that runs a model -> a model type of its file, where configs name no model type."""
    files = {stem: shipped("architectures/data", stem) for stem in stems("architectures/data")}
    return {
        name: files[stem]["model_types"][0]
        for stem in files
        for name in files[stem].get("classes", [])
    }


def _model_type(keys: Mapping[str, Any]) -> Any:
    """What a config says it is: its ``model_type``, or else that of the class it names."""
    names = keys.get("architectures")
    if keys.get("model_type") is None and isinstance(names, list):
        known = [_classes()[name] for name in names if isinstance(name, str) and name in _classes()]
        return known[0] if known else None
    return keys.get("model_type")


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
    """``base`` with ``changes``: tables named the same are merged two levels deep, slots three."""
    merged = dict(base)
    for name, table in changes.items():
        if name == "slots":
            slots = merged.get(name, {})
            merged[name] = slots | {slot: {**slots.get(slot, {}), **table[slot]} for slot in table}
        elif isinstance(table, dict) and isinstance(merged.get(name), dict):
            merged[name] = {**merged[name], **table}
        elif name == "cosmetic":
            merged[name] = [*merged.get(name, []), *table]
        else:
            merged[name] = table
    return merged


def _patterns(
    recipe: Mapping[str, Any], names: Mapping[str, Any], origin: str
) -> dict[str, Pattern]:
    """The kinds of layers of each repeated block, in the order of ``[repeats]``.

    By default one block, ``decoder``, is repeated as often as ``layers`` says. Slots are
    places in the last of them. A block whose count is None is left out.
    """
    repeated: dict[str, str] = recipe.get("repeats", {"decoder": "layers"})
    *_, last = repeated
    slots = recipe.get("slots", {})
    return {
        block: read_pattern(slots if block == last else {}, names, origin, block, word)
        for block, word in repeated.items()
        if names[word] is not None
    }


def _joined(tables: Iterable[Mapping[Any, Any]]) -> dict[Any, Any]:
    return {key: value for table in tables for key, value in table.items()}


def _plans(
    recipe: Mapping[str, Any],
    patterns: Mapping[str, Pattern],
    names: Mapping[str, Any],
    origin: str,
) -> tuple[Plan, ...]:
    """One plan per distinct block; a repeated block stands for every kind of its layers."""
    plans = []
    for block, steps in recipe["blocks"].items():
        pattern = patterns.get(block)
        kinds = pattern.kinds if pattern else {block: {}}
        for kind, labels in kinds.items():
            tables = dict(recipe["layers"])
            for slot, label in labels.items():
                tables[slot] = recipe["slots"][slot]["kinds"][label]
            for layer, words in (pattern.options.get(kind, {}) if pattern else {}).items():
                tables[layer] = {**tables[layer], **words}
            repeat = pattern.repeats()[frozenset([kind])] if pattern else sympy.Integer(1)
            axes = recipe.get("entries", {}).get(block, ["hidden"])
            built = _steps(steps, tables, {**names, **labels}, origin)
            over = evaluate(recipe.get("over", {}).get(block, "new"), names, origin)
            if built:
                entering = tuple(symbol(axis) for axis in axes)
                plans.append(Plan(kind, repeat, built, entering, over))
    return tuple(plans)


def _steps(
    items: Any, tables: Mapping[str, Any], names: Mapping[str, Any], origin: str
) -> tuple[Step, ...]:
    """The steps of a block; ``{ when, then, otherwise }`` stands for one list or the other.

    A name stands for its layer, or for its ``steps`` where the kind of a slot has several or none.
    """
    steps: list[Step] = []
    for item in items if isinstance(items, list) else [items]:
        if isinstance(item, Mapping) and "when" in item:
            branch = "then" if evaluate(f"={item['when']}", names, origin) else "otherwise"
            steps += _steps(item.get(branch, []), tables, names, origin)
        elif isinstance(item, str) and "steps" in tables.get(item, {}):
            steps += _steps(tables[item]["steps"], tables, names, origin)
        else:
            steps.append(_step(item, tables, names, origin))
    return tuple(steps)


def _step(step: Any, tables: Mapping[str, Any], names: Mapping[str, Any], origin: str) -> Step:
    """A step of a block: the name of a layer, or steps in parallel, aside, skipped or residual."""

    def steps(items: Any) -> tuple[Step, ...]:
        return _steps(items, tables, names, origin)

    if isinstance(step, Mapping):
        part = step.get("part") or _first_layer(step).partition(".")[0]
        if "parallel" in step:
            return Parallel(part, tuple(steps(branch) for branch in step["parallel"]))
        if "aside" in step:
            return Aside(steps(step["aside"]))
        if "skipped" in step:
            return Skipped(part, steps(step["skipped"]))
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
