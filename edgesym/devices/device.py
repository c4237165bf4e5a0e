"""A device: its figures, the numbers of its symbols, and overriding them."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import sympy

from edgesym.devices.figure import BY_DTYPE, FIGURES, Figure, checked_figure, in_dtype
from edgesym.devices.spread import Spread, read_spread
from edgesym.domain import checked
from edgesym.errors import DeviceError, ExpressionError, UnitError, UnknownNameError
from edgesym.formats import Format
from edgesym.frozen import FrozenMap
from edgesym.override import Change, read_change
from edgesym.symbols import TABLE, symbol
from edgesym.units import human

__all__ = ["Device", "is_figure", "refuse_idle"]

#: What a device draws at most where nobody has said: energy is then not capped.
_UNLIMITED = Figure(
    math.inf, "W", "absent", "no power_limit is given, so that nothing caps the power", ""
)


@checked
def is_figure(name: str) -> bool:
    """Whether a name is a figure of a device, of a dtype or of all.

    >>> [is_figure(name) for name in ("peak.fp16", "compute_utilisation.int8", "hidden")]
    [True, True, False]
    """
    word, dot, dtype = name.partition(".")
    return word in FIGURES if not dot else bool(dtype) and word in ("peak", *BY_DTYPE)


@dataclass(frozen=True, slots=True, repr=False)
class Device:
    """A device.

    Attributes:
        id: how it is named on the command line.
        name: its name in prose.
        peaks: peak rate by arithmetic dtype, dense, FLOP/s.
        figures: the figures it has, by word; those of a dtype as ``energy_per_flop.int8``.
        runtimes: what runs models on it, by name, the usual first.
        host: the device that is the processor beside it; empty where it is that itself.
        host_assumed: whether its class says so, of a card that may be put into any computer.
        device_class: the class that gives what its own file does not say; empty where none does.
        part: what its class is of, ``cpu``, ``gpu`` or ``npu``; empty where it is of none.
        of_class: names of the figures that its class gives, and its own file does not.
        stands: words of the figures that a user's own file gives, which no fit replaces.
    """

    id: str
    name: str
    summary: str
    peaks: Mapping[str, Figure]
    figures: Mapping[str, Figure]
    runtimes: tuple[str, ...] = ()
    host: str = ""
    device_class: str = ""
    part: str = ""
    stands: frozenset[str] = frozenset()
    host_assumed: bool = False
    of_class: frozenset[str] = frozenset()
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Hold the tables as values, and hash once, for memos: equal devices have an equal one."""
        for name in ("peaks", "figures"):
            object.__setattr__(self, name, FrozenMap(getattr(self, name)))
        numbers = frozenset((word, figure.value) for word, figure in self.figures.items())
        object.__setattr__(self, "_hash", hash((self.id, numbers)))

    def __hash__(self) -> int:
        return self._hash

    def __reduce__(self) -> tuple[Any, ...]:
        """The fields alone: a hash of text is another one in another process."""
        return Device, tuple(getattr(self, f.name) for f in fields(self) if f.init)

    def __repr__(self) -> str:
        """Its names, and a digest of its figures: equal where devices are."""
        parts = repr([getattr(self, field.name) for field in fields(self)]).encode()
        return f"<Device {self.id}: {self.name} {hashlib.sha256(parts).hexdigest()[:12]}>"

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

    def in_dtype(self, dtype: str) -> dict[str, Figure]:
        """The figure of each symbol by word, computing in ``dtype``: its own, or that for all."""
        figures = in_dtype(self.figures, dtype)
        return {"power_limit": _UNLIMITED, **figures, "peak_flops": self.peaks[dtype]}

    def values(self, dtype: str) -> dict[sympy.Symbol, float]:
        """The number of each device symbol, computing in ``dtype``."""
        return {symbol(word): figure.value for word, figure in self.in_dtype(dtype).items()}

    def stds(self, dtype: str) -> dict[sympy.Symbol, float]:
        """The standard deviation of each device symbol that has one, computing in ``dtype``."""
        figures = self.in_dtype(dtype).items()
        return {symbol(word): figure.std for word, figure in figures if figure.std}

    @property
    def memory_reserve(self) -> float | None:
        """Bytes that the system and the runtime keep for themselves, where that is known."""
        figure = self.figures.get("memory_reserve")
        return None if figure is None else figure.value

    @property
    def room(self) -> float:
        """Bytes that a model may fill: the memory, less what is known to be kept."""
        return self.figures["memory_size"].value - (self.memory_reserve or 0.0)

    def with_settings(self, settings: Iterable[str]) -> Device:
        """The device with figures overridden by texts such as ``memory_bandwidth=20GB/s``.

        A text may give the spread too, ``16+-1GB/s`` or ``15..17GB/s``; without one the
        figure is exact, whatever the device's own was. A figure without a dtype is set for
        all of them. It may also change the device's own, ``2*memory_bandwidth`` or
        ``idle_power+1W``.

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
        return changed.consistent()

    def consistent(self) -> Device:
        """The device itself, if its figures agree with one another.

        Raises:
            DeviceError: it would draw more when idle than it ever may.
        """
        refuse_idle(self.id, self.figures.get("idle_power"), self.figures.get("power_limit"))
        return self

    def _changed(self, name: str, change: Change, unit: str) -> Device:
        """The device with a figure changed, such as to ``2*memory_bandwidth``; of all dtypes.

        Its spread is what becomes of that of the device.
        """
        peaks = {n: f for n, f in self.peaks.items() if name == f"peak.{n}"}
        figures = {n: f for n, f in self.figures.items() if n == name or n.startswith(f"{name}.")}
        if not peaks and not figures:
            raise DeviceError(f"--set {name}={change.text}: {self.name} has none to change")

        def of(old: Figure) -> Figure:
            times = abs(float(change.times))
            low, high = (float(change.of(bound)) for bound in old.spread.bounds or (0.0, 0.0))
            spread = Spread(times * old.std, (low, high) if old.spread.bounds else None)
            value = float(change.of(old.value))
            figure = Figure(value, unit, "override", change.text, "--set", spread)
            return checked_figure(f"--set {name}", figure)

        return replace(
            self,
            peaks={**self.peaks, **{n: of(f) for n, f in peaks.items()}},
            figures={**self.figures, **{n: of(f) for n, f in figures.items()}},
        )

    def _with_figure(self, name: str, text: str) -> Device:
        word, _, dtype = name.partition(".")
        if not is_figure(name) or (word != "peak" and dtype and dtype not in self.peaks):
            dtypes = (f"{word}.{d}" for word in ("peak", *BY_DTYPE) for d in self.peaks)
            raise UnknownNameError("device figure", name, [*FIGURES, *dtypes])
        unit = TABLE["peak_flops" if word == "peak" else word].unit
        try:
            change = read_change(text, unit, lambda other: other == name)
            absolute = _absolute(text, unit) if change is None else None
        except (UnitError, ExpressionError) as error:
            raise type(error)(f"--set {name}: {error}") from error
        if change is not None:
            return self._changed(name, change, unit)
        assert absolute is not None
        figure = checked_figure(f"--set {name}", absolute)
        if word == "peak":
            return replace(self, peaks={**self.peaks, dtype: figure})
        # one for all is for all: those of a dtype give way
        kept = {n: f for n, f in self.figures.items() if dtype or not n.startswith(f"{word}.")}
        return replace(self, figures={**kept, name: figure})


def refuse_idle(where: str, idle: Figure | None, limit: Figure | None) -> None:
    """Refuse a board that would draw more when idle than it ever may.

    Raises:
        DeviceError: its idle power is above its limit, or is the limit that its class gives.
    """
    if idle is None or limit is None:
        return
    if idle.value > limit.value or (idle.value == limit.value and limit.kind == "inherited"):
        raise DeviceError(
            f"{where}: idle_power = {human(idle.value, 'W')} is above power_limit = "
            f"{human(limit.value, 'W')}, the most that it draws; give both of the same board"
        )


def _absolute(text: str, unit: str) -> Figure:
    """The figure that a number makes, exact where it has no spread."""
    value, spread = read_spread(text, unit)
    return Figure(value, unit, "override", "", "--set", spread)
