"""What the closed forms say of a measurement, and what no device can be better than."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache

import sympy

from edgesym.analysis.uncertainty import OF_90, uncertain_in
from edgesym.catalogue import Case, find_quantity
from edgesym.engine.program import program_of
from edgesym.scenario.setup import Setup

__all__ = ["OF_90", "Asked", "Predicted", "impossible", "predict"]

#: Share of the weights' bytes below which a memory cannot hold them; tables may stay in a file.
_HELD = 0.5


@dataclass(frozen=True, slots=True)
class Asked:
    """Which number of a setup a measurement is of; see :class:`.corpus.Measurement`."""

    setup: Setup
    kind: str
    phase: str
    tokens: int
    peak: bool


@dataclass(frozen=True, slots=True)
class Predicted:
    """A prediction with its range.

    Attributes:
        value: in the unit of what was measured.
        interval: what 90 % of measurements should lie within; the value alone where no figure
            that enters has a spread.
    """

    value: float
    interval: tuple[float, float]

    @property
    def width(self) -> float:
        """The factor by which the interval reaches up and down, in the middle of its ends."""
        low, high = self.interval
        return math.sqrt(high / low) if low > 0 else math.inf


@cache
def predict(asked: Asked) -> Predicted:
    """The rate, energy or bytes of a setup, with the spread of the device's figures.

    The spread is taken as one of the logarithm, so that no end of the interval is negative.

    Raises:
        DeviceError, ConfigError: a symbol has no number.
    """
    setup, form = asked.setup, _form(asked)
    values = setup.values()
    program = program_of([form])
    setup.require(f"the {asked.kind} of {setup.title}", program.symbols)
    point = program.at(values)
    value = float(point.results[0])
    timed = asked.kind in ("decode", "prefill")
    # a time by the name that says which scatter it has
    name = _TIMES[asked.phase] if timed else asked.kind
    uncertain = uncertain_in(setup, {name: form}, point, values)
    low, high = uncertain[name].interval if name in uncertain else (value, value)
    if timed:
        return Predicted(asked.tokens / value, (asked.tokens / high, asked.tokens / low))
    shared = asked.tokens if asked.kind == "energy" else 1
    return Predicted(value / shared, (low / shared, high / shared))


_TIMES = {"decode": "time_per_output_token", "prefill": "time_to_first_token"}


def _form(asked: Asked) -> sympy.Expr:
    """Seconds or joules of a step, or bytes that are held."""
    case = asked.setup.case(asked.phase)
    if asked.peak:
        # a decode step alone: what its prompt needed has been given back
        alone = replace(case.workload, name="step")
        step = case if asked.phase == "prefill" else replace(case, workload=alone)
        return find_quantity("compute_buffer_bytes").expression(step)
    names = {"energy": "energy_per_step", "memory": "memory_footprint"}
    return find_quantity(names.get(asked.kind, "step_time")).expression(case)


def impossible(asked: Asked, measured: float) -> str:
    """Why no device of these figures could have done that; empty where it could.

    A step moves each tensor at least once and computes what its products need: it is faster than
    neither bytes over the peak bandwidth nor FLOPs over the largest peak. What breaks that has a
    wrong label, or its device a wrong specification.
    """
    if asked.kind == "memory":
        if asked.peak:
            return ""
        stored = float(asked.setup.number("weight_storage_bytes"))
        return "less memory than half of the weights" if measured < _HELD * stored else ""
    if asked.kind == "energy":
        return ""
    device, seconds = asked.setup.machine, asked.tokens / measured
    bytes_moved, work = _least(asked)
    if seconds < bytes_moved / device.figures["memory_bandwidth"].value:
        return "faster than its bytes over the peak bandwidth"
    if seconds < work / max(peak.value for peak in device.peaks.values()):
        return "faster than its FLOPs over the largest peak"
    return ""


@cache
def _least(asked: Asked) -> tuple[float, float]:
    """Bytes and FLOPs of a step whose blocks are one kernel each."""
    ideal = replace(asked.setup, run=replace(asked.setup.run, kernels="ideal"))
    case: Case = ideal.case(asked.phase)
    forms = [find_quantity(name).expression(case) for name in ("memory_traffic", "flops")]
    moved, work = program_of(forms).at(ideal.values()).results
    return float(moved), float(work)
