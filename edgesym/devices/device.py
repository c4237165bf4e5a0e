"""A device: its figures, the numbers of its symbols, and overriding them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import sympy

from edgesym.devices.figure import FIGURES, Figure, checked
from edgesym.devices.spread import read_spread
from edgesym.errors import DeviceError, UnitError, UnknownNameError
from edgesym.formats import Format
from edgesym.symbols import TABLE, symbol

__all__ = ["Device"]


@dataclass(frozen=True, slots=True)
class Device:
    """A device.

    Attributes:
        id: how it is named on the command line.
        name: its name in prose.
        peaks: peak rate by arithmetic dtype, dense, FLOP/s.
        figures: the figures it has, by word.
    """

    id: str
    name: str
    summary: str
    peaks: Mapping[str, Figure]
    figures: Mapping[str, Figure]

    def __hash__(self) -> int:
        """Equal devices have an equal one; tables are compared, not hashed."""
        numbers = frozenset((word, figure.value) for word, figure in self.figures.items())
        return hash((self.id, numbers))

    def arithmetic(self, weights: Format, wanted: str = "") -> str:
        """The dtype that the device computes in for weights of a format.

        Raises:
            DeviceError: it has no peak for any dtype that would do.
        """
        suitable = (wanted,) if wanted else weights.arithmetic
        for dtype in suitable:
            if dtype in self.peaks:
                return dtype
        raise DeviceError(
            f"{self.name} has no peak rate for {' or '.join(suitable)}; it has "
            f"{', '.join(self.peaks)}. Give one with --set peak.{suitable[0]}=..., "
            f"or choose one with --compute"
        )

    def values(self, dtype: str) -> dict[sympy.Symbol, float]:
        """The number of each device symbol, computing in ``dtype``."""
        known = {symbol(word): figure.value for word, figure in self.figures.items()}
        return {**known, symbol("peak_flops"): self.peaks[dtype].value}

    def stds(self, dtype: str) -> dict[sympy.Symbol, float]:
        """The standard deviation of each device symbol that has one, computing in ``dtype``."""
        figures = {**self.figures, "peak_flops": self.peaks[dtype]}
        return {symbol(word): figure.std for word, figure in figures.items() if figure.std}

    def with_settings(self, settings: Iterable[str]) -> Device:
        """The device with figures overridden by texts such as ``memory_bandwidth=20GB/s``.

        A text may give the spread too, ``16+-1GB/s`` or ``15..17GB/s``; without one the
        figure is exact, whatever the device's own was.

        Raises:
            DeviceError, UnitError, UnknownNameError: a text that is no setting.
        """
        changed = self
        for setting in settings:
            name, sign, text = setting.partition("=")
            if not sign:
                raise DeviceError(
                    f"--set {setting}: write it as figure=value, such as memory_bandwidth=20GB/s"
                )
            changed = changed._with_figure(name.strip(), text)
        return changed

    def _with_figure(self, name: str, text: str) -> Device:
        prefix, _, dtype = name.partition(".")
        is_peak = prefix == "peak" and dtype
        if name not in FIGURES and not is_peak:
            known = [*FIGURES, *(f"peak.{d}" for d in self.peaks)]
            raise UnknownNameError("device figure", name, known)
        unit = TABLE["peak_flops" if is_peak else name].unit
        try:
            value, spread = read_spread(text, unit)
        except UnitError as error:
            raise UnitError(f"--set {name}: {error}") from error
        figure = checked(f"--set {name}", Figure(value, unit, "override", "", "--set", spread))
        if is_peak:
            return replace(self, peaks={**self.peaks, dtype: figure})
        return replace(self, figures={**self.figures, name: figure})
