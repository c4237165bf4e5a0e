"""Heads, layers, experts and dimensions removed: a model of other extents, its forms the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

import sympy

from edgesym.architectures.extents import kind_of, misfits
from edgesym.architectures.fingerprint import digest
from edgesym.architectures.model import Model
from edgesym.domain import checked
from edgesym.errors import ConfigError
from edgesym.frozen import FrozenMap
from edgesym.pruning.sparsity import written
from edgesym.symbols import describe, symbol

__all__ = ["EXTENTS", "Removal", "without"]

#: What can be removed. Key/value heads go with the query heads that share them; the dimension of
#: a head stays.
EXTENTS = (
    *("layers", "hidden", "intermediate", "heads", "kv_heads", "vocab"),
    *("experts", "expert_intermediate", "shared_intermediate"),
)
_Values = dict[sympy.Symbol, int]


@dataclass(frozen=True, slots=True)
class Removal:
    """So many of an extent that are removed.

    Attributes:
        word: the extent, with its kind where it has one: ``heads``, ``layers.sliding``.
        amount: how many, or which fraction of them where it is below 1.
    """

    word: str
    amount: int | Fraction

    def __str__(self) -> str:
        """As a user writes it."""
        return f"{self.word}={written(Fraction(self.amount))}"

    def left(self, extent: int) -> int:
        """What remains of an extent.

        >>> Removal("layers", 4).left(16), Removal("layers", Fraction(1, 4)).left(16)
        (12, 12)

        Raises:
            ConfigError: a fraction that is no whole number of them, or nothing is left.
        """
        gone = Fraction(self.amount) * (extent if self.amount < 1 else 1)
        if gone.denominator != 1 and extent > 1:
            whole = min(max(1, round(gone)), extent - 1)
            raise ConfigError(
                f"prune {self}: {written(Fraction(self.amount))} of {extent} is {float(gone):g}; "
                f"give how many are removed, such as {self.word}={whole}"
            )
        if gone >= extent or extent == 1:
            raise ConfigError(
                f"prune {self}: there are {extent}, and nothing would be left; remove fewer"
            )
        return extent - int(gone)


@checked
@lru_cache(maxsize=256)
def without(model: Model, removals: tuple[Removal, ...]) -> Model:
    """The model with parts of it removed, whatever was removed of it before.

    Raises:
        ConfigError: the model has no such extent or several kinds of it, nothing would be left,
            or heads would no longer be a multiple of key/value heads.
    """
    whole = model.whole or model
    if not removals:
        return whole
    values, order = dict(whole.values), whole.order
    for removal in removals:
        if removal.word.partition(".")[0] == "layers":
            kind, gone = _remove_layers(whole, removal, values)
            order = _shortened(order, kind, gone)
        else:
            _remove_extent(whole, removal, values)
    _check(whole, removals, values)
    return replace(
        whole,
        values=FrozenMap(values),
        order=order,
        content=digest(content=whole.content, removed=[str(removal) for removal in removals]),
        whole=whole,
    )


def _remove_layers(model: Model, removal: Removal, values: _Values) -> tuple[str, int]:
    """Remove layers of one kind: it and how many; every symbol that counts them follows."""
    counted = symbol(removal.word)
    kinds = next((kinds for kinds, s in model.repeats.items() if s == counted), frozenset())
    if len(kinds) != 1:
        each = {describe(s).word: values[s] for k, s in model.repeats.items() if len(k) == 1}
        said = ", ".join(f"{word} ({number})" for word, number in each.items())
        several = kinds or ("." not in removal.word and len(each) > 1)
        why = f"has {removal.word} of several kinds" if several else f"has no {removal.word}"
        raise ConfigError(f"prune {removal}: {model.name} {why}; say which are removed, of {said}")
    (kind,) = kinds
    gone = values[counted] - removal.left(values[counted])
    for made in {s for kinds, s in model.repeats.items() if kind in kinds}:
        values[made] -= gone
    return kind, gone


def _shortened(
    order: tuple[tuple[str, int], ...], kind: str, gone: int
) -> tuple[tuple[str, int], ...]:
    """The runs of layers without the last so many of a kind."""
    runs: list[tuple[str, int]] = []
    for name, count in reversed(order):
        taken = min(gone, count) if name == kind else 0
        gone -= taken
        if runs and runs[-1][0] == name:
            runs[-1] = (name, runs[-1][1] + count - taken)
        elif count > taken:
            runs.append((name, count - taken))
    return tuple(reversed(runs))


def _remove_extent(model: Model, removal: Removal, values: _Values) -> None:
    """Remove of one extent; heads and the key/value heads that they share go together."""
    made = symbol(removal.word)
    if made not in values:
        word = removal.word.partition(".")[0]
        rows = {describe(s).word: number for s, number in values.items()}
        kinds = {w: n for w, n in rows.items() if w.partition(".")[0] == word}
        known = kinds or {w: n for w, n in rows.items() if w.partition(".")[0] in EXTENTS}
        said = ", ".join(f"{name} ({number})" for name, number in known.items())
        why = f"has {word} of several kinds" if len(kinds) > 1 else f"has no {removal.word}"
        raise ConfigError(f"prune {removal}: {model.name} {why}; say of which, of {said}")
    before, after = values[made], removal.left(values[made])
    word, _, kind = removal.word.partition(".")
    if word == "kv_heads":
        heads = kind_of("heads", kind, values)
        if heads is not None and values[heads] % before == 0:
            values[heads] = values[heads] // before * after
    if word == "heads":
        shared = kind_of("kv_heads", kind, values)
        if shared is not None and values[shared] == before:
            values[shared] = after
    values[made] = after


def _check(model: Model, removals: Iterable[Removal], values: _Values) -> None:
    """Refuse extents that no longer fit one another.

    Raises:
        ConfigError: naming both, with what to remove instead.
    """
    asked = ",".join(map(str, removals))
    for many, few, how in misfits(model.values, values):
        a, k = describe(many).word, describe(few).word
        remedy = (
            f"remove a multiple of {values[few]} of them, or whole groups with {k}=..."
            if how == "no multiple of"
            else f"remove {model.values[many] - values[few]} at most"
        )
        raise ConfigError(
            f"prune {asked}: {values[many]} {a} are {how} {values[few]} {k}; {remedy}"
        )
