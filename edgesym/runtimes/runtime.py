"""A runtime: the software that runs a model, as far as it changes what a step costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from edgesym.devices import Device, Figure
from edgesym.devices.figure import in_dtype
from edgesym.frozen import FrozenMap
from edgesym.graph.kernels import UNFUSED, Fusion
from edgesym.graph.meaning import Purpose
from edgesym.runtimes.memory import Memory
from edgesym.runtimes.placement import Leaving

__all__ = ["EFFICIENCY", "FIXED", "JOININGS", "Efficiency", "Runtime"]

#: What its kernels reach: figures that a runtime may have of its own, in place of the device's.
EFFICIENCY = ("compute_utilisation", "memory_utilisation", "launch_overhead")
#: What a step costs it besides: figures that no device has without a runtime.
FIXED = ("handover_overhead", "sequence_overhead")
#: How a runtime may join the time to compute and the time to move bytes: compositions of time
#: that are of kernels, the usual first.
JOININGS = ("max", "sum", "smooth")
_NONE: FrozenMap[str, Figure] = FrozenMap()


@dataclass(frozen=True, slots=True)
class Efficiency:
    """What kernels of some purposes reach, where it is not what all others do.

    Attributes:
        kind: sets their symbols apart: U_c of the kind ``attention`` is U_c_attention.
        figures: by word and dtype, as of a device: ``compute_utilisation.bf16``.
    """

    kind: str
    purposes: frozenset[Purpose]
    figures: FrozenMap[str, Figure]

    def in_dtype(self, dtype: str) -> dict[str, Figure]:
        """Its figures by word, computing in ``dtype``."""
        return in_dtype(self.figures, dtype)


@dataclass(frozen=True, slots=True)
class Runtime:
    """A runtime.

    Attributes:
        id: how it is named on the command line.
        name: its name in prose.
        fusion: which operations run together.
        launches: how many kernels it starts for an operation of a purpose, where it is not one.
        arithmetic: formats of weights and the dtypes it computes on them in, best first, where
            they are not those of the format itself.
        formats: the formats of weights that it runs; all where empty.
        most_rows: outputs of the largest product that it runs; any where 0.
        rest: the runtime that runs, on the processor beside the device, products with weights
            that it does not; it refuses other formats where empty.
        figures: what its kernels reach and what a launch costs, in place of the device's.
        efficiency: what kernels of some purposes reach; the first that has one of them holds.
        memory: how it holds a model in memory; none where it is not known, or no software.
        bases: the runtimes that it differs from by what its file says, the nearest first.
        backends: whether it is what several runtimes have in common: on a device the first of
            these that runs there is meant.
        composition: how its kernels join the time to compute and the time to move bytes.
        smoothness: the exponent of ``smooth``; the usual one where it is none.
        leaving: how it leaves layers to another place; none where it cannot.
        queued: whether launches go ahead of the kernels that run: a step takes the longer of
            running its kernels and launching them, not both.
        stated: the keys that its file and its bases state; what the others are is taken.
    """

    id: str
    name: str
    summary: str
    source: str
    fusion: Fusion = UNFUSED
    launches: tuple[tuple[Purpose, Fraction], ...] = ()
    arithmetic: tuple[tuple[str, tuple[str, ...]], ...] = ()
    formats: frozenset[str] = frozenset()
    figures: FrozenMap[str, Figure] = _NONE
    efficiency: tuple[Efficiency, ...] = ()
    memory: Memory | None = None
    bases: tuple[str, ...] = ()
    backends: bool = False
    most_rows: int = 0
    rest: str = ""
    composition: str = JOININGS[0]
    smoothness: float | None = None
    queued: bool = False
    leaving: Leaving | None = None
    stated: frozenset[str] = field(default=frozenset(), compare=False)

    @property
    def beside(self) -> str:
        """The runtime that runs what is left to the processor beside the device; or none."""
        return self.rest or (self.leaving.runs if self.leaving else "")

    def launched(self, purposes: Iterable[Purpose]) -> Fraction:
        """How many kernels are started for operations that run together.

        Those of the operation that takes most: an operation that is run as one with others
        starts none of its own.
        """
        known = dict(self.launches)
        return max((known.get(purpose, Fraction(1)) for purpose in purposes), default=Fraction(0))

    def computes_in(self, weights: str) -> tuple[str, ...]:
        """The dtypes that it computes in on weights of a format, best first; empty if unsaid."""
        return dict(self.arithmetic).get(weights, ())

    @property
    def schedules(self) -> bool:
        """Whether each sequence of a step costs it time of its own, t_s, as a server's does."""
        return "sequence_overhead" in self.figures

    def runs(self, weights: str, rows: int = 1) -> bool:
        """Whether it runs products with weights of a format, of so many outputs."""
        fits = not self.most_rows or rows <= self.most_rows
        return fits and (not self.formats or weights in self.formats)

    def kind_of(self, purposes: Iterable[Purpose]) -> str:
        """The kind of efficiency that a kernel has; empty for that of all others."""
        found = set(purposes)
        return next((e.kind for e in self.efficiency if e.purposes & found), "")

    def on(self, device: Device) -> Device:
        """A device as the runtime uses it: with the runtime's figures, save those set by hand.

        One for all dtypes is for all: the device's own of a dtype give way.
        """
        own = {
            name: figure
            for name, figure in self.figures.items()
            if not _is_set(device.figures, name) and _fits(name, device)
        }
        kept = {
            name: figure
            for name, figure in device.figures.items()
            if figure.kind == "override" or name.partition(".")[0] not in own
        }
        figures = {**kept, **own}
        return device if figures == device.figures else replace(device, figures=figures)


def _is_set(figures: Mapping[str, Figure], name: str) -> bool:
    """Whether a figure, or that of all dtypes, was set by hand."""
    word = name.partition(".")[0]
    return any(n in figures and figures[n].kind == "override" for n in (name, word))


def _fits(name: str, device: Device) -> bool:
    dtype = name.partition(".")[2]
    return not dtype or dtype in device.peaks
