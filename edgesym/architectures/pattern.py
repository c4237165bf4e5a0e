"""Per-layer patterns: from labels of layers to counts of each kind of block.

A *slot* is a place in the block that differs from layer to layer (which attention,
which feed-forward). Its formula ``each`` gives the label of layer i. Layers with the
same labels in all slots are one kind of block, counted and not listed: a count is a
symbol, and so a closed form does not grow with depth.

A slot may give layers ``extents`` that differ from layer to layer as well, as
``extents.LAYER.OPTION``, a formula per extent. Layers of one extent are one kind; where
there are several, each is a symbol named after its value, such as ``intermediate.14336``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import sympy

from edgesym.architectures.fields import evaluate
from edgesym.errors import ConfigError, UnknownNameError
from edgesym.symbols import symbol

__all__ = ["Pattern", "read_pattern"]

#: Layers, where they differ: a formula is worked out for each. Ten times the deepest that is known:
#: DeepNet has 1,000 layers, of 2,500 attentions and feed-forwards (arXiv:2203.00555, abstract).
_DEEPEST = 10_000


@dataclass(frozen=True, slots=True)
class Pattern:
    """The kinds of layers of a model.

    Attributes:
        kinds: name of each kind of block -> the label of each slot.
        counts: name of each kind of block -> how many layers there are of it.
        labels: what sets a block apart, a label that some layers have and some do not,
            -> the kinds that have it.
        word: the word of the symbol that counts them all.
        options: name of each kind of block -> layer -> option -> the word of its extent.
        extents: those words -> their values.
        order: the kinds of the layers from the first on, each with how many follow each other.
    """

    kinds: Mapping[str, Mapping[str, str]]
    counts: Mapping[str, int]
    labels: Mapping[str, frozenset[str]]
    word: str = "layers"
    options: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    extents: Mapping[str, int] = field(default_factory=dict)
    order: tuple[tuple[str, int], ...] = ()

    def repeats(self) -> dict[frozenset[str], sympy.Symbol]:
        """The symbol that counts the layers of a set of kinds: all of them, one label, one kind."""

        def counting(label: str) -> sympy.Symbol:
            word, _, stack = self.word.partition(".")
            return symbol(word, f"{stack}_{label}" if stack else label)

        symbols = {frozenset([kind]): counting(kind) for kind in self.kinds}
        symbols |= {kinds: counting(label) for label, kinds in reversed(list(self.labels.items()))}
        symbols[frozenset(self.kinds)] = symbol(self.word)
        return symbols

    def values(self) -> dict[sympy.Symbol, int]:
        """The integer of each of those symbols."""
        counts = {
            counted: sum(self.counts[kind] for kind in kinds)
            for kinds, counted in self.repeats().items()
        }
        return counts | {symbol(word): value for word, value in self.extents.items()}


@dataclass(frozen=True, slots=True)
class _Place:
    """What one layer has in a slot: a label, and extents as (layer, option, value)."""

    label: str
    extents: tuple[tuple[str, str, int], ...]


def read_pattern(
    slots: Mapping[str, Any],
    names: Mapping[str, Any],
    origin: str,
    block: str = "decoder",
    word: str = "layers",
) -> Pattern:
    """The kinds of layers that an architecture file and a config's values give.

    Args:
        block: the repeated block, which names the kind where all layers are of one.
        word: the symbol that counts its layers.

    Raises:
        ConfigError, UnknownNameError: a label without a layer to it, or an absurd depth.
    """
    layers: int = names[word]
    if not slots:
        return Pattern({block: {}}, {block: layers}, {}, word, order=((block, layers),))
    if layers > _DEEPEST:
        raise ConfigError(f"{origin}: {layers} layers; at most {_DEEPEST} where layers differ")
    each = [
        tuple(_place(slot, table, {**names, "i": i}, origin) for slot, table in slots.items())
        for i in range(layers)
    ]
    rows = Counter(each)
    varied = [n for n, slot in enumerate(slots) if len({row[n] for row in rows}) > 1]
    values: dict[tuple[str, str], set[int]] = {}
    for layer, option, value in (e for row in rows for place in row for e in place.extents):
        values.setdefault((layer, option), set()).add(value)
    kinds, counts = {}, {}
    named_after: dict[tuple[_Place, ...], str] = {}
    labels: dict[str, set[str]] = {}
    options: dict[str, dict[str, dict[str, str]]] = {}
    extents: dict[str, int] = {}
    for row, count in rows.items():
        texts = [_text(place, values) for place in row]
        kind = "_".join(texts[n] for n in varied) or block
        kinds[kind] = {slot: place.label for slot, place in zip(slots, row, strict=True)}
        counts[kind] = count
        named_after[row] = kind
        for n in varied:
            labels.setdefault(texts[n], set()).add(kind)
        for layer, option, value in (e for place in row for e in place.extents):
            named = option if len(values[layer, option]) == 1 else f"{option}.{value}"
            options.setdefault(kind, {}).setdefault(layer, {})[option] = named
            extents[named] = value
    having = {label: frozenset(names) for label, names in labels.items()}
    order = tuple((kind, len(list(run))) for kind, run in groupby(named_after[row] for row in each))
    return Pattern(kinds, counts, having, word, options, extents, order)


def _text(place: _Place, values: Mapping[tuple[str, str], set[int]]) -> str:
    """A label, with the extents that tell apart places of the same label."""
    telling = (str(v) for layer, option, v in place.extents if len(values[layer, option]) > 1)
    return "_".join([place.label, *telling])


def _place(slot: str, table: Mapping[str, Any], names: Mapping[str, Any], origin: str) -> _Place:
    extents = []
    for layer, formulas in table.get("extents", {}).items():
        for option, formula in formulas.items():
            value = evaluate(f"={' '.join(formula.split())}", names, origin)
            if value is None:
                continue
            if not isinstance(value, int | float) or value < 1 or value != int(value):
                raise ConfigError(
                    f"{origin}: {option} of layer {names['i']} is {value!r}; "
                    "it must be a positive whole number"
                )
            extents.append((layer, option, int(value)))
    return _Place(_label(slot, table, names, origin), tuple(extents))


def _label(slot: str, table: Mapping[str, Any], names: Mapping[str, Any], origin: str) -> str:
    formula = " ".join(str(table["each"]).split())
    label = str(evaluate(f"={formula}", names, origin)).removesuffix("_attention")
    if label not in table["kinds"]:
        raise UnknownNameError(f"kind of {slot} in {origin}:", label, table["kinds"])
    return label
