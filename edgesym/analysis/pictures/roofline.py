"""The roofline of a device with the kernels of a model on it, by phase."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from edgesym.document.shown import Shown
from edgesym.engine.program import program_of
from edgesym.errors import ConfigError
from edgesym.quantities.time import BANDWIDTH, RATE, kernel_costs
from edgesym.scenario.setup import Setup
from edgesym.symbols import symbol

__all__ = ["PHASES", "Mark", "Roofline", "roofline"]

PHASES = ("prefill", "decode")


@dataclass(frozen=True, slots=True)
class Mark:
    """A kernel in a phase.

    Attributes:
        intensity: FLOPs per byte moved; ``rate``: FLOP/s that it reaches, launches included.
        seconds: all its runs in a step; ``share``: of the step.
    """

    phase: str
    kernel: str
    repeat: float
    flops: float
    bytes: float
    seconds: float
    share: float

    @property
    def intensity(self) -> float:
        """FLOPs per byte moved; 0 of what computes nothing, which may move none."""
        return self.flops / self.bytes if self.flops else 0.0

    @property
    def rate(self) -> float:
        """FLOP/s that the kernel reaches."""
        return self.flops * self.repeat / self.seconds if self.flops else 0.0


@dataclass(frozen=True, slots=True, repr=False)
class Roofline(Shown):
    """Kernels under the roof of a device.

    Attributes:
        peak, bandwidth: as stated, FLOP/s and B/s; ``rate`` and ``moved``: as reached.
    """

    setup: Setup
    peak: float
    bandwidth: float
    rate: float
    moved: float
    marks: tuple[Mark, ...]

    @property
    def ridge(self) -> float:
        """Intensity above which computing is what a kernel waits for."""
        return self.rate / self.moved

    @property
    def silent(self) -> int:
        """Kernels that compute nothing, which a roofline does not show."""
        return sum(not mark.flops for mark in self.marks)


def roofline(setup: Setup, phases: Iterable[str] = PHASES) -> Roofline:
    """The kernels of a prefill of the prompt and of a decode step at the context.

    The rate of a kernel is F / max(F / (U_c P), Q / (U_m W_m)) or as the composition has it, its
    launches included (Williams et al. 2009, doi:10.1145/1498765.1498785).

    Raises:
        DeviceError: there is no device; ConfigError: a composition of whole steps.
    """
    values = setup.values()
    _ = setup.machine
    marks = [mark for phase in phases for mark in _marks(setup, phase)]
    ends = (symbol("peak_flops"), symbol("memory_bandwidth"), RATE, BANDWIDTH)
    peak, bandwidth, rate, moved = map(float, program_of(ends).exact(values))
    return Roofline(setup, peak, bandwidth, rate, moved, tuple(marks))


def _marks(setup: Setup, phase: str) -> list[Mark]:
    kernels = kernel_costs(setup.case(phase))
    if [kernel.name for kernel in kernels] == ["step"]:
        raise ConfigError(
            f"the composition {setup.run.composition} states whole steps and has no kernels; "
            "choose max, sum or smooth"
        )
    forms = [
        form
        for kernel in kernels
        for form in (kernel.repeat, kernel.flops, kernel.time + kernel.overhead)
    ]
    moved = [amount for kernel in kernels for amount in kernel.traffic.values()]
    program = program_of([*forms, *moved])
    setup.require(f"a roofline of a {phase}", program.symbols)
    found = iter(map(float, program.exact(setup.values())))
    rows = [(next(found), next(found), next(found)) for _ in kernels]
    traffic = [sum(next(found) for _ in kernel.traffic) for kernel in kernels]
    total = sum(repeat * time for repeat, _, time in rows)
    return [
        Mark(phase, kernel.name, repeat, flops, bytes_, repeat * time, repeat * time / total)
        for kernel, (repeat, flops, time), bytes_ in zip(kernels, rows, traffic, strict=True)
    ]
