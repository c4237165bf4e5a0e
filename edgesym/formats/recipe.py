"""Recipes: which number format each weight of a model is stored in, as the tools decide it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from edgesym.data import shipped, stated, stems
from edgesym.domain import checked
from edgesym.errors import ConfigError, UnknownNameError
from edgesym.files.parse import parse_toml
from edgesym.files.read import read_text
from edgesym.fileschema import held_to
from edgesym.formats.layout import Format, find_format, formats, read_format, spelled
from edgesym.frozen import FrozenMap
from edgesym.graph.meaning import Group, Purpose, named

__all__ = ["MAIN", "OWN", "Recipe", "Rule", "find_recipe", "recipes", "uniform"]

#: What a rule writes for the dtype that the model is published in, and for the main format.
OWN, MAIN = "dtype", "main"
_NONE: FrozenMap[str, Any] = FrozenMap()
#: What holds the tensors: it says what lies beside them; none for a single format.
_CONTAINERS = ("", "gguf", "safetensors", "torch")
#: Keys that a recipe has of its own, where a file is one.
_MIX = ("main", "of", "aliases", "source", "imatrix")


@dataclass(frozen=True, slots=True)
class Rule:
    """Weights of these groups, read for these purposes, are stored in a format.

    Attributes:
        layout: name of the format, :data:`OWN` or :data:`MAIN`.
        groups: the groups it speaks of; all where empty. Likewise ``purposes``.
        when: a formula over what is known of the weight; always where empty.
        previous: formats that earlier rules chose, which this one changes; all where empty.
    """

    layout: str
    groups: frozenset[Group] = frozenset()
    purposes: frozenset[Purpose] = frozenset()
    when: str = ""
    previous: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Recipe:
    """Which format each weight is stored in; a single format is a recipe without rules.

    Attributes:
        main: the format of the weights that no rule speaks of; it decides what is computed in.
        rules: the first that holds decides.
        then: each that holds afterwards changes what was chosen.
        towers: the rules of weights of towers beside the text, which the others do not speak of;
            where none holds, they stay in the dtype that the model is published in.
        positions: names of layers that rules speak of, as formulas over layer i of n.
        architectures: names of properties that rules speak of -> the architectures that have them.
        fallback: format -> the one to take where a row is not made of whole blocks.
        container: the kind of file: ``gguf``, ``safetensors`` or ``torch``; empty if it is none.
        imatrix: whether an importance matrix is at hand.
        metadata: bytes of a file beside its tensors, where one file is meant.
        stated: the keys that its file states; what the others are is taken.
    """

    name: str
    main: Format
    rules: tuple[Rule, ...] = ()
    then: tuple[Rule, ...] = ()
    towers: tuple[Rule, ...] = ()
    positions: FrozenMap[str, str] = _NONE
    architectures: FrozenMap[str, tuple[str, ...]] = _NONE
    fallback: FrozenMap[str, str] = _NONE
    container: str = ""
    source: str = ""
    imatrix: bool = False
    aliases: tuple[str, ...] = ()
    metadata: int | None = None
    stated: frozenset[str] = field(default=frozenset(), compare=False)

    @property
    def is_uniform(self) -> bool:
        """Whether all weights are in one format."""
        return not self.rules and not self.then and not self.container

    @property
    def kind(self) -> str:
        """Kind of the main format."""
        return self.main.kind

    @property
    def arithmetic(self) -> tuple[str, ...]:
        """Dtypes to compute in, those of the main format."""
        return self.main.arithmetic

    @property
    def bytes_per_element(self) -> Fraction:
        """Bytes of an element in the main format."""
        return self.main.bytes_per_element

    @property
    def layout(self) -> str:
        """The arithmetic of a block of the main format."""
        return self.main.layout

    @property
    def per(self) -> int:
        """Elements in a block of the main format."""
        return self.main.per


@checked
def uniform(found: Format) -> Recipe:
    """The recipe of all weights in one format.

    >>> uniform(find_format("bf16")).is_uniform
    True
    """
    return Recipe(found.name, found, source=found.source)


@cache
def recipes() -> dict[str, Recipe]:
    """Every recipe that ships, by name, from ``recipes/*.toml``."""
    return {
        name: recipe
        for stem in stems("formats/recipes")
        for name, recipe in _read_file(shipped("formats/recipes", stem), stem, stem).items()
    }


@cache
def _spellings() -> dict[str, str]:
    known = {spelled(alias): row.name for row in recipes().values() for alias in row.aliases}
    return known | {spelled(name): name for name in recipes()}


@checked
@cache
def find_recipe(name: str) -> Recipe:
    """The recipe of that name in any case, or of a format; or a user's own, by its TOML file.

    Where a tool's whole recipe is called as a format is (``Q4_0``), it is the recipe.

    >>> find_recipe("Q4_K_M").main.name, find_recipe("bf16").is_uniform
    ('q4_k', True)

    Raises:
        UnknownNameError: with the nearest names.
        ConfigError: the file cannot be used.
    """
    wanted = spelled(name)
    if wanted in _spellings():
        return recipes()[_spellings()[wanted]]
    if name.endswith(".toml"):
        return _of_user(Path(name))
    try:
        return uniform(find_format(name))
    except UnknownNameError:
        raise UnknownNameError("number format", name, [*recipes(), *formats()]) from None


def _of_user(path: Path) -> Recipe:
    """A user's file: a format where it has ``parts``, and else a recipe."""
    from edgesym.formats.schema import FormatFile, RecipeFile

    text = read_text(path, "data file")
    table = parse_toml(text, str(path))
    if "parts" in table:
        own = read_format(path.stem, held_to(table, FormatFile, str(path), text), str(path))
        return uniform(replace(own, stated=stated(table)))
    held_to(table, RecipeFile, str(path), text)
    found = _read_file(table, path.stem, str(path))
    if len(found) != 1:
        raise ConfigError(f"{path}: holds {len(found)} recipes; keep one in a file of its own")
    return next(iter(found.values()))


def _read_file(table: Mapping[str, Any], stem: str, origin: str) -> dict[str, Recipe]:
    """The recipes of a data file: its ``mixes``, or the file itself as one."""
    own = {key: table[key] for key in _MIX if key in table}
    mixes = table.get("mixes", {stem: own})
    found: dict[str, Recipe] = {}
    shared = _shared(table, origin)
    for name, mix in mixes.items():
        where = f"{origin}: recipe {name}"
        rules = _rules(mix, "rules", where)
        source = mix.get("source") or table.get("source")
        if not source:
            raise ConfigError(f"{where}: 'source' is missing; say where the rules are from")
        if "of" in mix:
            base = found.get(mix["of"])
            if base is None:
                raise UnknownNameError(f"recipe that {where} extends:", mix["of"], found)
            made = replace(base, rules=(*rules, *base.rules))
        elif "main" in mix:
            made = replace(shared, main=find_format(mix["main"]))
            made = replace(made, rules=(*shared.rules, *rules))
        else:
            raise ConfigError(f"{where}: 'main' is missing; name the format of most weights")
        found[name] = replace(
            made,
            name=name,
            towers=_rules(mix, "towers", where) if "towers" in mix else made.towers,
            source=source,
            imatrix=mix.get("imatrix", made.imatrix),
            aliases=tuple(mix.get("aliases", ())),
            stated=frozenset([*table, *mix, *made.stated]),
        )
    return found


def _shared(table: Mapping[str, Any], origin: str) -> Recipe:
    """What the recipes of a file have in common."""
    fallback = table.get("fallback", {})
    for name, instead in fallback.items():
        find_format(name)
        find_format(instead)
    container: str = table.get("container", "")
    if container not in _CONTAINERS:
        raise UnknownNameError(f"container of {origin}:", container, _CONTAINERS)
    named_after = table.get("architectures", {})
    return Recipe(
        "",
        formats()["fp32"],
        rules=_rules(table, "rules", origin),
        then=_rules(table, "then", origin),
        towers=_rules(table, "towers", origin),
        positions=FrozenMap(table.get("positions", {})),
        architectures=FrozenMap({name: tuple(each) for name, each in named_after.items()}),
        fallback=FrozenMap(fallback),
        container=container,
    )


def _rules(table: Mapping[str, Any], key: str, where: str) -> tuple[Rule, ...]:
    return tuple(_rule(row, where) for row in table.get(key, ()))


def _rule(row: Mapping[str, Any], where: str) -> Rule:
    layout = row["layout"]
    return Rule(
        layout if layout in (OWN, MAIN) else find_format(layout).name,
        frozenset(named(Group, name, where) for name in row.get("groups", ())),
        frozenset(named(Purpose, name, where) for name in row.get("purposes", ())),
        row.get("when", ""),
        frozenset(find_format(name).name for name in row.get("from", ())),
    )
