"""Modules that a quantization_config lists, by their paths, as rules of a recipe.

A path says which matrices it means by its last part (``q_proj``), of which layers by the number in
it, and whether experts are meant by a part before. What names the parts have is data, in
``shared/quantization.toml``; what stands there for nothing (norms, other parts of a model) is not
quantised anyway.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from edgesym.data import shipped
from edgesym.formats import Rule
from edgesym.graph.meaning import Group, Purpose

__all__ = ["Listed", "listed_modules"]

_LAYER = re.compile(r"(?:^|\.)(?:layers|layer|h|blocks)\.(\d+)(?:\.|$)")
#: A path that is a whole layer, and whether its number is the beginning of one.
_WHOLE = re.compile(
    r"(?:(?:language_model|model|backbone|transformer|decoder)\.)*layers\.(\d+)(\*?)(?:\.\*?)?"
)
#: An expert or a router that lies in a layer itself, and not in its feed-forward layer.
_BESIDE = re.compile(r"\.\d+\.(?:router|experts)\b")
#: What patterns of paths write beside names.
_SIGNS = re.compile(r"^re:|[\^$*\\]")
_ALL_LAYERS = ""


@cache
def _table() -> dict[str, Any]:
    paths: dict[str, Any] = shipped("architectures/shared", "quantization")["paths"]
    return paths


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list of modules means.

    Attributes:
        rules: those that put them in a format.
        strange: entries that nobody knows.
        towers: whether modules of towers are among them.
    """

    rules: tuple[Rule, ...]
    strange: tuple[str, ...] = ()
    towers: bool = False


def listed_modules(entries: Iterable[str], layout: str) -> Listed:
    """Rules that put modules in a format, and the entries that nobody knows.

    >>> found = listed_modules(["model.layers.3.mlp.down_proj", "frobnicator"], "dtype")
    >>> [(*rule.purposes, rule.when) for rule in found.rules], found.strange
    ([(<Purpose.DOWN: 'down'>, "layer in numbers('3')")], ('frobnicator',))
    """
    paths = {entry: _parts(entry) for entry in entries}
    beside = any(_BESIDE.search(entry) for entry in paths)
    layers: dict[tuple[frozenset[Group], frozenset[Purpose]], list[str]] = {}
    strange = []
    for entry, parts in paths.items():
        whole = _WHOLE.fullmatch(entry)
        row = {"groups": _table()["whole_layer"]} if whole else _row(parts, beside)
        if row is None:
            strange.append(entry)
            continue
        groups = frozenset(Group(name) for name in row.get("groups", ()))
        purposes = frozenset(Purpose(name) for name in row.get("purposes", ()))
        if groups or purposes:
            numbers = _numbers(*whole.groups()) if whole else [_number(entry)]
            layers.setdefault((groups, purposes), []).extend(numbers)
    rules = tuple(_rule(layout, *meant, numbers) for meant, numbers in layers.items())
    towers = any(_has(_table()["towers"], *parts) for parts in paths.values())
    return Listed(rules, tuple(strange), towers)


def _parts(entry: str) -> list[str]:
    """The names in a path, without numbers and the signs of patterns.

    >>> _parts("re:.*layers.3.self_attn.*"), _parts("model.visual*")
    (['layers', 'self_attn'], ['model', 'visual'])
    """
    return [part for part in _SIGNS.sub("", entry).split(".") if part and not part.isdigit()]


def _has(words: Iterable[str], *parts: str) -> bool:
    return any(word in part for part in parts for word in words)


def _number(entry: str) -> str:
    numbered = _LAYER.search(entry)
    return numbered[1] if numbered else _ALL_LAYERS


def _rule(
    layout: str, groups: frozenset[Group], purposes: frozenset[Purpose], numbers: list[str]
) -> Rule:
    listed = ",".join(dict.fromkeys(numbers))
    when = "" if _ALL_LAYERS in numbers else f"layer in numbers('{listed}')"
    return Rule(layout, groups, purposes, when)


def _row(parts: list[str], beside: bool) -> Mapping[str, Any] | None:
    """What a path means: groups and purposes, nothing of the text, or None where it is not known.

    Args:
        parts: the names in it.
        beside: whether experts lie beside the feed-forward layer, so that it holds none.
    """
    table = _table()
    if not parts:
        return None
    if _has([*table["towers"], *table["elsewhere"]], *parts) or _has(
        table["unquantised"], parts[-1]
    ):
        return {}
    rows: list[dict[str, Any]] = table["modules"]
    row = next((row for row in rows if parts[-1] in row["last"]), None)
    if row is None:
        return None
    within = next((table["within"][p] for p in parts[:-1] if p in table["within"]), None)
    if within:
        return {**row, "groups": [within]}
    if beside and row.get("holds_experts"):
        return {**row, "groups": table["without_experts"]}
    return row


def _numbers(number: str, any_after: str) -> Iterator[str]:
    """The layers of a path that ends with a number: ``1*`` is 1, 10 to 19 and 100 to 199 too.

    >>> list(_numbers("3", "")), len(list(_numbers("1", "*"))), list(_numbers("0", "*"))
    (['3'], 111, ['0'])
    """
    yield number
    if any_after and number != "0":
        yield from (f"{number}{digit}" for digit in range(10))
        yield from (f"{number}{digits:02}" for digits in range(100))
