"""Reading a quantization_config as a recipe of the weights, where its method is known."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from edgesym.architectures.default import Default
from edgesym.architectures.modules import Listed, listed_modules
from edgesym.data import shipped
from edgesym.errors import EdgesymError
from edgesym.formats import OWN, Format, Recipe, Rule, find_format, recipes

__all__ = ["Published", "published_format", "tables"]

#: Keys under which a config says how its weights are quantised; the last is MLX's.
_KEYS = ("quantization_config", "compression_config", "quantization")
_HOLE = re.compile(r"\{(\w+)\}")
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Published:
    """How the weights of a model are published.

    Attributes:
        recipe: which weight is in which format; None where they are not quantised, or it is not
            known how.
        note: what to tell the user: what is not known of it.
        defaults: what its method takes where the config does not say.
    """

    recipe: Recipe | None = None
    note: str = ""
    defaults: tuple[Default, ...] = ()


@cache
def tables() -> dict[str, Any]:
    """What ``shared/quantization.toml`` says of methods, files and modules."""
    return shipped("architectures/shared", "quantization")


def published_format(config: Mapping[str, Any]) -> Published:
    """The recipe that the weights are published in, and what to tell the user of it.

    >>> found = published_format({"quantization_config": {"quant_method": "mxfp4"}})
    >>> found.recipe.name, found.note
    ('mxfp4_experts', '')
    >>> published_format({"quantization_config": {"quant_method": "aqlm"}}).note
    "quantization_config: method 'aqlm' is not known; give the format with --weights"
    """
    said = next((config[key] for key in _KEYS if config.get(key)), None)
    if not isinstance(said, Mapping):
        return Published()
    found = _plain(said)
    method = _method(found)
    row = tables()["methods"].get(method)
    if row is None:
        return _unknown(f"method {method!r}")
    base = recipes()[row["recipe"]]
    if isinstance(mixed := found.get(row.get("layers", "")), Mapping) and mixed:
        return _mixed(mixed, method, row, base)
    chosen = _format(found, method, row)
    if isinstance(chosen, str):
        return _unknown(chosen) if chosen else Published()
    entries = [entry for key in row.get("kept", []) for entry in _entries(found.get(key))]
    kept = listed_modules((entry for entry in entries if isinstance(entry, str)), OWN)
    named = base.name if chosen == base.main else f"{base.name} {chosen.name}"
    recipe = replace(
        base,
        name=named,
        main=chosen,
        rules=(*kept.rules, *base.rules),
        towers=() if kept.towers else base.towers,
        aliases=(),
    )
    return Published(recipe, _strange(kept, chosen), tuple(_taken(found, method, row)))


def _plain(found: Mapping[str, Any]) -> dict[str, Any]:
    """The keys by one name each; ModelOpt's lie in an object of their own."""
    inner = found.get("quantization")
    keys = {**found, **inner} if isinstance(inner, Mapping) else found
    return {tables()["renamed"].get(key, key): value for key, value in keys.items()}


def _mixed(
    layers: Mapping[str, Any], method: str, row: Mapping[str, Any], base: Recipe
) -> Published:
    """The recipe of modules that are listed each with its own format; all others stay."""
    by_format: dict[str, list[str]] = {}
    for path, table in layers.items():
        chosen = _format(table if isinstance(table, Mapping) else {}, method, row)
        if isinstance(chosen, str):
            return _unknown(chosen or f"{path} of {method!r}")
        by_format.setdefault(chosen.name, []).append(path)
    listed = {name: listed_modules(paths, name) for name, paths in by_format.items()}
    strange = [path for each in listed.values() for path in each.strange]
    if strange:
        return _unknown(f"a mixture of formats ({_some(strange)})")
    most = max(by_format, key=lambda name: (len(by_format[name]), name))
    rules = tuple(rule for each in listed.values() for rule in each.rules)
    recipe = replace(
        base,
        name=f"{base.name} {'+'.join(by_format)}",
        main=find_format(most),
        rules=(*rules, Rule(OWN)),
        towers=(),
        aliases=(),
    )
    return Published(recipe)


