"""Numbers that a user gives in place of known ones: told everywhere, and refused where idle."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sympy

from edgesym.devices import Device, Figure
from edgesym.override import Change
from edgesym.symbols import describe, symbol
from edgesym.units import human

__all__ = ["Override", "overrides_of"]


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
    of_device = () if device is None else _of_device(device, dtype)
    of_symbols = (_given(made, number, values[made]) for made, number in given)
    return (*of_device, *of_symbols)


def _of_device(device: Device, dtype: str) -> Iterator[Override]:
    """The figures that a user gave; a change of all dtypes is told of the one computed in."""
    used = device.in_dtype(dtype)
    peaks = {f"peak.{name}": figure for name, figure in device.peaks.items()}
    for name, figure in {**peaks, **device.figures}.items():
        word = name.partition(".")[0]
        word = "peak_flops" if word == "peak" else word
        if figure.kind != "override":
            continue
        one = used.get(word)
        here = one is figure
        same = one is not None and (one.kind, one.condition) == ("override", figure.condition)
        if here or not (figure.condition and same):
            yield Override(name, symbol(word) if here else None, figure.value, _of_figure(figure))


def _of_figure(figure: Figure) -> str:
    return f"{figure} ({figure.condition})" if figure.condition else str(figure)


def _given(made: sympy.Symbol, number: Any, value: Any) -> Override:
    row = describe(made)
    text = f"{value}" if row.unit in ("1", "tokens") else human(float(value), row.unit, 6)
    if isinstance(number, Change):
        text = f"{text} ({number.text})"
    return Override(row.word, made, float(value), text)
