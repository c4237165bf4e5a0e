"""The rows of a device file, and the figures that are made of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from edgesym.devices.arithmetic import compute
from edgesym.devices.contained import SHARES
from edgesym.devices.figure import BY_DTYPE, KINDS, Figure, checked_figure
from edgesym.devices.spread import EXACT, Spread
from edgesym.errors import ConfigError, DeviceError, ExpressionError, UnitError, UnknownNameError
from edgesym.symbols import TABLE
from edgesym.units import human, to_base

__all__ = ["Rows"]

_NEEDED = {"value", "unit", "source"}
_ROW = _NEEDED | {"kind", "condition", "std", "range", "contains"}


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a device file by name: ``memory_size``, ``peak.fp16``, ``energy_per_flop.int8``.

    A number of a row may be arithmetic over other rows, each of which stands for its figure in
    its base unit; ``peak`` and the figures of :data:`~edgesym.devices.figure.BY_DTYPE` are then
    those of the dtype that is asked for.
    """

    origin: str
    rows: Mapping[str, Any]
    _made: dict[tuple[str, str], Figure | None] = field(default_factory=dict)

    def figure(self, name: str, dtype: str = "") -> Figure:
        """The figure of a name, computing in ``dtype``; its own row there comes first.

        Raises:
            ConfigError, DeviceError, UnitError, UnknownNameError: a row that is no figure.
        """
        own = f"{name}.{dtype}"
        found = own if name in ("peak", *BY_DTYPE) and own in self.rows else name
        key = (found, dtype)
        if key not in self._made:
            self._made[key] = None
            self._made[key] = self._read(found, dtype)
        figure = self._made[key]
        if figure is None:
            raise DeviceError(
                f"{self.origin}: {found} is computed from itself; give it or "
                f"a figure in its arithmetic as a number"
            )
        return figure

    def _read(self, name: str, dtype: str) -> Figure:
        where, row = f"{self.origin}: {name}", self.rows[name]
        if not isinstance(row, Mapping):
            raise DeviceError(f"{where} is {row!r}; write a table with value, unit and source")
        missing = _NEEDED - row.keys()
        if missing or row.keys() - _ROW:
            odd = sorted(missing) or sorted(row.keys() - _ROW)
            raise DeviceError(f"{where}: {'missing' if missing else 'unknown'} {', '.join(odd)}")
        kind = str(row.get("kind", "stated"))
        if kind not in KINDS:
            raise UnknownNameError(f"kind of {where}:", kind, KINDS)
        word = name.partition(".")[0]
        reader = _Row(self, where, row, dtype, TABLE["peak_flops" if word == "peak" else word].unit)
        written = row["value"] if isinstance(row["value"], str) else ""
        figure = Figure(
            reader.number("value", row["value"]),
            reader.unit,
            kind,
            str(row.get("condition", "")),
            str(row["source"]),
            reader.spread(),
            written,
        )
        return checked_figure(where, reader.without_contained(word, figure))


@dataclass(frozen=True, slots=True)
class _Row:
    """A row being read: numbers in the unit it is written in become numbers in the base unit."""

    rows: Rows
    where: str
    row: Mapping[str, Any]
    dtype: str
    unit: str

    def number(self, key: str, written: Any) -> float:
        """A number, or the arithmetic for one, in the base unit."""
        number = self._computed(key, written) if isinstance(written, str) else written
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise ConfigError(f"{self.where}: {key} {number!r} must be a number, or arithmetic")
        if isinstance(number, float) and not math.isfinite(number):
            raise DeviceError(f"{self.where}: {key} {number} must be finite")
        try:
            return to_base(number, str(self.row["unit"]), self.unit)
        except UnitError as error:
            raise UnitError(f"{self.where}: {error}") from error

    def _computed(self, key: str, text: str) -> float:
        try:
            return float(compute(text, self._named))
        except (ExpressionError, OverflowError) as error:
            raise DeviceError(f"{self.where}: {key} {error}") from error

    def _named(self, name: str) -> Fraction:
        """The number of a figure that arithmetic names."""
        known = self.rows.rows
        if name not in known and f"{name}.{self.dtype}" not in known:
            raise UnknownNameError(f"figure in the arithmetic of {self.where}:", name, known)
        return Fraction(repr(self.rows.figure(name, self.dtype).value))

    def spread(self) -> Spread:
        """The spread that the row states as ``std`` or as ``range``."""
        if "std" in self.row and "range" in self.row:
            raise DeviceError(f"{self.where}: std and range both say how far it spreads; give one")
        if "std" in self.row:
            return Spread(self.number("std", self.row["std"]))
        if "range" not in self.row:
            return EXACT
        bounds = self.row["range"]
        if not isinstance(bounds, list) or len(bounds) != 2:
            raise ConfigError(f"{self.where}: range {bounds!r} must be two numbers, [low, high]")
        low, high = (self.number("range", bound) for bound in bounds)
        return Spread.between(low, high)

    def without_contained(self, word: str, measured: Figure) -> Figure:
        """The figure less the shares of the other prices that its measurement contains.

        Raises:
            DeviceError, UnknownNameError: ``contains`` is no list of prices, or they are more
                than the figure itself.
        """
        contains = self.row.get("contains", [])
        if not isinstance(contains, list) or not all(isinstance(c, str) for c in contains):
            raise ConfigError(f"{self.where}: contains {contains!r} must be a list of figures")
        if not contains:
            return measured
        shares = SHARES.get(word, {})
        for name in contains:
            if name not in shares:
                raise UnknownNameError(f"figure that {self.where} contains:", name, shares)
        inside = float(sum(compute(shares[name], self._named) for name in contains))
        bounds = measured.spread.bounds
        names = " and ".join(contains)
        for number in (measured.value, *(bounds or ())):
            if number < inside:
                raise DeviceError(
                    f"{self.where}: {human(number, self.unit)} as measured would contain "
                    f"{human(inside, self.unit)} of {names}, which is more than itself; "
                    f"lower {names}, or take them out of contains"
                )
        left = (bounds[0] - inside, bounds[1] - inside) if bounds else None
        text = measured.arithmetic or human(measured.value, self.unit)
        return replace(
            measured,
            value=measured.value - inside,
            spread=replace(measured.spread, bounds=left),
            arithmetic=f"{text}, less {names}",
        )