def _taken(found: Mapping[str, Any], method: str, row: Mapping[str, Any]) -> Iterator[Default]:
    """What the tools of a method take for keys that are not given."""
    told = f"is not given: what tools of {method} take"
    for key in _HOLE.findall(row.get("format", "")):
        if key not in found:
            yield Default(key, _usual(key), f"{key} {told}")
    if row.get("key") and row["key"] not in found:
        yield Default(row["key"], None, f"{row['key']} {told}")


def _entries(given: Any) -> list[Any]:
    """The modules under a key: a list, or what is meant as one of them."""
    if isinstance(given, list):
        return given
    return [str(given)] if given else []


_MLX = "mlx"


def _method(found: Mapping[str, Any]) -> str:
    """The method's name; the tools that write none are known by their keys."""
    named = found.get("quant_method")
    if named is None and "quant_algo" in found:
        return "modelopt"
    if named is None and {"bits", "group_size"} <= found.keys():
        return _MLX
    return str(named)


def _format(found: Mapping[str, Any], method: str, row: Mapping[str, Any]) -> Format | str:
    """The format of what is quantised, or what is not known of it."""
    if "config_groups" in found or (row.get("groups") and "key" not in row):
        return _described(found, method) if row.get("groups") else f"config_groups of {method!r}"
    if method == _MLX and any(isinstance(entry, Mapping) for entry in found.values()):
        return "a mixture of formats (per layer)"
    if "key" in row:
        value = str(found.get(row["key"]))
        name = row["formats"].get(value)
        if name is None:
            return f"{row['key']} = {value} of {method!r}"
        doubled = name == "nf4" and found.get("bnb_4bit_use_double_quant")
        return _named("nf4_double" if doubled else name, found, method)
    bits = found.get("bits")
    if "bits" in row and bits not in row["bits"]:
        return f"bits = {bits} of {method!r}"
    return _named(row["format"], found, method)


def _usual(key: str) -> int:
    """What the tools take where a config does not say: 4 bits, groups of 128."""
    return {"group_size": 128}.get(key, 4)


def _named(pattern: str, found: Mapping[str, Any], method: str) -> Format | str:
    """The format of a name in which keys stand; nothing where it is empty."""
    name = _HOLE.sub(lambda hole: str(found.get(hole[1], _usual(hole[1]))), pattern)
    try:
        return find_format(name.replace("_g-1", "_channel")) if name else ""
    except EdgesymError:  # the note tells it
        return f"{name} of {method!r}"


def _described(found: Mapping[str, Any], method: str) -> Format | str:
    """The format that config_groups describe, if they describe one."""
    groups = found.get("config_groups")
    rows = groups.values() if isinstance(groups, Mapping) else []
    listed = [row.get("weights") for row in rows if isinstance(row, Mapping)]
    weights = [table for table in listed if isinstance(table, Mapping) and table]
    texts = {_describe(table) for table in weights}
    if len(texts) != 1:
        return f"a mixture of formats ({', '.join(sorted(texts)) or method})"
    text = texts.pop()
    return _named(tables()["groups"].get(text, text), found, method)


def _describe(weights: Mapping[str, Any]) -> str:
    """Type and bits of weights, and how their scales are shared: a key of the table of groups."""
    kind, size = f"{weights.get('type')}{weights.get('num_bits')}", weights.get("group_size")
    if kind.startswith("float4"):
        return f"{kind} {size}"
    if isinstance(size, int) and size > 0:
        return f"{kind}_g{size}{'' if weights.get('symmetric', True) else '_asym'}"
    strategy = str(weights.get("strategy") or "")
    return f"{kind} {strategy}".strip()


def _strange(kept: Listed, chosen: Format) -> str:
    if not kept.strange:
        return ""
    return (
        f"quantization_config keeps {_some(kept.strange)} wider, which nobody here knows: it is "
        f"counted as {chosen.name}, and the footprint is a lower bound"
    )


def _some(entries: Sequence[str]) -> str:
    return ", ".join(entries[:_SHOWN]) + (", ..." if len(entries) > _SHOWN else "")


def _unknown(what: str) -> Published:
    return Published(
        None, f"quantization_config: {what} is not known; give the format with --weights"
    )
