"""Why a model generates as fast as it does on a device, and what would help.

What was measured fixes the one figure of the device that explains it best
(:func:`~edgesym.validation.whatif.what_if`): with that number in place the closed forms give the
measured speed, and the same forms say what the step waits for and what becomes of it when something
is changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from edgesym.analysis.crossovers.waits import shares
from edgesym.analysis.estimate import CHANGES
from edgesym.engine.program import program_of
from edgesym.errors import EdgesymError
from edgesym.formats import find_recipe
from edgesym.quantities.time import kernel_costs
from edgesym.scenario.setup import Setup
from edgesym.symbols import symbol
from edgesym.validation.whatif import Implied, WhatIf, what_if

__all__ = ["Change", "Diagnosis", "diagnose"]

#: Formats that weights may be put into, from wide to narrow.
_NARROWER = ("q8_0", "q6_k", "q4_k_m", "q4_0", "q2_k")
#: A change that makes less than this of a difference is not told.
_HELPS = 1.01
_SPEED = "tokens_per_second"


@dataclass(frozen=True, slots=True)
class Change:
    """Something that could be changed.

    Attributes:
        what: in words.
        kind: ``format``, ``context``, ``runtime`` or ``machine``.
        speed: tokens/s then.
    """

    what: str
    kind: str
    speed: float


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A measured speed, explained.

    Attributes:
        found: the speed beside the prediction, and the figures that it implies.
        setup: with the likeliest of them in place; as it was where none explains the speed.
        implied: that figure, or None.
        moved: bytes that a step moves, by what they are.
        changes: what would help, the most first.
    """

    found: WhatIf
    setup: Setup
    implied: Implied | None
    moved: Mapping[str, float]
    changes: tuple[Change, ...]

    @property
    def seconds(self) -> float:
        """Of a step."""
        return self.setup.run.batch / self.found.measured

    @property
    def bandwidth(self) -> float:
        """B/s: the bytes of a step over the time that it took."""
        return sum(self.moved.values()) / self.seconds

    @property
    def sustained(self) -> float:
        """B/s that the device is known to sustain."""
        return self.setup.machine.figures["memory_bandwidth"].value

    @property
    def limit(self) -> float:
        """Tokens/s if all of that were reached, and nothing else took time."""
        return self.setup.run.batch * self.sustained / sum(self.moved.values())

    @property
    def waits(self) -> dict[str, float]:
        """What a step waits for, the most first, as shares of its time."""
        found = {name: share for name, share in shares(self.setup).items() if share}
        return dict(sorted(found.items(), key=lambda item: -item[1]))

    @property
    def parts(self) -> dict[str, float]:
        """Where a step's time goes, by part of the model, as shares."""
        kernels = [k for k in kernel_costs(self.setup.case("decode")) if not k.queued]
        program = program_of([k.repeat * (k.time + k.overhead) for k in kernels])
        found: dict[str, float] = {}
        for kernel, time in zip(kernels, program.at(self.setup.values()).results, strict=True):
            part = kernel.name.partition(".")[0]
            found[part] = found.get(part, 0.0) + float(time)
        total = sum(found.values()) or 1.0
        return {p: t / total for p, t in sorted(found.items(), key=lambda item: -item[1])}

    @property
    def context(self) -> float:
        """The share of a step's time that it would not take without what is cached."""
        empty = _speed(_with(self.setup, context=1))
        return max(0.0, 1 - _speed(self.setup) / empty)


def diagnose(setup: Setup, measured: float) -> Diagnosis:
    """Explain a measured speed, tokens/s of all sequences, by the figures of the device.

    Raises:
        ConfigError: the speed is no positive number.
        DeviceError: there is no device.
    """
    found = what_if(setup, measured)
    able = [one for one in found.implied if one.needed is not None]
    implied = next((one for one in able if one.plausible), next(iter(able), None))
    placed = setup if implied is None or found.impossible else _placed(setup, implied)
    scale = measured / _speed(placed)
    changes = sorted(_changes(placed, scale), key=lambda change: -change.speed)
    told = tuple(change for change in changes if change.speed > _HELPS * measured)
    return Diagnosis(found, placed, implied, _moved(setup), told)


def _placed(setup: Setup, implied: Implied) -> Setup:
    """The setup with a figure at what was implied."""
    given = {**dict(setup.run.given), symbol(implied.word): implied.needed}
    return replace(setup, run=replace(setup.run, given=tuple(given.items())))


def _moved(setup: Setup) -> dict[str, float]:
    """Bytes of a decode step by role."""
    kernels = kernel_costs(setup.case("decode"))
    rows = [(role.value, k.repeat * size) for k in kernels for role, size in k.traffic.items()]
    program = program_of([size for _, size in rows])
    found: dict[str, float] = {}
    for (role, _), size in zip(rows, program.at(setup.values()).results, strict=True):
        found[role] = found.get(role, 0.0) + float(size)
    return found


def _changes(setup: Setup, scale: float) -> Iterator[Change]:
    """What could be changed, with the speed that it would give."""
    for name in _NARROWER:
        if (made := _narrower(setup, name)) is not None:
            yield Change(f"weights in {name.upper()}", "format", scale * _speed(made))
    half = max(1, setup.run.timed_at // 2)
    yield Change(
        f"half the context, {half} tokens", "context", scale * _speed(_with(setup, context=half))
    )
    for name in setup.machine.runtimes:
        other = None if name == setup.runtime.id else _tried(setup, kernels=name)
        # a runtime that nobody has measured on such devices is no advice
        if other is not None and any(each.fit.rows for each in other.fits):
            yield Change(f"{other.runtime.name} as the runtime", "runtime", scale * _speed(other))
    values = setup.values()
    form = program_of([setup.expression(_SPEED)])
    for what, changed, factor in CHANGES:
        if changed in form.symbols and changed in setup.figures():
            number = float(values[changed]) * float(factor)
            speed = float(form.at({**values, changed: number}).results[0])
            yield Change(what, "machine", scale * speed)


def _narrower(setup: Setup, name: str) -> Setup | None:
    """The setup with its weights in a narrower recipe; None where it is not, or does not suit."""
    if find_recipe(name).bytes_per_element >= setup.formats.weights.bytes_per_element:
        return None
    return _tried(setup, weights=name)


def _tried(setup: Setup, **changes: str) -> Setup | None:
    try:
        made = _with(setup, **changes)
        _speed(made)
    except EdgesymError:  # what does not run is no suspect
        return None
    return made


def _with(setup: Setup, **changes: object) -> Setup:
    return replace(setup, run=replace(setup.run, **changes))  # type: ignore[arg-type]


def _speed(setup: Setup) -> float:
    return float(setup.number(_SPEED))
