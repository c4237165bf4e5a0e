"""Reading a quantization_config as a recipe of the weights, where its method is known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from edgesym.architectures.default import Default
from edgesym.data import shipped
from edgesym.errors import EdgesymError
from edgesym.formats import OWN, Format, Recipe, Rule, find_format, recipes
from edgesym.graph.meaning import Group, Purpose

__all__ = ["Published", "published_format"]

#: Keys under which a config says how its weights are quantised; the last is MLX's.
_KEYS = ("quantization_config", "compression_config", "quantization")
_LAYER = re.compile(r"(?:^|\.)layers\.(\d+)\.")
#: A path that is a whole layer, and whether its number is the beginning of one.
_WHOLE = re.compile(
    r"(?:(?:language_model|model|backbone|transformer|decoder)\.)*layers\.(\d+)(\*?)(?:\.\*?)?"
)
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
def _tables() -> dict[str, Any]:
    return shipped("architectures/shared", "quantization")


def published_format(config: Mapping[str, Any]) -> Published:
    """The recipe that the weights are published in, and what to tell the user of it.

    >>> found = published_format({"quantization_config": {"quant_method": "mxfp4"}})
    >>> found.recipe.name, found.note
    ('mxfp4_experts', '')
    >>> published_format({"quantization_config": {"quant_method": "aqlm"}}).note
    "quantization_config: method 'aqlm' is not known; give the format with --weights"
    """
    found = next((config[key] for key in _KEYS if config.get(key)), None)
    if not isinstance(found, Mapping):
        return Published()
    method = _method(found)
    row = _tables()["methods"].get(method)
    if row is None:
        return _unknown(f"method {method!r}")
    chosen = _format(found, method, row)
    if isinstance(chosen, str):
        return _unknown(chosen)
    listed = [entry for key in row.get("kept", []) for entry in _entries(found.get(key))]
    rules, strange = _kept([entry for entry in listed if isinstance(entry, str)])
    base = recipes()[row["recipe"]]
    named = base.name if chosen == base.main else f"{base.name} {chosen.name}"
    recipe = replace(base, name=named, main=chosen, rules=(*rules, *base.rules), aliases=())
    return Published(recipe, _strange(strange, chosen), tuple(_taken(found, method, row)))


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
    if "config_groups" in found or (row.get("groups") and found.get(row.get("key", "")) is None):
        return _described(found, method)
    if method == _MLX and any(isinstance(entry, Mapping) for entry in found.values()):
        return "a mixture of formats (per layer)"
    if "key" in row:
        value = str(found.get(row["key"]))
        name = row["formats"].get(value)
        if name is None:
            return f"{row['key']} = {value} of {method!r}"
        doubled = name == "nf4" and found.get("bnb_4bit_use_double_quant")
        return find_format("nf4_double" if doubled else name)
    bits = found.get("bits")
    if "bits" in row and bits not in row["bits"]:
        return f"bits = {bits} of {method!r}"
    named = _HOLE.sub(lambda hole: str(found.get(hole[1], _usual(hole[1]))), row["format"])
    return _named(named.replace("_g-1", "_channel"), method)


def _usual(key: str) -> int:
    """What the tools take where a config does not say: 4 bits, groups of 128."""
    return {"group_size": 128}.get(key, 4)


def _named(name: str, method: str) -> Format | str:
    try:
        return find_format(name)
    except EdgesymError:  # the note tells it
        return f"{name} of {method!r}"


def _described(found: Mapping[str, Any], method: str) -> Format | str:
    """The format that config_groups describe, if they describe one."""
    groups = found.get("config_groups")
    tables = groups.values() if isinstance(groups, Mapping) else []
    listed = [t.get("weights") for t in tables if isinstance(t, Mapping)]
    weights = [table for table in listed if isinstance(table, Mapping) and table]
    texts = {_describe(table) for table in weights}
    if len(texts) != 1:
        return f"a mixture of formats ({', '.join(sorted(texts)) or method})"
    text = texts.pop()
    return _named(_tables()["groups"].get(text, text), method)


def _describe(weights: Mapping[str, Any]) -> str:
    """Type and bits of weights, and how their scales are shared: a key of the table of groups."""
    kind, size = f"{weights.get('type')}{weights.get('num_bits')}", weights.get("group_size")
    if kind.startswith("float4"):
        return f"{kind} {size}"
    if isinstance(size, int) and size > 0:
        return f"{kind}_g{size}{'' if weights.get('symmetric', True) else '_asym'}"
    strategy = str(weights.get("strategy") or "")
    return f"{kind} {strategy}".strip()


def _kept(entries: Iterable[str]) -> tuple[tuple[Rule, ...], list[str]]:
    """Rules for modules that stay in the model's dtype, and the entries that nobody knows."""
    layers: dict[int, list[str]] = {}
    strange = []
    rows = _tables()["modules"]
    for entry in entries:
        whole = _WHOLE.fullmatch(entry)
        fits = (
            n
            for n, row in enumerate(rows)
            if (whole is not None if row.get("layer") else row["word"] in entry)
        )
        place = next(fits, None)
        if place is None:
            strange.append(entry)
        elif whole:
            layers.setdefault(place, []).extend(_numbers(*whole.groups()))
        else:
            numbered = _LAYER.search(entry)
            layers.setdefault(place, []).append(numbered[1] if numbered else "")
    rules = []
    for place, numbers in layers.items():
        groups = frozenset(Group(name) for name in rows[place].get("groups", []))
        purposes = frozenset(Purpose(name) for name in rows[place].get("purposes", []))
        if groups or purposes:
            listed = ",".join(dict.fromkeys(numbers))
            when = "" if "" in numbers else f"layer in numbers('{listed}')"
            rules.append(Rule(OWN, groups, purposes, when))
    return tuple(rules), strange


def _numbers(number: str, any_after: str) -> Iterator[str]:
    """The layers of a path that ends with a number: ``1*`` is 1, 10 to 19 and 100 to 199 too.

    >>> list(_numbers("3", "")), len(list(_numbers("1", "*"))), list(_numbers("0", "*"))
    (['3'], 111, ['0'])
    """
    yield number
    if any_after and number != "0":
        yield from (f"{number}{digit}" for digit in range(10))
        yield from (f"{number}{digits:02}" for digits in range(100))


def _strange(entries: list[str], chosen: Format) -> str:
    if not entries:
        return ""
    shown = ", ".join(entries[:_SHOWN]) + (", ..." if len(entries) > _SHOWN else "")
    return (
        f"quantization_config keeps {shown} wider, which nobody here knows: it is counted as "
        f"{chosen.name}, and the footprint is a lower bound"
    )


def _unknown(what: str) -> Published:
    return Published(
        None, f"quantization_config: {what} is not known; give the format with --weights"
    )
