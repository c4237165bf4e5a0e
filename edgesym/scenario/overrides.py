"""Numbers that a user gives in place of known ones: told everywhere, and refused where idle."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sympy

from edgesym.catalogue import REGISTRY
from edgesym.devices import Device, Figure
from edgesym.engine.evaluate import symbols_of
from edgesym.errors import ConfigError, EdgesymError
from edgesym.override import Change
from edgesym.symbols import describe, symbol
from edgesym.units import human

if TYPE_CHECKING:
    from edgesym.scenario.setup import Setup

__all__ = ["Override", "overrides_of", "refuse_unused"]

#: Quantities that an error names of those that depend on a symbol.
_MOST = 6


@dataclass(frozen=True, slots=True)
class Override:
    """A number given by hand.

    Attributes:
        word: what was set: a word of the symbol table, or a figure of a dtype.
        symbol: the symbol that has the number, or none where it is of a dtype not computed in.
        value: the number, in the base unit.
        text: how it reads.
    """

    word: str
    symbol: sympy.Symbol | None
    value: float
    text: str

    def __str__(self) -> str:
        """The word and the number."""
        return f"{self.word} = {self.text}"


def overrides_of(
    device: Device | None,
    dtype: str,
    given: Iterable[tuple[sympy.Symbol, Any]],
    values: Mapping[sympy.Symbol, Any],
) -> tuple[Override, ...]:
    """What a user gave: figures of a device, and symbols."""
    figures: dict[str, Figure] = {}
    if device is not None:
        figures = {**{f"peak.{name}": f for name, f in device.peaks.items()}, **device.figures}
    of_device = (
        Override(name, _symbol(name, dtype), figure.value, _of_figure(figure))
        for name, figure in figures.items()
        if figure.kind == "override"
    )
    of_symbols = (_given(made, number, values[made]) for made, number in given)
    return (*of_device, *of_symbols)


def _of_figure(figure: Figure) -> str:
    return f"{figure} ({figure.condition})" if figure.condition else str(figure)


def _symbol(name: str, dtype: str) -> sympy.Symbol | None:
    """The symbol of a figure; none of one that is of another dtype."""
    word, _, of = name.partition(".")
    if of not in ("", dtype):
        return None
    return symbol("peak_flops" if word == "peak" else word)


def _given(made: sympy.Symbol, number: Any, value: Any) -> Override:
    row = describe(made)
    text = f"{value}" if row.unit in ("1", "tokens") else human(float(value), row.unit, 6)
    if isinstance(number, Change):
        text = f"{text} ({number.text})"
    return Override(row.word, made, float(value), text)


def refuse_unused(setups: Sequence[Setup], names: Sequence[str], used: Iterable[str] = ()) -> None:
    """Refuse a number given by hand that none of the quantities asked for depends on.

    It is given to all of the setups, and need change one of them.

    Args:
        names: quantities; those that a setup lacks a number for are not asked of it.
        used: words of symbols that are used apart from these quantities.

    Raises:
        ConfigError: naming the symbol, the quantities, and those that do depend on it.
    """
    needed = frozenset(used)
    idle = [_unused(setup, names, needed) for setup in setups if setup.overrides]
    for word, (setup, override) in idle[0].items() if idle else ():
        if all(word in others for others in idle):
            raise ConfigError(_reason(setup, override, names))


def _unused(
    setup: Setup, names: Sequence[str], used: frozenset[str]
) -> dict[str, tuple[Setup, Override]]:
    """The overrides of a setup that change none of the quantities, by word."""
    known = setup.values().keys()
    forms = (symbols_of(setup.expression(name)) for name in names)
    present = {made for form in forms if form <= known for made in form}
    return {
        override.word: (setup, override)
        for override in setup.overrides
        if override.symbol not in present and override.word not in used
    }


def _reason(setup: Setup, override: Override, names: Sequence[str]) -> str:
    """Why an override changes nothing, and what it would change."""
    word, made = override.word, override.symbol
    if made is None:
        return (
            f"--set {word} changes nothing here, where {setup.title} computes in {setup.dtype}; "
            "choose the dtype with --compute"
        )
    asked = "what is asked does not depend"
    if 1 < len(names) <= _MOST:
        asked = f"none of {', '.join(names)} depends"
    if len(names) == 1:
        asked = f"{names[0]} does not depend"
    depending = [name for name in REGISTRY if made in _symbols(setup, name)]
    shown = ", ".join(depending[:_MOST]) + (" and others" if depending[_MOST:] else "")
    lacking = sorted(
        {
            describe(s).word
            for name in names
            if made in (form := _symbols(setup, name))
            for s in form - setup.values().keys()
        }
    )
    if lacking:
        return f"--set {word} changes nothing without {', '.join(lacking)}; set that too"
    what = f"what does is {shown}" if depending else "no quantity of this run does"
    return f"--set {word} changes nothing: {asked} on it; {what}"


def _symbols(setup: Setup, name: str) -> frozenset[sympy.Symbol]:
    """The symbols of a quantity; none where it cannot be had for the model."""
    try:
        return symbols_of(setup.expression(name))
    except EdgesymError:
        return frozenset()
