"""The towers of a multimodal config: stacks of blocks beside the text, and what joins them to it.

A file in ``towers/`` is a tower, as an architecture file is a model: its symbols are of a kind of
their own (``hidden.vision``), and ``[sizes]`` says in closed form what an image or a piece of
audio is to it. A file in ``joined/`` is a multimodal architecture: which towers it has, under
which keys of the config, and the projector that makes tokens of what leaves them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import sympy

from edgesym.architectures.built import plain, prefix_of
from edgesym.architectures.config import common, is_nested
from edgesym.architectures.default import Default
from edgesym.architectures.fields import known_keys, plain_names, read_fields
from edgesym.architectures.fingerprint import digest
from edgesym.architectures.keys import check_known
from edgesym.architectures.model import Model, Plan, Structure
from edgesym.architectures.pattern import Pattern
from edgesym.architectures.recipe import architectures
from edgesym.architectures.steps import read_patterns, read_plans
from edgesym.architectures.tower import Tower
from edgesym.data import listed, shipped
from edgesym.errors import ConfigError, EdgesymError, ExpressionError
from edgesym.expression import read
from edgesym.frozen import FrozenMap
from edgesym.graph.convention import convention
from edgesym.graph.tensor import Role
from edgesym.symbols import TABLE, describe, symbol
from edgesym.workload import phase

__all__ = ["Joined", "is_tower", "joined", "read_towers", "text_type", "tower_alone"]

#: The media that towers encode, and what such a tower is called.
NAMES = {"image": "vision tower", "audio": "audio tower"}
#: The files of towers, and of models that join them to a text part; the list of what they describe.
_TOWERS, _JOINED, _TYPES = "architectures/towers", "architectures/joined", "model_types"
#: What a multimodal architecture adds to the file of its tower.
_PARTS = ("layers", "blocks", "sizes", "over", "slots")
_HALF = sympy.Rational(1, 2)
#: What formulas of sizes may call.
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "ceil": sympy.ceiling,
    "floor": sympy.floor,
    "round": lambda x: sympy.floor(x + _HALF),
    "min": sympy.Min,
    "max": sympy.Max,
}


@dataclass(frozen=True, slots=True)
class Joined:
    """The towers of a config.

    Attributes:
        towers: those that are counted.
        plans: their blocks, in the order they run.
        repeats: how many layers a set of their blocks makes up.
        values: the integers of their symbols.
        keys: keys of the config whose towers these are.
        why: key of the config -> why its tower is not counted.
        content: what they follow from, for a fingerprint.
        defaults: what was taken where the config does not say.
    """

    towers: tuple[Tower, ...] = ()
    plans: tuple[Plan, ...] = ()
    repeats: Mapping[frozenset[str], sympy.Expr] = FrozenMap()
    values: Mapping[sympy.Symbol, int] = FrozenMap()
    keys: tuple[str, ...] = ()
    why: Mapping[str, str] = FrozenMap()
    content: tuple[Any, ...] = ()
    defaults: tuple[Default, ...] = ()


@cache
def _file(folder: str, stem: str) -> dict[str, Any]:
    """A file, with what it extends filled in, tables merged two levels deep."""
    own = shipped(f"architectures/{folder}", stem)
    if "extends" not in own:
        return own
    return merged(_file(folder, own.pop("extends")), own)


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """``base`` with ``changes``, tables of one name merged, lists of passed keys joined."""
    found = dict(base)
    for name, given in changes.items():
        known = found.get(name)
        if isinstance(given, dict) and isinstance(known, dict):
            found[name] = {**known, **given}
        elif name == "cosmetic" and known:
            found[name] = [*known, *given]
        else:
            found[name] = given
    return found


def joined(config: Mapping[str, Any]) -> dict[str, Any] | None:
    """The file of the multimodal architecture that a config is of; none where there is none."""
    named = config.get("architectures")
    classes = [name for name in named if isinstance(name, str)] if isinstance(named, list) else []
    marked = (stem for key, stem in listed(_JOINED, "marks").items() if key in config)
    stem = next(marked, None) or listed(_JOINED, _TYPES).get(str(config.get("model_type")))
    run = listed(_JOINED, "classes")
    stem = stem or next((run[name] for name in classes if name in run), None)
    return None if stem is None else _file("joined", stem)


def text_type(named: Any, config: Mapping[str, Any] | None = None) -> str:
    """The type of the text part of a multimodal model, where its config does not say it.

    Nothing where there is an architecture file of that name already, unless the whole's class
    says more than its type.

    >>> text_type("internvl"), text_type("llama"), text_type("qwen3_vl")
    ('qwen2', '', '')
    >>> text_type("llava", {"architectures": ["LlavaQwenForCausalLM"], "mm_vision_tower": "x"})
    'qwen2'
    """
    whole = joined(config) if config else None
    if whole is not None and not is_nested(config or {}):
        texts = {plain(kind): text for kind, text in whole.get("texts", {}).items()}
        classes = (config or {}).get("architectures") or ()
        told = (texts.get(prefix_of(name)) for name in classes if isinstance(name, str))
        if found := next(filter(None, told), None):
            return str(found)
    stem = listed(_JOINED, _TYPES).get(str(named))
    if str(named) in architectures():
        return ""
    if stem is None:
        return str(common()["texts"].get(str(named), ""))
    file = _file("joined", stem)
    return str(file.get("texts", {}).get(named) or file.get("text", ""))


def is_tower(named: Any) -> bool:
    """Whether a model type is that of a tower, and of no model with a text part.

    >>> is_tower("clip_vision_model"), is_tower("qwen3_vl")
    (True, False)
    """
    if not isinstance(named, str):
        return False
    of_text = named in listed(_JOINED, _TYPES) or named in architectures()
    return named in listed(_TOWERS, _TYPES) and not of_text


def tower_alone(
    config: Mapping[str, Any], *, name: str, origin: str, sources: tuple[str, ...]
) -> Model:
    """A tower that is a model of its own: its context is what it attends over.

    Raises:
        ConfigError: the config cannot be used.
    """
    medium = "audio" if "audio" in str(config["model_type"]) else "image"
    table = {"config": [""], "over": "context"}
    taken: list[Default] = []
    tower, plans, repeats, values, content = _tower(
        medium, table, config, config, {}, origin, taken
    )
    length = tower.sizes.get(symbol("patches" if medium == "image" else "frames"))
    fixed = (
        None
        if length is None
        else length.xreplace({s: sympy.Integer(n) for s, n in values.items()})
    )
    of = "patches of an image" if medium == "image" else "frames of audio"
    limit = int(fixed) if fixed is not None and fixed.is_Integer else None
    many = "" if limit is None else f", {limit}"
    said = config.get("dtype") or config.get("torch_dtype")
    dtype = str(said or "bf16").removeprefix("torch.")
    taken += (
        [] if said else [Default("dtype", "bf16", "dtype or torch_dtype is not given: assumed")]
    )
    named = next(iter(config.get("architectures") or ()), None)
    more = isinstance(named, str) and not named.endswith("Model")
    left = (f"what {named} has beside its tower is left out",) if more else ()
    return Model(
        name=name,
        architecture=str(config["model_type"]),
        values=FrozenMap(values),
        structure=Structure(plans, FrozenMap(repeats)),
        origin=origin,
        sources=(*sources, content[0]["source"]),
        content=digest(config=config, tower=content),
        context_limit=limit,
        scope=(f"{tower.name} alone: its context is the {of}{many}", *left),
        dtype=common()["dtypes"].get(dtype, "bf16"),
        counted=f"{tower.name} ({tower.parameters:,} parameters)",
        defaults=tuple(taken),
    )


def read_towers(config: Mapping[str, Any], text: Mapping[sympy.Symbol, int], origin: str) -> Joined:
    """The towers of a config, beside its text part.

    A tower that cannot be read is left out, and the answer says why: the text part is counted
    all the same.

    Args:
        config: the whole config.
        text: the integers of the text part.
        origin: how messages call the config.
    """
    for part in _wholes(config):
        whole = joined(part)
        if whole is not None:
            return _read(part, whole, text, origin)
    return Joined()


def _wholes(config: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The config, and those of its nested parts that hold towers of their own."""
    yield config
    for name in common()["nested"]:
        if isinstance(inner := config.get(name), Mapping):
            yield from _wholes(inner)


