"""What the closed forms say of a measurement, and what no device can be better than."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache

import sympy

from edgesym.analysis.uncertainty import OF_90, uncertain_in
from edgesym.catalogue import Case, find_quantity
from edgesym.engine.program import program_of
from edgesym.graph.meaning import Group
from edgesym.ledger import Kind
from edgesym.scenario.setup import Setup

__all__ = ["OF_90", "Asked", "Predicted", "impossible", "predict"]

#: Share of the bytes of the weights that products read, below which a memory cannot hold them:
#: what a source rounds. Tables of tokens may stay in a file.
_HELD = 0.98


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
        held = find_quantity("compute_buffer_bytes").expression(step)
        memory = asked.setup.runtime.memory
        if asked.phase == "prefill" and memory is not None and memory.appended:
            # no cache was set aside before: what the prompt leaves in it came with the step
            held += find_quantity("kv_cache_bytes").expression(step)
        return held
    names = {"energy": "energy_per_step", "memory": "memory_footprint"}
    return find_quantity(names.get(asked.kind, "step_time")).expression(case)


def impossible(asked: Asked, measured: float) -> str:
    """Why no device of these figures could have done that; empty where it could.

    A step moves each tensor at least once and computes what its products need: it is faster than
    neither bytes over the peak bandwidth nor FLOPs over the largest peak, and draws the idle
    power for as long. What breaks that has a wrong label, or its device a wrong specification.
    """
    if asked.kind == "memory":
        if asked.peak or asked.setup.placement.split or measured >= _HELD * _multiplied(asked):
            return ""
        return "less memory than the weights that products read"
    device = asked.setup.machine
    bytes_moved, work = _least(asked)
    by_memory = bytes_moved / device.figures["memory_bandwidth"].value
    by_compute = work / max(peak.value for peak in device.peaks.values())
    if asked.kind == "energy":
        idle = device.figures["idle_power"].value if "idle_power" in device.figures else 0.0
        less = measured * asked.tokens < idle * max(by_memory, by_compute)
        return "less energy than idle power over its shortest time" if less else ""
    seconds = asked.tokens / measured
    if seconds < by_memory:
        return "faster than its bytes over the peak bandwidth"
    if seconds < by_compute:
        return "faster than its FLOPs over the largest peak"
    return ""


@cache
def _multiplied(asked: Asked) -> float:
    """Bytes of the weights but for tables that are looked up."""
    rows = asked.setup.case(asked.phase).rows(Kind.STORED)
    held = rows.filter(where=lambda row: row.group is not Group.EMBEDDING).bytes()
    return float(program_of([held]).at(asked.setup.values()).results[0])


@cache
def _least(asked: Asked) -> tuple[float, float]:
    """Bytes and FLOPs of a step whose blocks are one kernel each."""
    ideal = replace(asked.setup, run=replace(asked.setup.run, kernels="ideal"))
    case: Case = ideal.case(asked.phase)
    forms = [find_quantity(name).expression(case) for name in ("memory_traffic", "flops")]
    moved, work = program_of(forms).at(ideal.values()).results
    return float(moved), float(work)
