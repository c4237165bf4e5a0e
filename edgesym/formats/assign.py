"""A recipe on a model: the width of every weight, and the numbers that widths are made of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import sympy

from edgesym.domain import Natural, checked
from edgesym.errors import ConfigError, ExpressionError
from edgesym.expression import read
from edgesym.formats.layout import Format, find_format
from edgesym.formats.recipe import MAIN, OWN, Recipe, Rule
from edgesym.formats.weight import Facts, Weight
from edgesym.frozen import FrozenMap
from edgesym.graph.meaning import Purpose
from edgesym.graph.width import UNIFORM, Widths
from edgesym.symbols import symbol

__all__ = ["UNASSIGNED", "Assigned", "Stored", "assign", "format_of", "stored_bytes"]

_NONE: FrozenMap[Any, Any] = FrozenMap()
_WIDTH = "weight_bytes_per_element"
#: What a feed-forward layer's matrices are for: tools count these by the layer they are in.
_BY_LAYER = frozenset((Purpose.GATE, Purpose.UP, Purpose.DOWN))


@dataclass(frozen=True, slots=True)
class Stored:
    """A weight in those of its layers that store it in one format.

    Attributes:
        found: the format's name.
        rows: outputs of one matrix.
        width: bytes of an element, as an expression.
        share: of the layers that have the weight.
        layers: the index of each of them, where others store it otherwise.
    """

    found: str
    rows: int
    width: sympy.Expr
    share: sympy.Expr = sympy.S.One
    layers: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Assigned:
    """What a recipe makes of a model.

    Attributes:
        widths: bytes of an element of every weight, as expressions.
        values: the numbers of the symbols in them.
        stored: (block, tensor) -> the formats of a weight's layers, the widest first.
    """

    widths: Widths = UNIFORM
    values: FrozenMap[sympy.Symbol, Any] = _NONE
    stored: FrozenMap[tuple[str, str], tuple[Stored, ...]] = _NONE


#: One width for all weights.
UNASSIGNED = Assigned()


@dataclass(frozen=True, slots=True)
class _Place:
    """A weight in layers that store it alike."""

    found: Format
    width: Fraction
    layers: frozenset[int]


@checked
def assign(recipe: Recipe, facts: Facts) -> Assigned:
    """The widths of a model's weights under a recipe.

    A width is a symbol, B_w for the main format and one of its own for every other width. Where
    the layers of a weight are stored in two formats, its width is the mean over these layers,
    (L_hi B_w_q6_k + L_lo B_w) / L: times the L layers it is the sum over both.

    Raises:
        ConfigError: a row is no multiple of a block, or a rule that is no formula.
    """
    facts = _fused(recipe, facts)
    kinds, counts = _Kinds(recipe), _Counts()
    widths: dict[tuple[str, str], sympy.Expr] = {}
    stored: dict[tuple[str, str], tuple[Stored, ...]] = {}
    ordinals = _ordinals(facts)
    for weight in facts.weights:
        places = _places(recipe, facts, weight, ordinals)
        layers: list[sympy.Expr] = [weight.repeat]
        if len(places) > 1:
            ranks = ("hi", *(f"mid{n}" for n in range(1, len(places) - 1)), "lo")
            layers = [counts.symbol(weight, *ranked) for ranked in zip(ranks, places, strict=True)]
        made = tuple(
            Stored(place.found.name, weight.rows, kinds.symbol(place), count / weight.repeat, own)
            for place, count in zip(places, layers, strict=True)
            for own in [place.layers if len(places) > 1 else frozenset()]
        )
        terms = (count * each.width for count, each in zip(layers, made, strict=True))
        width = made[0].width if len(made) == 1 else sympy.Add(*terms) / weight.repeat
        widths |= dict.fromkeys(weight.names, width)
        stored |= dict.fromkeys(weight.names, made)
    extra = sympy.S.Zero
    if facts.rope_factors and recipe.container == "gguf":
        whole = find_format("fp32")
        place = _Place(whole, whole.bytes_per_element, frozenset())
        extra = facts.rope_factors * kinds.symbol(place)
    return Assigned(
        Widths(FrozenMap(widths), extra),
        FrozenMap({**kinds.values(), **counts.numbers}),
        FrozenMap(stored),
    )


@checked
def format_of(recipe: Recipe, facts: Facts, weight: Weight, layer: Natural = 0) -> Format:
    """The format that a recipe stores a weight of a layer in.

    Raises:
        ConfigError: a rule that is no formula.
    """
    whole = _fused(recipe, replace(facts, weights=(*facts.weights, weight)))
    return _chosen(recipe, whole, whole.weights[-1], layer, _ordinals(whole))


@checked
def stored_bytes(recipe: Recipe, facts: Facts) -> int:
    """Bytes of all weights under a recipe, with what a file holds beside them as tensors.

    Raises:
        ConfigError: as of :func:`assign`.
    """
    total = 0
    facts = _fused(recipe, facts)
    ordinals = _ordinals(facts)
    for weight in facts.weights:
        for place in _places(recipe, facts, weight, ordinals):
            total += int(place.width * weight.elements) * max(len(place.layers), weight.times)
    return total


def _fused(recipe: Recipe, facts: Facts) -> Facts:
    """The model as files hold it where they join queries, keys and values to one tensor."""
    if facts.architecture not in recipe.architectures.get("fused", ()):
        return facts
    parts = frozenset((Purpose.QUERY, Purpose.KEY))

    def joined(weight: Weight) -> Weight:
        meant = frozenset((Purpose.VALUE,)) if weight.purposes & parts else weight.purposes
        return replace(weight, purposes=meant)

    return replace(facts, weights=tuple(joined(weight) for weight in facts.weights))


class _Kinds:
    """The symbols of widths: one per width, B_w for the main one."""

    def __init__(self, recipe: Recipe) -> None:
        main = symbol(_WIDTH)
        self._by_width: dict[Fraction, sympy.Symbol] = {recipe.bytes_per_element: main}
        self._taken = {main.name}

    def symbol(self, place: _Place) -> sympy.Symbol:
        """The symbol of a width, named after the first format that has it."""
        if place.width not in self._by_width:
            name, kind, more = _worded(place.found.name), _worded(place.found.name), 2
            while (made := symbol(_WIDTH, kind)).name in self._taken:
                kind, more = f"{name}_{more}", more + 1
            self._taken.add(made.name)
            self._by_width[place.width] = made
        return self._by_width[place.width]

    def values(self) -> dict[sympy.Symbol, Fraction]:
        """Bytes per element of each."""
        return {made: width for width, made in self._by_width.items()}


class _Counts:
    """The symbols that count layers of one format: one per set of layers."""

    def __init__(self) -> None:
        self._by_layers: dict[frozenset[int], sympy.Symbol] = {}
        self.numbers: dict[sympy.Symbol, int] = {}

    def symbol(self, weight: Weight, rank: str, place: _Place) -> sympy.Symbol:
        """The symbol of so many layers, named after the rank of their width where first seen."""
        if place.layers not in self._by_layers:
            stack = weight.repeat.name.partition("_")[2]
            name = "_".join(filter(None, (stack, rank)))
            if symbol("layers", name) in self.numbers:
                name = f"{name}_{min(weight.purposes)}"
            kind, more = name, 2
            while (made := symbol("layers", kind)) in self.numbers:
                kind, more = f"{name}_{more}", more + 1
            self.numbers[made] = len(place.layers)
            self._by_layers[place.layers] = made
        return self._by_layers[place.layers]


def _worded(name: str) -> str:
    """A format's name as it can stand in that of a symbol."""
    return re.sub(r"\W+", "_", name)