def _read(
    config: Mapping[str, Any],
    whole: Mapping[str, Any],
    text: Mapping[sympy.Symbol, int],
    origin: str,
) -> Joined:
    found, why, keys = [], {}, []
    taken: list[Default] = []
    for medium in NAMES:
        table = whole.get(medium)
        if table is None:
            continue
        key = next((k for k in table["config"] if isinstance(config.get(k), Mapping)), "")
        called = table.get("called", {})
        key = key or next((k for k in table["config"] if str(config.get(k)) in called), "")
        absent = "absent" in table and is_nested(config)
        if not key and not absent:
            continue
        own = config[key] if key else table["absent"]
        own = own if isinstance(own, Mapping) else called[own]
        key = key or table["config"][0]
        try:
            found.append(_tower(medium, table, config, own, text, f"{origin}: {key}", taken))
            keys += [key, *table.get("also", ())]
        except EdgesymError as error:  # the answer tells why a tower is not counted
            why[key] = str(error).removeprefix(f"{origin}: {key}: ")
    return Joined(
        towers=tuple(tower for tower, *_ in found),
        plans=tuple(plan for _, plans, *_ in found for plan in plans),
        repeats=FrozenMap(item for *_, repeats, _, _ in found for item in repeats.items()),
        values=FrozenMap(item for *_, values, _ in found for item in values.items()),
        keys=tuple(keys),
        why=FrozenMap(why),
        content=tuple(content for *_, content in found),
        defaults=tuple(taken),
    )


