"""Optimise: what each technique makes of a model on a device, beside the model as it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from edgesym.analysis.inverse.conditions import Condition, read_conditions
from edgesym.analysis.optimization.target import Target
from edgesym.analysis.optimization.technique import BASELINE, Technique
from edgesym.document.shown import Shown
from edgesym.engine.program import program_of
from edgesym.errors import EdgesymError
from edgesym.frozen import FrozenMap
from edgesym.scenario.setup import Setup

__all__ = ["ON_DEVICE", "SIZES", "Candidate", "Optimization", "optimize"]

#: The size of the file, or of the tensors where its metadata are not known.
SIZES = ("file_bytes", "weight_storage_bytes")
#: What is asked besides, as far as there are figures of a device for it.
ON_DEVICE = ("time_to_first_token", "time_per_output_token", "energy_per_token")
_ASKED = (*SIZES, "memory_footprint", *ON_DEVICE)
_NONE: FrozenMap[str, float] = FrozenMap({})


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model with a technique applied.

    Attributes:
        setup: the model as it was, on the target.
        numbers: quantity -> its value in the base unit; none where the technique fails.
        fits: whether it fits in the memory; None where no memory is given.
        missed: the conditions that it does not meet.
        why: why there are no numbers; empty where there are.
    """

    setup: Setup
    technique: Technique
    numbers: FrozenMap[str, float] = _NONE
    fits: bool | None = None
    missed: tuple[str, ...] = ()
    why: str = ""

    @property
    def model(self) -> str:
        """Name of the model."""
        return self.setup.model.name

    @property
    def size(self) -> float:
        """Bytes of the file, or of its tensors."""
        return next(self.numbers[name] for name in SIZES if name in self.numbers)

    @property
    def time(self) -> float | None:
        """Seconds per token; None without a device."""
        return self.numbers.get("time_per_output_token")

    @property
    def will_do(self) -> bool:
        """Whether it fits, as far as that is asked, and meets every condition."""
        return not self.why and self.fits is not False and not self.missed

    def beats(self, other: Candidate) -> bool:
        """Whether it is as small and as fast as another, and better in one of the two."""
        ours, theirs = (self.size, self.time or 0.0), (other.size, other.time or 0.0)
        return ours != theirs and all(a <= b for a, b in zip(ours, theirs, strict=True))


@dataclass(frozen=True, slots=True, repr=False)
class Optimization(Shown):
    """The techniques on the models, each beside the model as it is.

    Attributes:
        candidates: model by model, the baseline first.
        conditions: what was asked of them.
        setups: the models as they are run, at the device's own speed.
    """

    target: Target
    candidates: tuple[Candidate, ...]
    conditions: tuple[str, ...] = ()
    setups: tuple[Setup, ...] = field(default=())

    @property
    def models(self) -> tuple[str, ...]:
        """The models, in the order asked for."""
        return tuple(dict.fromkeys(one.model for one in self.candidates))

    def of(self, model: str) -> tuple[Candidate, ...]:
        """The candidates of a model, the baseline first."""
        return tuple(one for one in self.candidates if one.model == model)

    def ratio(self, candidate: Candidate, name: str) -> float | None:
        """A quantity, ``size`` among them, relative to the baseline of the model."""
        base = self.of(candidate.model)[0]
        if base.why or candidate.why:
            return None
        if name == "size":
            return candidate.size / base.size
        if name not in candidate.numbers or not base.numbers.get(name):
            return None
        return candidate.numbers[name] / base.numbers[name]

    def best(self, model: str) -> Candidate | None:
        """The fastest of a model that will do, the smallest of equals; None where none does."""
        able = [one for one in self.of(model) if one.will_do]
        return min(able, key=lambda one: (one.time or 0.0, one.size), default=None)

    def front(self, model: str) -> tuple[Candidate, ...]:
        """Those of a model that fit and that no other beats in size and time; smallest first."""
        able = [one for one in self.of(model) if not one.why and one.fits is not False]
        timed = [one for one in able if one.time is not None]
        kept = (one for one in timed if not any(other.beats(one) for other in timed))
        return tuple(sorted(kept, key=lambda one: one.size))


def optimize(
    setups: Sequence[Setup],
    techniques: Iterable[Technique],
    target: Target,
    conditions: Iterable[str] = (),
) -> Optimization:
    """Apply each technique to each setup.

    A technique that a model cannot have is a candidate that says why; the others stand.

    >>> from edgesym.analysis.optimization.technique import find_technique
    >>> found = optimize([Setup("llama-3.2-1b")], [find_technique("q8_0")], Target())
    >>> [(one.technique.name, round(one.size / 1e6)) for one in found.candidates]
    [('baseline', 2472), ('q8_0', 1321)]

    Raises:
        ExpressionError, UnknownNameError, UnitError: a condition cannot be read.
        DeviceError: a condition needs figures of a device, and there is none.
    """
    asked, wanted = tuple(conditions), (BASELINE, *techniques)
    placed = tuple(replace(setup, device=target.machine) for setup in setups)
    for setup in placed:
        setup.require(f"optimising {setup.model.name}", setup.model.operators)
        setup.known(_ASKED)  # an error where the run does not say what its draft needs
        for text, condition in zip(asked, read_conditions(asked, setup), strict=True):
            setup.require(text, condition.free_symbols)
    found = tuple(
        _candidate(setup, technique, target.room, asked) for setup in placed for technique in wanted
    )
    as_it_is = tuple(replace(setup, device=target.device) for setup in setups)
    return Optimization(target, found, asked, as_it_is)


def _candidate(
    setup: Setup, technique: Technique, room: float | None, conditions: Sequence[str]
) -> Candidate:
    try:
        made = replace(setup, run=technique.of(setup.run))
        numbers = _numbers(made)
        read = read_conditions(conditions, made)
        missed = tuple(_missed(read, made))
    except EdgesymError as error:  # the candidate's row tells it
        return Candidate(setup, technique, why=str(error))
    fits = None if room is None else numbers["memory_footprint"] <= room
    return Candidate(setup, technique, FrozenMap(numbers), fits, missed)


def _numbers(setup: Setup) -> dict[str, float]:
    forms = setup.known(_ASKED)
    results = program_of(forms.values()).at(setup.values()).results
    return dict(zip(forms, map(float, results), strict=True))


def _missed(conditions: Sequence[Condition], setup: Setup) -> Iterable[str]:
    values = setup.values()
    return (str(condition) for condition in conditions if not condition.holds(values))
