"""What a measured speed says of a device: which figure would have to be what, or that it cannot."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import sympy

from edgesym.analysis.crossovers.waits import shares
from edgesym.analysis.uncertainty import OF_90
from edgesym.catalogue import find_quantity
from edgesym.devices import Figure
from edgesym.document.shown import Shown
from edgesym.engine.program import Program, program_of
from edgesym.errors import ConfigError
from edgesym.numbers import Number
from edgesym.scenario.setup import Setup
from edgesym.symbols import symbol
from edgesym.validation.predict import Asked, Predicted, impossible, predict

__all__ = ["Implied", "WhatIf", "what_if"]

#: Figures that a gap may lie in.
_FIGURES = ("memory_utilisation", "compute_utilisation", "launch_overhead")
#: Between which numbers a figure is looked for, shares and seconds alike; and halvings: a
#: double's digits.
_LEAST, _LARGEST, _HALVINGS = 1e-12, 1.0, 100
_CLOSE = 1e-6


@dataclass(frozen=True, slots=True)
class Implied:
    """A figure, and what it would have to be for the prediction to be what was measured.

    Attributes:
        needed: with all other figures as they are; None where no value of it does.
    """

    word: str
    figure: Figure
    needed: float | None

    @property
    def plausible(self) -> bool:
        """Whether it lies in the figure's range, or in what 90 % of its spread holds.

        A figure is positive: its standard deviation is taken as one of the logarithm.
        """
        if self.needed is None:
            return False
        if self.figure.spread.bounds:
            low, high = self.figure.spread.bounds
            return low <= self.needed <= high
        if self.figure.value <= 0 or self.needed <= 0:
            return self.needed == self.figure.value
        width = OF_90 * (self.figure.std or 0.0) / self.figure.value
        return abs(math.log(self.needed / self.figure.value)) <= width


@dataclass(frozen=True, slots=True, repr=False)
class WhatIf(Shown):
    """A measured speed beside what is predicted.

    Attributes:
        measured: tokens/s of all sequences.
        impossible: why no device of these figures could do that; empty where one could.
        implied: the figures that decide, the likeliest first: by how many times they change.
    """

    asked: Asked
    measured: float
    predicted: Predicted
    impossible: str
    implied: tuple[Implied, ...]

    @property
    def seconds(self) -> float:
        """Of the step that was measured."""
        return self.asked.tokens / self.measured

    @property
    def moved(self) -> float:
        """Bytes that the step moves."""
        setup = self.asked.setup
        form = find_quantity("memory_traffic").expression(setup.case(self.asked.phase))
        return float(program_of([form]).at(setup.values()).results[0])

    @property
    def bandwidth(self) -> float:
        """Peak bandwidth of the device, B/s."""
        return self.asked.setup.machine.figures["memory_bandwidth"].value

    @property
    def shares(self) -> dict[str, float]:
        """What the predicted step waits for, most first; nothing of a prefill."""
        if self.asked.phase != "decode":
            return {}
        return dict(sorted(shares(self.asked.setup).items(), key=lambda item: -item[1]))

    @property
    def verdict(self) -> str:
        """In a sentence: impossible, as expected, explained by one figure, or suspicious."""
        low, high = self.predicted.interval
        if self.impossible:
            return f"impossible: {self.impossible}; a wrong label, or a wrong specification"
        if low <= self.measured <= high:
            return "as expected: within the 90 % interval of the prediction"
        side = "slower" if self.measured < low else "faster"
        likely = next((one for one in self.implied if one.plausible), None)
        if likely is not None:
            return f"{side} than expected; the spread of {likely.word} explains it"
        return f"suspicious: {side} than the spread of any one figure explains"


def what_if(setup: Setup, measured: float, phase: str = "decode") -> WhatIf:
    """What a measured speed, in tokens/s of all sequences, says of the device of a setup.

    Raises:
        ConfigError: the speed is no positive number.
        DeviceError: there is no device.
    """
    if not math.isfinite(measured) or measured <= 0:
        raise ConfigError(f"measured = {measured} must be a positive number of tokens/s")
    tokens = setup.run.batch * (1 if phase == "decode" else setup.run.prompt)
    if not math.isfinite(tokens / measured):
        raise ConfigError(f"measured = {measured} tokens/s is too slow for a time in seconds")
    asked = Asked(setup, phase, phase, tokens, False)
    implied = sorted(_implied(setup, phase, tokens / measured), key=_change)
    wrong = impossible(asked, measured)
    return WhatIf(asked, measured, predict(asked), wrong, tuple(implied))


def _change(one: Implied) -> float:
    if one.needed is None or one.figure.value <= 0:
        return math.inf
    return abs(math.log(one.needed / one.figure.value))


def _implied(setup: Setup, phase: str, seconds: float) -> Iterator[Implied]:
    name = "time_per_output_token" if phase == "decode" else "time_to_first_token"
    program = program_of([setup.expression(name)])
    values, figures = setup.values(), setup.figures()
    for word in _FIGURES:
        made = symbol(word)
        if made in program.symbols and made in figures:
            needed = _needed(program, values, made, seconds)
            yield Implied(word, figures[made], needed)


def _needed(
    program: Program,
    values: dict[sympy.Symbol, Number],
    made: sympy.Symbol,
    seconds: float,
) -> float | None:
    """The number of a symbol at which a time is so long; a time is monotone in each figure."""

    def off(number: float) -> float:
        return float(program.at({**values, made: number}).results[0]) - seconds

    low, high = _LEAST, _LARGEST
    rising = off(high) > off(low)
    for _ in range(_HALVINGS):
        middle = math.sqrt(low * high)
        if (off(middle) > 0) == rising:
            high = middle
        else:
            low = middle
    return middle if abs(off(middle)) <= _CLOSE * seconds else None