_Found = tuple[
    Tower,
    tuple[Plan, ...],
    Mapping[frozenset[str], sympy.Expr],
    Mapping[sympy.Symbol, int],
    Any,
]


def _tower(
    medium: str,
    table: Mapping[str, Any],
    config: Mapping[str, Any],
    own: Mapping[str, Any],
    text: Mapping[sympy.Symbol, int],
    origin: str,
    taken: list[Default],
) -> _Found:
    """A tower, whose keys are ``own``, and its projector, whose keys are those of the config."""
    named = str(own.get("model_type") or table.get("tower") or config.get("model_type"))
    stem = listed(_TOWERS, _TYPES).get(named) or listed(_TOWERS, _TYPES).get(
        str(config.get("model_type"))
    )
    if stem is None:
        raise ConfigError(f"{origin}: there is no file of a tower of type {named!r}")
    recipe = _file("towers", stem)
    own = {key: _side(value) if key.endswith("_size") else value for key, value in own.items()}
    passed = [*recipe.get("cosmetic", ()), *table.get("cosmetic", ())]
    fields = (recipe.get("options", {}), recipe["symbols"])
    check_known(own, [key for read in fields for key in known_keys(read)], passed, origin)
    names: dict[str, Any] = {f"text_{describe(made).word}": value for made, value in text.items()}
    names |= {**plain_names(names), "tower": stem}
    names |= _fields(recipe, own, names, origin, taken)
    names |= _fields(table, config, names, origin, taken)
    words = {
        word: names[word]
        for made in (recipe, table)
        for word in made.get("symbols", {})
        if names[word] is not None
    }
    whole = merged(recipe, {k: table[k] for k in _PARTS if k in table})
    patterns = read_patterns(whole, names, origin)
    over = dict.fromkeys(whole["blocks"], whole.get("over", medium))
    plans = read_plans({**whole, "over": over}, patterns, names, origin)
    called = {
        kind: f"{block}_{kind}"
        for block, p in patterns.items()
        for kind in p.kinds
        if kind != block
    }
    plans = tuple(replace(plan, name=called.get(plan.name, plan.name)) for plan in plans)
    values = {symbol(word): value for word, value in words.items()}
    values |= {s: n for pattern in patterns.values() for s, n in pattern.values().items()}
    sizes = _sizes(whole["sizes"], names, values, origin)
    tower = Tower(
        medium,
        NAMES[medium],
        tuple(plan.name for plan in plans),
        sizes,
        _parameters(plans, {**text, **values}),
    )
    return tower, plans, _repeats(patterns, called), values, (recipe, dict(table))