def _ordinals(facts: Facts) -> dict[Purpose, list[int]]:
    """The layers that have a weight of a purpose, in order: what tools count by."""
    found: dict[Purpose, set[int]] = {}
    for weight in facts.weights:
        for purpose in weight.purposes:
            found.setdefault(purpose, set()).update(weight.layers)
    return {purpose: sorted(layers) for purpose, layers in found.items()}


def _places(
    recipe: Recipe, facts: Facts, weight: Weight, ordinals: Mapping[Purpose, list[int]]
) -> list[_Place]:
    """The formats of a weight, each with the layers that have it, the widest first."""
    varied = weight.layers and any(
        _speaks_of_layers(rule, recipe)
        for rule in (*recipe.rules, *recipe.then)
        if _may_hold(rule, weight)
    )
    layers = weight.layers if varied else weight.layers[:1] or (0,)
    by_format: dict[Format, set[int]] = {}
    for layer in layers:
        chosen = _chosen(recipe, facts, weight, layer, ordinals)
        by_format.setdefault(chosen, set()).update((layer,) if varied else weight.layers)
    by_width: dict[Fraction, _Place] = {}
    for found, having in by_format.items():
        stored = found.stored(weight.rows, weight.row, weight.matrices)
        width = Fraction(stored, weight.elements)
        known = by_width.get(width)
        together = frozenset(having) | (known.layers if known else frozenset())
        by_width[width] = _Place(known.found if known else found, width, together)
    return sorted(by_width.values(), key=lambda place: -place.width)


