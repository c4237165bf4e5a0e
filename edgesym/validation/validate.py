"""Every row of a corpus: mapped or not and why, predicted, and how far off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from edgesym.document.shown import Shown
from edgesym.domain import checked
from edgesym.errors import EdgesymError
from edgesym.scenario.setup import Setup
from edgesym.validation.corpus import KINDS, UNITS, Measurement
from edgesym.validation.kernel_outcome import is_kernel, kernel_predicted
from edgesym.validation.mapping import Mapped, mapped
from edgesym.validation.predict import Asked, Predicted, impossible, predict
from edgesym.validation.statistics import Statistics, statistics

__all__ = ["BY", "SPLITS", "Outcome", "Validation", "validate"]

#: What rows are grouped by.
BY = ("device", "model", "runtime", "format", "phase")
#: What a split is of. ``seen``: the fit has rows of the device in the runtime, and of the model
#: there; ``model``: it has, of other models; ``device``: it has none of the device in the runtime.
SPLITS = ("seen", "model", "device")


@dataclass(frozen=True, slots=True)
class Outcome:
    """A row, what it was taken for, and what is predicted of it.

    Attributes:
        reason: why it was not compared; empty where it was.
        split: one of :data:`SPLITS`; empty where it was not compared, or is of memory.
    """

    row: Measurement
    mapped: Mapped
    reason: str = ""
    predicted: Predicted | None = None
    split: str = ""

    @property
    def error(self) -> float:
        """Predicted over measured, less 1; nan where the row was not compared."""
        return self.predicted.value / self.row.value - 1 if self.predicted else float("nan")

    @property
    def covered(self) -> bool:
        """Whether the measurement lies in the 90 % interval."""
        if self.predicted is None:
            return False
        low, high = self.predicted.interval
        return low <= self.row.value <= high

    def label(self, by: str) -> str:
        """What the row is grouped under; the publisher's label where it has no setup."""
        setup, labels = self.mapped.setup, self.row.labels
        if by == "phase":
            return self.row.phase
        if setup is None:
            column = {"runtime": "framework", "format": "quant"}.get(by, by)
            return labels.get(column, labels.get({"format": "dtype"}.get(by, by), ""))
        if by == "device":
            return labels["device"] if setup.device is None else setup.device.id
        names = {"model": setup.model.name, "runtime": setup.kernels}
        return names.get(by) or setup.formats.weights.name

    def as_json(self) -> dict[str, Any]:
        """The row for programs, in base units."""
        known = self.predicted is not None and self.predicted.width > 1
        return {
            "line": self.row.line,
            "group": self.row.kind,
            **{by: self.label(by) for by in BY},
            "batch": self.row.batch,
            "context": None if self.mapped.setup is None else self.mapped.setup.run.timed_at,
            "unit": UNITS[self.row.kind],
            "measured": self.row.value,
            "predicted": self.predicted.value if self.predicted else None,
            "interval_90": list(self.predicted.interval) if self.predicted and known else None,
            "error": self.error if self.predicted else None,
            "split": self.split or None,
            "assumed": list(self.mapped.assumed),
            "reason": self.reason or None,
        }


@dataclass(frozen=True, slots=True, repr=False)
class Validation(Shown):
    """The outcomes of a corpus."""

    outcomes: tuple[Outcome, ...]

    @property
    def groups(self) -> dict[str, Statistics]:
        """Statistics of each kind of measurement."""
        there = {one.row.kind for one in self.outcomes}
        return {
            kind: _statistics(one for one in self.outcomes if one.row.kind == kind)
            for kind in UNITS
            if kind in KINDS or kind in there
        }

    @property
    def unmapped(self) -> dict[str, int]:
        """Rows that were not compared, by their reason, most frequent first."""
        return dict(Counter(one.reason for one in self.outcomes if one.reason).most_common())

    def by(self, what: str) -> dict[str, dict[str, Statistics]]:
        """Statistics of each kind by device, model, runtime, format or phase; of compared rows."""
        compared = [one for one in self.outcomes if one.predicted]
        table: dict[str, dict[str, Statistics]] = {}
        for kind, label in dict.fromkeys((one.row.kind, one.label(what)) for one in compared):
            found = (o for o in compared if (o.row.kind, o.label(what)) == (kind, label))
            table.setdefault(kind, {})[label] = _statistics(found)
        return table

    def only(self, split: str) -> Validation:
        """The rows of a split; those that were not compared belong to none."""
        return Validation(tuple(one for one in self.outcomes if one.split == split))


def _statistics(outcomes: Iterable[Outcome]) -> Statistics:
    rows = list(outcomes)
    compared = [(one, one.predicted) for one in rows if one.predicted]
    return statistics(
        len(rows),
        [one.error for one, _ in compared],
        [one.covered for one, predicted in compared if predicted.width > 1],
        [predicted.width for _, predicted in compared if predicted.width > 1],
    )


@checked
def validate(rows: Iterable[Measurement]) -> Validation:
    """Predict what each row measured; nothing is fitted.

    A row that no device of these figures could have given is counted, and not used.
    """
    return Validation(tuple(map(_outcome, rows)))


def _outcome(row: Measurement) -> Outcome:
    if is_kernel(row):
        said = kernel_predicted(row)
        reason, known = (said, None) if isinstance(said, str) else ("", said)
        return Outcome(row, Mapped(None, reason), reason, known)
    found = mapped(row)
    if found.setup is None:
        return Outcome(row, found, found.reason)
    asked = Asked(found.setup, row.kind, row.phase, row.tokens, row.peak)
    try:
        if reason := impossible(asked, row.value):
            return Outcome(row, found, f"impossible: {reason}")
        return Outcome(row, found, "", predict(asked), _split(found.setup))
    except EdgesymError as error:  # the row's outcome tells it
        return Outcome(row, found, str(error))


def _split(setup: Setup) -> str:
    """What of a setup the fit has rows of; without a fit none, and without a device nothing."""
    if setup.device is None:
        return ""
    return setup.fits[0].fit.split(setup.model.name) if setup.fits else "device"