def _side(value: Any) -> Any:
    """The side of what is square: of ``[448, 448]`` one of them."""
    square = isinstance(value, list) and len(value) == 2 and value[0] == value[1]
    return value[0] if square else value


def _fields(
    table: Mapping[str, Any],
    keys: Mapping[str, Any],
    names: Mapping[str, Any],
    origin: str,
    taken: list[Default],
) -> dict[str, Any]:
    """The options and the symbols of a file, with activations by the names of their costs."""
    found = read_fields(table.get("options", {}), keys, names, origin, extents=False, taken=taken)
    for word, value in found.items():
        if word.endswith("activation"):
            rows = common()["activations"]
            if value not in rows:
                raise ConfigError(f"{origin}: {value!r} is no activation function that is known")
            found[word] = rows[value]
    seen = {**names, **found}
    found |= read_fields(table.get("symbols", {}), keys, seen, origin, extents=True, taken=taken)
    return {**found, **plain_names(found)}


def _repeats(
    patterns: Mapping[str, Pattern], called: Mapping[str, str]
) -> dict[frozenset[str], sympy.Expr]:
    """The symbols that count sets of kinds of layers, whose blocks are called after their tower."""
    return {
        frozenset(called.get(kind, kind) for kind in kinds): made
        for pattern in patterns.values()
        for kinds, made in pattern.repeats().items()
    }


def _sizes(
    formulas: Mapping[str, Any],
    names: Mapping[str, Any],
    values: Mapping[sympy.Symbol, int],
    origin: str,
) -> FrozenMap[sympy.Symbol, sympy.Expr]:
    """What an image or a piece of audio is to the tower, each put into those that follow."""
    words = {word: symbol(word) for word in TABLE if TABLE[word].scope == "workload"}
    of_model = {
        name: made
        for name in names
        for made in [_symbol_of(name)]
        if made is not None and made in values
    }
    closed: dict[sympy.Symbol, sympy.Expr] = {}
    for word, formula in formulas.items():
        scope = {**names, **words, **of_model}
        try:
            form = sympy.Integer(0) + read(str(formula), scope, _FUNCTIONS)
        except ExpressionError as error:
            raise ConfigError(f"{origin}: {error}") from error
        closed[symbol(word)] = form.xreplace(closed)
    closed = {made: form for made, form in closed.items() if form != made}
    return FrozenMap(closed)


def _symbol_of(name: str) -> sympy.Symbol | None:
    """The symbol of a word of a tower, with its kind behind a dot."""
    word, _, kind = name.partition(".")
    if word not in TABLE:
        word, _, kind = name.rpartition("_")
    return symbol(word, kind) if word in TABLE else None


def _parameters(plans: tuple[Plan, ...], values: Mapping[sympy.Symbol, int]) -> int:
    """How many weights the blocks of a tower have."""
    seen: dict[tuple[str, str], sympy.Expr] = {}
    for plan in plans:
        for operation in plan.build(phase("decode"), convention()).operations:
            for tensor in operation.inputs:
                if tensor.role is Role.WEIGHT:
                    seen[plan.name, tensor.name] = plan.repeat * tensor.elements
    integers = {made: sympy.Integer(n) for made, n in values.items()}
    return int(sympy.Add(*seen.values()).xreplace(integers))