def _may_hold(rule: Rule, weight: Weight) -> bool:
    if rule.groups and weight.group not in rule.groups:
        return False
    return not rule.purposes or bool(rule.purposes & weight.purposes)


def _speaks_of_layers(rule: Rule, recipe: Recipe) -> bool:
    words = set(re.findall(r"\w+", rule.when))
    return bool(words & {"i", "layer", *recipe.positions})


def _chosen(
    recipe: Recipe,
    facts: Facts,
    weight: Weight,
    layer: int,
    ordinals: Mapping[Purpose, list[int]],
) -> Format:
    names = _names(recipe, facts, weight, layer, ordinals)

    def holds(rule: Rule) -> bool:
        if not _may_hold(rule, weight):
            return False
        return not rule.when or bool(_formula(rule.when, names, recipe))

    rules, last = (recipe.towers, OWN) if weight.is_tower else (recipe.rules, MAIN)
    first = next((rule for rule in rules if holds(rule)), None)
    chosen = _named(last if first is None else first.layout, recipe, facts)
    for rule in () if weight.is_tower else recipe.then:
        if (not rule.previous or chosen.name in rule.previous) and holds(rule):
            chosen = _named(rule.layout, recipe, facts)
    tried: set[str] = set()
    while not chosen.fits(weight.row) and chosen.name in recipe.fallback:
        if chosen.name in tried:
            break
        tried.add(chosen.name)
        chosen = find_format(recipe.fallback[chosen.name])
    return chosen


def _named(layout: str, recipe: Recipe, facts: Facts) -> Format:
    if layout == MAIN:
        return recipe.main
    return find_format(facts.dtype if layout == OWN else layout)


def _names(
    recipe: Recipe,
    facts: Facts,
    weight: Weight,
    layer: int,
    ordinals: Mapping[Purpose, list[int]],
) -> dict[str, Any]:
    """What a rule may speak of."""
    i, n = layer, facts.layers
    if not weight.purposes & _BY_LAYER and weight.layers:
        having = ordinals[min(weight.purposes)]
        i, n = having.index(layer), len(having)
    names: dict[str, Any] = {
        "i": i,
        "n": n,
        "layer": layer,
        "layers": facts.layers,
        "row": weight.row,
        "rows": weight.rows,
        "block": recipe.per,
        "main": recipe.main.name,
        "dtype": facts.dtype,
        "gqa": facts.gqa,
        "experts": facts.experts,
        "tied": facts.tied,
        "imatrix": recipe.imatrix,
    }
    names |= {name: facts.architecture in having for name, having in recipe.architectures.items()}
    return names | {
        name: bool(_formula(text, names, recipe)) for name, text in recipe.positions.items()
    }


def _formula(text: str, names: Mapping[str, Any], recipe: Recipe) -> Any:
    try:
        return read(text, names)
    except ExpressionError as error:
        raise ConfigError(f"recipe {recipe.name}: {error}") from error
