"""Per-layer patterns: from labels of layers to counts of each kind of block.

A *slot* is a place in the block that differs from layer to layer (which attention,
which feed-forward). Its formula ``each`` gives the label of layer i. Layers with the
same labels in all slots are one kind of block, counted and not listed: a count is a
symbol, and so a closed form does not grow with depth.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sympy

from edgesym.architectures.fields import evaluate
from edgesym.errors import ConfigError, UnknownNameError
from edgesym.symbols import symbol

__all__ = ["Pattern", "read_pattern"]

_DEEPEST = 100_000


@dataclass(frozen=True, slots=True)
class Pattern:
    """The kinds of layers of a model.

    Attributes:
        kinds: name of each kind of block -> the label of each slot.
        counts: name of each kind of block -> how many layers there are of it.
        labels: what sets a block apart, a label that some layers have and some do not,
            -> the kinds that have it.
    """

    kinds: Mapping[str, Mapping[str, str]]
    counts: Mapping[str, int]
    labels: Mapping[str, frozenset[str]]

    def repeats(self) -> dict[frozenset[str], sympy.Symbol]:
        """The symbol that counts the layers of a set of kinds: all of them, one label, one kind."""
        symbols = {frozenset([kind]): symbol("layers", kind) for kind in self.kinds}
        symbols |= {
            kinds: symbol("layers", label) for label, kinds in reversed(list(self.labels.items()))
        }
        symbols[frozenset(self.kinds)] = symbol("layers")
        return symbols

    def values(self) -> dict[sympy.Symbol, int]:
        """The integer of each of those symbols."""
        return {
            counted: sum(self.counts[kind] for kind in kinds)
            for kinds, counted in self.repeats().items()
        }


def read_pattern(slots: Mapping[str, Any], names: Mapping[str, Any], origin: str) -> Pattern:
    """The kinds of layers that an architecture file and a config's values give.

    Raises:
        ConfigError, UnknownNameError: a label without a layer to it, or an absurd depth.
    """
    layers: int = names["layers"]
    if not slots:
        return Pattern({"decoder": {}}, {"decoder": layers}, {})
    if layers > _DEEPEST:
        raise ConfigError(f"{origin}: {layers} layers; at most {_DEEPEST} where layers differ")
    rows = Counter(
        tuple(_label(slot, table, {**names, "i": i}, origin) for slot, table in slots.items())
        for i in range(layers)
    )
    varied = [n for n, slot in enumerate(slots) if len({row[n] for row in rows}) > 1]
    kinds, counts = {}, {}
    labels: dict[str, set[str]] = {}
    for row, count in rows.items():
        kind = "_".join(row[n] for n in varied) or "decoder"
        kinds[kind] = dict(zip(slots, row, strict=True))
        counts[kind] = count
        for n in varied:
            labels.setdefault(row[n], set()).add(kind)
    return Pattern(kinds, counts, {label: frozenset(names) for label, names in labels.items()})


def _label(slot: str, table: Mapping[str, Any], names: Mapping[str, Any], origin: str) -> str:
    formula = " ".join(str(table["each"]).split())
    label = str(evaluate(f"={formula}", names, origin)).removesuffix("_attention")
    if label not in table["kinds"]:
        raise UnknownNameError(f"kind of {slot} in {origin}:", label, table["kinds"])
    return label
