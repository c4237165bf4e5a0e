"""Measured steps as the numbers that a fit needs: what each kernel takes at the peaks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import sympy
from numpy.typing import NDArray

from edgesym.devices import Device
from edgesym.engine.program import program_of
from edgesym.errors import ConfigError, EdgesymError
from edgesym.fits.levels import Place
from edgesym.quantities.composition import find_composition
from edgesym.quantities.time import KernelCost, kernel_costs
from edgesym.runtimes import Runtime
from edgesym.runtimes.placement import HOST
from edgesym.scenario.fitted import shares_apart
from edgesym.scenario.placed import host_of
from edgesym.scenario.setup import Setup
from edgesym.symbols import describe, symbol
from edgesym.validation.corpus import Measurement
from edgesym.validation.mapping import mapped
from edgesym.validation.predict import Asked, impossible

__all__ = ["Floats", "Sample", "sample_of", "samples"]

Floats = NDArray[np.float64]
#: The kind of kernels whose rate is fitted apart, where the runtime sets them apart.
_ATTENTION = "attention"
_TIMED = ("decode", "prefill")
_SHARES = ("compute_utilisation", "memory_utilisation")
_LAUNCH = "launch_overhead"
#: Composition -> the exponent of (compute^q + memory^q)^(1/q), where it is always the same.
_EXPONENTS = {"max": np.inf, "sum": 1.0}
_NO_KERNELS = np.zeros((3, 0))


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
        overheads: how often the step pays each fixed cost, by word.
        queued: whether these are paid while kernels run.
        beside: what runs on the processor beside the device.
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
    overheads: Mapping[str, float]
    queued: bool = False
    beside: Sample | None = None
    source: str = ""
    line: int = 0

    @property
    def cell(self) -> tuple[str, ...]:
        """What measurements of one kind have in common, their errors among it."""
        return (self.place.device, self.place.runtime, self.recipe, self.model)


def sample_of(setup: Setup, phase: str, seconds: float, source: str = "", line: int = 0) -> Sample:
    """A setup's step in a phase, and how long it took.

    Raises:
        ConfigError: its composition states the time of a step whole.
        EdgesymError: a symbol has no number.
    """
    case = setup.case(phase)
    if find_composition(case.composition).stated():
        raise ConfigError(f"the composition {case.composition} has no kernels to fit")
    kernels = kernel_costs(case)
    main = (setup.formats.weights.main.name, setup.model.architecture)
    here = [kernel for kernel in kernels if not kernel.place]
    there = [kernel for kernel in kernels if kernel.place]
    steps = _kernels(setup, here, _place(setup.machine, setup.runtime, *main), phase, seconds)
    found = replace(
        steps,
        model=setup.model.name,
        recipe=setup.formats.weights.name,
        queued=setup.runtime.queued,
        source=source,
        line=line,
    )
    if not there:
        return found
    rest, host = host_of(setup.runtime, setup.machine)
    beside = _kernels(setup, there, _place(host, rest, *main), phase, seconds)
    # what handing over costs is paid here, launches are there
    paid = dict(beside.overheads)
    own = {_LAUNCH: paid.pop(f"{_LAUNCH}.{HOST}", 0.0)}
    beside = replace(beside, overheads=own)
    return replace(found, overheads={**found.overheads, **paid}, beside=beside)


def _place(device: Device, runtime: Runtime, weights: str, architecture: str) -> tuple[Place, str]:
    """Where a step runs, and the class of the device."""
    name = device.id.partition("@")[0]
    return Place(name, runtime.id, weights, architecture), device.device_class or name


def _kernels(
    setup: Setup, kernels: Sequence[KernelCost], at: tuple[Place, str], phase: str, seconds: float
) -> Sample:
    """The kernels of one place."""
    counts: dict[sympy.Symbol, sympy.Expr] = {}
    for kernel in kernels:
        queued = {symbol(_LAUNCH): kernel.launches} if kernel.queued else {}
        for cost, count in (kernel.overheads | queued).items():
            counts[cost] = counts.get(cost, sympy.S.Zero) + kernel.repeat * count
    times = [form for k in kernels for form in (k.repeat, k.compute_time, k.memory_time)]
    program = program_of([*counts.values(), *times])
    values, apart = setup.values(), shares_apart(setup.runtime, setup.dtype)
    at_peak = {m: apart.get(m, 1.0) for m in program.symbols if _word(m) in _SHARES}
    setup.require("the time of a step", (made for made in program.symbols if made not in at_peak))
    found = np.array(program.at({**values, **at_peak}).results, dtype=np.float64)
    repeat, computing, moving = found[len(counts) :].reshape(-1, 3).T if times else _NO_KERNELS
    joined = setup.case(phase).composition
    free = symbol("compute_utilisation", _ATTENTION) not in apart
    place, device_class = at
    return Sample(
        place=place,
        device_class=device_class,
        model="",
        recipe="",
        phase=phase,
        seconds=seconds,
        computing=repeat * computing,
        moving=repeat * moving,
        attention=np.array([free and k.kind == _ATTENTION for k in kernels], dtype=np.bool_),
        exponent=_EXPONENTS.get(joined) or float(values[symbol("smoothness")]),
        overheads={describe(c).word: float(n) for c, n in zip(counts, found, strict=False)},
    )


def _word(made: sympy.Symbol) -> str:
    return describe(made).word.partition(".")[0]


def samples(rows: Iterable[Measurement]) -> Iterator[Sample]:
    """The timed rows that can be mapped, and that the device could have given.

    The rest is what ``edgesym validate`` counts with its reason; models that lie in several
    places are left for it to predict.
    """
    for row in rows:
        if row.kind not in _TIMED or (setup := mapped(row).setup) is None or setup.run.places:
            continue
        try:
            asked = Asked(setup, row.kind, row.phase, row.tokens, row.peak)
            if impossible(asked, row.value):
                continue
            source = row.labels.get("source_url", "")
            yield sample_of(setup, row.phase, row.tokens / row.value, source, row.line)
        except EdgesymError:  # validate gives the reason, a fit how many rows it used
            continue
