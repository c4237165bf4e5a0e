"""From a config to a model, through the architecture files in ``data/``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any

from edgesym.architectures.built import as_built, class_that_ignores, in_pytorch, refuse_drafts
from edgesym.architectures.config import common, is_nested, text_part
from edgesym.architectures.default import Default
from edgesym.architectures.extents import misfits
from edgesym.architectures.fields import check_lengths, known_keys, plain_names, read_fields
from edgesym.architectures.fingerprint import digest
from edgesym.architectures.keys import by_read_names, check_known
from edgesym.architectures.model import Model, Structure
from edgesym.architectures.multimodal import Joined, is_tower, read_towers, text_type, tower_alone
from edgesym.architectures.pattern import Pattern
from edgesym.architectures.quantization import Published, published_format
from edgesym.architectures.recipe import (
    architectures,
    find_recipe,
    model_type_of,
    type_of_class,
)
from edgesym.architectures.rotary import rope_factors
from edgesym.architectures.scope import left_out, other_parts
from edgesym.architectures.steps import read_ahead, read_patterns, read_plans
from edgesym.errors import ConfigError, UnknownNameError
from edgesym.frozen import FrozenMap
from edgesym.symbols import describe, symbol

__all__ = ["architectures", "published_facts", "read_model"]

_UNQUANTISED = Default(
    "quantization_config", None, "quantization_config is not given: weights are in the dtype"
)
#: Structures kept as one object each: more than there are in any comparison.
_REMEMBERED = 512


def read_model(
    config: Mapping[str, Any],
    *,
    name: str,
    origin: str,
    sources: tuple[str, ...] = (),
    allow_unknown: Iterable[str] = (),
    architecture: str = "",
    text_only: bool = False,
) -> Model:
    """The model that a config describes, with the towers that it has beside its text.

    Args:
        config: the keys of a config.json.
        origin: how errors call it, a path for instance.
        allow_unknown: keys to pass over although nobody knows what they mean.
        architecture: a model type to read it as, or the path of a user's architecture
            file; by default what the config's ``model_type`` says.
        text_only: leave the towers out.

    Raises:
        ConfigError, UnknownNameError: the config cannot be used; the text says why.
    """
    config = in_pytorch(config)
    keys = in_pytorch(text_part(config, origin))
    refuse_drafts(keys, origin)
    named = model_type_of(keys) or model_type_of(config)
    if not architecture and is_tower(named):
        return tower_alone(keys, name=name, origin=origin, sources=sources)
    named, by_class = _known(text_type(named, config) or named, keys)
    label, recipe = find_recipe(architecture or named, origin)
    where = f"{origin} as {architecture}" if architecture else origin
    recipe, instead = as_built(recipe, keys if is_nested(config) else config, origin)
    options, extents = recipe.get("options", {}), recipe["symbols"]
    passed = [*allow_unknown, *recipe.get("cosmetic", []), *recipe.get("elementwise", [])]
    passed += other_parts(keys)
    known = [*known_keys(options), *known_keys(extents)]
    keys = by_read_names(keys, known)
    unread = check_known(keys, known, passed, origin, class_that_ignores(recipe, config))
    nested = is_nested(config)
    taken: list[Default] = []
    reading = partial(read_fields, nested=nested, taken=taken)
    names = reading(options, keys, {}, origin, extents=False)
    names |= {"activation": _activation(names.get("activation", "silu"), origin)}
    words = reading(extents, keys, names, origin, extents=True)
    _check_heads(words, origin)
    names |= {**words, **plain_names(words)}
    values = {symbol(w): n for w, n in words.items() if n is not None}
    _check_extents(values, origin)
    patterns = read_patterns(recipe, names, where)
    if not patterns:
        raise ConfigError(
            f"{where}: it has no layers; give the symbols of [repeats], such as layers, a key or "
            "a default that is a number"
        )
    last = list(patterns.values())[-1]
    check_lengths(options, names, sum(last.counts.values()), origin)
    plans = read_plans(recipe, patterns, names, where)
    kinds = _kinds(recipe, patterns.values())
    _check_windows(kinds, words, where)
    _check_gates(kinds, words, where)
    repeats = _joined(pattern.repeats() for pattern in patterns.values())
    model = Model(
        name=name,
        architecture=label,
        values=values | _joined(pattern.values() for pattern in patterns.values()),
        structure=_shared(Structure(plans, repeats)),
        origin=origin,
        sources=(*sources, recipe["source"]),
        content=digest(config=config, architecture=recipe),
        order=tuple(run for pattern in patterns.values() for run in pattern.order),
        rope_factors=rope_factors(keys, words, origin, taken),
        scope=tuple(filter(None, ("" if architecture else by_class, instead, unread))),
        **published_facts(config, origin, taken),
        defaults=tuple(taken),
    )
    model = replace(model, ahead=_ahead(model, recipe, names, where))
    return _with_towers(model, config, text_only=text_only)


def _known(named: Any, keys: Mapping[str, Any]) -> tuple[Any, str]:
    """A model type, or where nobody knows it that of the class it names, and a note of that."""
    if not isinstance(named, str) or named in architectures():
        return named, ""
    found, name = type_of_class(keys)
    return (
        (found, f"model_type {named!r} is read as {name}, which it names") if found else (named, "")
    )


def _with_towers(model: Model, config: Mapping[str, Any], *, text_only: bool) -> Model:
    """A text part with the towers that its config describes, and a note of what is left out."""
    found = Joined() if text_only else read_towers(config, model.values, model.origin)
    missing = left_out(config, found.keys, found.why)
    scope = (*model.scope, *filter(None, (missing,)))
    if not found.towers:
        counted = "text alone" if missing else ""
        return replace(model, scope=() if text_only else scope, counted=counted)
    plans = (*found.plans, *model.structure.plans)
    told = (f"{tower.name} ({tower.parameters:,} parameters)" for tower in found.towers)
    return replace(
        model,
        values=model.values | found.values,
        defaults=(*model.defaults, *found.defaults),
        structure=_shared(Structure(plans, model.structure.repeats | found.repeats)),
        content=digest(content=model.content, towers=found.content),
        scope=scope,
        towers=found.towers,
        text=replace(model, scope=(*model.scope, left_out(config)), counted="text alone"),
        counted=f"text and {' and '.join(told)}",
    )


def published_facts(
    config: Mapping[str, Any], origin: str, taken: list[Default] | None = None
) -> dict[str, Any]:
    """What a config says of a model beside its structure: fields of :class:`Model`, by name.

    Args:
        config: the keys of a config.json.
        origin: how errors call it.
        taken: where the defaults go that are taken of keys which are not given.

    >>> published_facts({"dtype": "float16", "max_position_embeddings": 4096}, "here")["dtype"]
    'fp16'

    Raises:
        ConfigError, UnknownNameError: a value that cannot be used.
    """
    keys = text_part(config, origin)
    published = published_format({**config, **keys})
    dtype = _named_dtype(_first(keys, common()["dtype"], str, origin))
    unnamed = "" if dtype else "the config names no dtype; bf16 is taken"
    told = [] if taken is None else taken
    if not dtype:
        aliases = " or ".join(common()["dtype"])
        told.append(Default("dtype", "bf16", f"{aliases} is not given: assumed"))
    if published == Published():
        told.append(_UNQUANTISED)
    told += published.defaults
    return {
        "context_limit": _first(keys, common()["context"], int, origin),
        "quantized": published.recipe,
        "notes": tuple(filter(None, (published.note, unnamed))),
        "lower_bound": published.note if published.recipe else "",
        "dtype": _dtype(dtype, origin),
    }


def _ahead(
    model: Model, recipe: Mapping[str, Any], names: Mapping[str, Any], origin: str
) -> Model | None:
    """The block of a model that predicts further tokens, as a model; none where it has none."""
    found = read_ahead(recipe, names, origin)
    if found is None:
        return None
    plan, modules = found
    return replace(
        model,
        name=f"{model.name} ({plan.name})",
        values=model.values | {symbol("mtp_layers"): modules},
        structure=_shared(Structure((plan,), FrozenMap())),
        content=digest(content=model.content, block=plan.name),
        order=(),
    )


@lru_cache(maxsize=_REMEMBERED)
def _shared(structure: Structure) -> Structure:
    """The one object of equal structures, so that memos find it at once."""
    return structure


def _joined(tables: Iterable[Mapping[Any, Any]]) -> FrozenMap[Any, Any]:
    return FrozenMap(item for table in tables for item in table.items())


def _check_heads(words: Mapping[str, Any], origin: str) -> None:
    heads, kv_heads = words.get("heads"), words.get("kv_heads")
    if heads and kv_heads and heads % kv_heads:
        raise ConfigError(
            f"{origin}: {heads} query heads cannot share {kv_heads} key/value heads evenly; "
            "num_attention_heads must be a multiple of num_key_value_heads"
        )


def _kinds(
    recipe: Mapping[str, Any], patterns: Iterable[Pattern]
) -> list[tuple[str, Mapping[str, Any]]]:
    """The kinds of layers that a model has in the slots of its file, by their labels."""
    found = {(slot, kind[slot]) for p in patterns for kind in p.kinds.values() for slot in kind}
    return [(label, recipe["slots"][slot]["kinds"][label]) for slot, label in found]


def _check_windows(
    kinds: Iterable[tuple[str, Mapping[str, Any]]], words: Mapping[str, Any], origin: str
) -> None:
    """Layers with a window need one; their class refuses them without it too."""
    for label, layer in kinds:
        if layer.get("mask") == "sliding" and "window" in words and words["window"] is None:
            raise ConfigError(
                f"{origin}: layers are {label} and no window is given; set sliding_window "
                "(and use_sliding_window, where the file has it), or name them full_attention"
            )


def _check_gates(
    kinds: Iterable[tuple[str, Mapping[str, Any]]], words: Mapping[str, Any], origin: str
) -> None:
    """The gates of a linear recurrence are blocks of one size, a head each."""
    for _, layer in kinds:
        if layer.get("layer") != "gated_recurrence":
            continue
        width, heads = layer.get("inner", "ssm_inner"), layer.get("heads", "heads")
        if words.get(width) and words.get(heads) and words[width] % words[heads]:
            raise ConfigError(
                f"{origin}: {words[heads]} {heads} cannot share a recurrence {words[width]} wide "
                f"({width}) evenly; correct one of the two"
            )


def _check_extents(values: Mapping[Any, int], origin: str) -> None:
    """A token cannot use more experts than there are, whatever the keys are called."""
    for many, few, how in misfits(values, values):
        a, k = describe(many), describe(few)
        raise ConfigError(
            f"{origin}: {values[many]} {a.word} ({a.meaning}) are {how} "
            f"{values[few]} {k.word} ({k.meaning}); correct one of the two"
        )


def _activation(name: Any, origin: str) -> str:
    rows: dict[str, str] = common()["activations"]
    if not isinstance(name, str) or name not in rows:
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


def _named_dtype(given: str | None) -> str | None:
    """The dtype that a config names, ``torch.`` or not; ``auto`` names none."""
    return None if given is None or given == "auto" else given.removeprefix("torch.")


def _dtype(name: str | None, origin: str) -> str:
    formats: dict[str, str] = common()["dtypes"]
    if name is None:
        return "bf16"
    if name not in formats:
        raise UnknownNameError(f"dtype in {origin}:", name, formats)
    return formats[name]
