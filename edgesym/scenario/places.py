"""A recipe of places, as a user writes it: ``gpu=40``, ``experts=all``, ``storage=8``, or a file.

Each item names what leaves the device and how many layers of it; items are joined by commas.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from edgesym.data import stated
from edgesym.errors import ConfigError, UnknownNameError
from edgesym.fileschema import user_toml
from edgesym.frozen import FrozenMap
from edgesym.graph.meaning import Group, named
from edgesym.runtimes.placement import Place
from edgesym.scenario.items import ALL, GPU

__all__ = ["KINDS", "NOWHERE", "Kind", "Places", "Rule", "read_places"]


@dataclass(frozen=True, slots=True)
class Kind:
    """What can leave the device by an item of its own.

    Attributes:
        place: where it goes.
        groups: the weights that do; whole layers where empty.
        meaning: in words.
    """

    place: Place
    groups: frozenset[Group] = frozenset()
    meaning: str = ""


#: By the kind of ``offloaded_layers`` that counts them: the empty one, whole layers on the host.
KINDS: dict[str, Kind] = {
    "": Kind(Place.HOST, meaning="on the host"),
    "experts": Kind(
        Place.HOST, frozenset((Group.EXPERT,)), "with routed experts alone on the host"
    ),
    "streamed": Kind(Place.STREAMED, meaning="copied from the host's memory in every step"),
    "storage": Kind(Place.STORAGE, meaning="read from storage in every step"),
}
_ITEMS = {"host": "", **{name: name for name in KINDS if name}}
_NUMBER = re.compile(r"\d{1,9}")
_REMEDY = (
    f"write {GPU}=N, the layers that stay, or how many leave it: "
    f"{', '.join(f'{item}=N' for item in _ITEMS)}, each N a number or {ALL}; or a file (.toml)"
)
_MOST_LAYERS = 100_000


@dataclass(frozen=True, slots=True)
class Rule:
    """Weights of these groups, of layers that a file lists, lie in a place.

    Attributes:
        layers: the index of each; all where empty.
        groups: all that a layer holds where empty.
    """

    place: Place
    layers: frozenset[int] = frozenset()
    groups: frozenset[Group] = frozenset()


_NONE: FrozenMap[str, int | None] = FrozenMap()


@dataclass(frozen=True, slots=True)
class Places:
    """What leaves the device.

    Attributes:
        counts: kind -> how many layers, none for all of them.
        gpu: layers that stay on the device, as a runtime counts them; ``None`` where not said.
        rules: what a file says layer by layer.
        head: whether the head runs on the host.
        stated: the keys that a file states; what the others are is taken.
    """

    counts: FrozenMap[str, int | None] = _NONE
    gpu: int | str | None = None
    rules: tuple[Rule, ...] = ()
    head: bool = False
    stated: frozenset[str] = field(default=frozenset(), compare=False)


#: All of a model on the device.
NOWHERE = Places()


def read_places(text: str) -> Places:
    """The recipe of places that a text states.

    >>> read_places("gpu=40").gpu, dict(read_places("experts=all, storage=4").counts)
    (40, {'experts': None, 'storage': 4})

    Raises:
        ConfigError: no number of layers, or one thing said in two ways.
        UnknownNameError: no such place.
    """
    if text.strip().endswith(".toml"):
        return _file(Path(text.strip()))
    return _listed(text)


@lru_cache(maxsize=256)
def _listed(text: str) -> Places:
    """What items beside commas say.

    Raises:
        ConfigError, UnknownNameError: as of :func:`read_places`.
    """
    counts: dict[str, int | None] = {}
    gpu: int | str | None = None
    for item in filter(None, map(str.strip, text.split(","))):
        name, sign, number = (part.strip() for part in item.partition("="))
        if name not in (GPU, *_ITEMS):
            raise UnknownNameError("place", name, [GPU, *_ITEMS], f"places: {_REMEDY}")
        if not sign or not (number == ALL or _NUMBER.fullmatch(number)):
            raise ConfigError(f"places {item}: no number of layers; {_REMEDY}")
        kind = _ITEMS.get(name)
        if kind in counts or (name == GPU and gpu is not None):
            raise ConfigError(f"places {text}: {name} is there twice; leave one out")
        if kind is None:
            gpu = ALL if number == ALL else int(number)
        else:
            counts[kind] = None if number == ALL else int(number)
    if gpu is not None and "" in counts:
        raise ConfigError(f"places {text}: {GPU} says how many layers the host has; leave host out")
    return Places(FrozenMap(counts), gpu)


def _file(path: Path) -> Places:
    from edgesym.scenario.schema import PlacesFile

    table, where = user_toml(path, PlacesFile), str(path)
    rules = tuple(_rule(row, f"{where}: rules") for row in table.get("rules", ()))
    if not rules:
        raise ConfigError(f'{where}: no [[rules]]; add one with place = "host" and layers = "0-9"')
    return Places(rules=rules, head=table.get("head", False), stated=stated(table))


def _rule(row: Mapping[str, Any], where: str) -> Rule:
    place = row["place"]
    if place not in set(Place):
        raise UnknownNameError(f"place in {where}:", place, map(str, Place))
    groups = frozenset(named(Group, name, where) for name in row.get("groups", ()))
    return Rule(Place(place), _layers(row.get("layers", ALL), where), groups)


def _layers(text: str, where: str) -> frozenset[int]:
    """The layers of ``0-9, 12``; none for all of them."""
    if text == ALL:
        return frozenset()
    found: set[int] = set()
    for part in map(str.strip, text.split(",")):
        first, _, last = part.partition("-")
        ends = [end.strip() for end in (first, last or first)]
        if not all(_NUMBER.fullmatch(end) for end in ends) or int(ends[0]) > int(ends[1]):
            raise ConfigError(
                f'{where}: layers = {text!r} must be indices from 0 up, such as "0-9, 12", or "all"'
            )
        if int(ends[1]) > _MOST_LAYERS:
            raise ConfigError(f"{where}: layers = {text!r}: no model has layer {ends[1]}")
        found.update(range(int(ends[0]), int(ends[1]) + 1))
    return frozenset(found)
