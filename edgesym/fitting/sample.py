"""Measured steps as the numbers that a fit needs: what each kernel takes at the peaks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import sympy
from numpy.typing import NDArray

from edgesym.engine.program import program_of
from edgesym.errors import ConfigError, EdgesymError
from edgesym.fits.levels import Place
from edgesym.quantities.composition import DEFAULT_SMOOTHNESS
from edgesym.quantities.time import KernelCost, kernel_costs
from edgesym.scenario.setup import Setup
from edgesym.symbols import describe
from edgesym.validation.corpus import Measurement
from edgesym.validation.mapping import mapped
from edgesym.validation.predict import Asked, impossible

__all__ = ["Floats", "Sample", "sample_of", "samples"]

Floats = NDArray[np.float64]
#: The kind of kernels whose rate is fitted apart, where the runtime sets them apart.
_ATTENTION = "attention"
#: Composition -> the exponent q of (compute^q + memory^q)^(1/q).
_EXPONENTS = {"max": np.inf, "smooth": float(DEFAULT_SMOOTHNESS), "sum": 1.0}
_TIMED = ("decode", "prefill")


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A measured step, taken apart into kernels.

    Attributes:
        device_class: the class of the device; the device where it has none.
        recipe: of the weights, whose main format the place holds.
        seconds: what was measured.
        computing: seconds that each kernel, all its runs together, computes at the peak.
        moving: seconds that each moves bytes at the peak.
        attention: which kernels are of attention, where the runtime sets them apart.
        exponent: how the two are joined; infinite for the longer.
        launches: kernels that are started.
        source: where it was published, and its line in the file.
    """

    place: Place
    device_class: str
    model: str
    recipe: str
    phase: str
    seconds: float
    computing: Floats
    moving: Floats
    attention: NDArray[np.bool_]
    exponent: float
    launches: float
    source: str = ""
    line: int = 0

    @property
    def cell(self) -> tuple[str, ...]:
        """What measurements of one kind have in common, their errors among it."""
        return (self.place.device, self.place.runtime, self.recipe, self.model)


def sample_of(
    setup: Setup, phase: str, seconds: float, source: str = "", line: int = 0
) -> Sample:
    """A setup's step in a phase, and how long it took.

    Raises:
        ConfigError: its composition states the time of a step whole.
        EdgesymError: a symbol has no number.
    """
    if setup.run.composition not in _EXPONENTS:
        raise ConfigError(f"the composition {setup.run.composition} has no kernels to fit")
    kernels = kernel_costs(setup.case(phase))
    program = program_of([form for kernel in kernels for form in _forms(kernel)])
    values = setup.values()
    setup.require("the time of a step", program.symbols)
    at_peak = {made: 1.0 for made in program.symbols if _is_share(made)}
    found = np.array(program.at({**values, **at_peak}).results, dtype=np.float64)
    repeat, launches, computing, moving = found.reshape(-1, 4).T
    device = setup.machine
    name = device.id.partition("@")[0]
    return Sample(
        Place(name, setup.runtime.id, setup.formats.weights.main.name),
        device.device_class or name,
        setup.model.name,
        setup.formats.weights.name,
        phase,
        seconds,
        repeat * computing,
        repeat * moving,
        np.array([kernel.kind == _ATTENTION for kernel in kernels]),
        _EXPONENTS[setup.run.composition],
        float(repeat @ launches),
        source,
        line,
    )


def _forms(kernel: KernelCost) -> Iterator[sympy.Expr]:
    yield from (kernel.repeat, kernel.launches, kernel.compute_time, kernel.memory_time)


def _is_share(made: sympy.Symbol) -> bool:
    word = describe(made).word.partition(".")[0]
    return word in ("compute_utilisation", "memory_utilisation")


def samples(rows: Iterable[Measurement]) -> Iterator[Sample]:
    """The timed rows that can be mapped, and that the device could have given.

    The rest is what ``edgesym validate`` counts with its reason.
    """
    for row in rows:
        if row.kind not in _TIMED or (setup := mapped(row).setup) is None:
            continue
        try:
            asked = Asked(setup, row.kind, row.phase, row.tokens, row.peak)
            if impossible(asked, row.value):
                continue
            source = row.labels.get("source_url", "")
            yield sample_of(setup, row.phase, row.tokens / row.value, source, row.line)
        except EdgesymError:
            continue


