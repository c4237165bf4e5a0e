"""A fit as a document: what each class stands on, and how rows that were left out come out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from edgesym.document.nodes import Amount, Column, Document, Section, Table, Text, table
from edgesym.fitting.fit import Fits
from edgesym.fitting.folds import SPLITS
from edgesym.fitting.predict import OF_90, Predictions
from edgesym.validation.statistics import Statistics, statistics

__all__ = ["fit_document", "left_out_table", "of_left_out"]

_PHASES = ("decode", "prefill")
#: What is left out -> what a row of the table is called.
_SAID = {
    "cell": "cells of known devices and runtimes",
    "model": "models new to the fit",
    "device": "devices new to the fit",
    "device of many": "of them, in classes of three or more",
}


def fit_document(
    found: Fits, left_out: Mapping[str, Sequence[Predictions]], written: Iterable[str]
) -> Document:
    """What was fitted, and to what."""
    rows = [
        (
            name,
            Amount(fit.count),
            Amount(len({each.device for each in fit.rows})),
            ", ".join(dict.fromkeys(each.runtime for each in fit.rows)),
            Amount(len(fit.coefficients)),
        )
        for name, fit in sorted(found.fits.items())
    ]
    columns: tuple[str | Column, ...] = (
        "class",
        *(Column(name, "number") for name in ("rows", "devices")),
        "runtimes",
        Column("coefficients", "number"),
    )
    tested = (
        (Section("Rows that were left out, predicted by the rest", (left_out_table(left_out),)),)
        if left_out
        else ()
    )
    files = ", ".join(written)
    where = f" Written: {files}." if files else ""
    said = f"{len(found.used)} of {found.rows} rows are of times that can be mapped.{where}"
    blocks = (Text(said), table(columns, rows), *tested)

    def data() -> dict[str, Any]:
        return {
            "rows": found.rows,
            "used": [
                {"source": each.source, "line": each.line, "class": each.device_class}
                for each in found.used
            ],
            "classes": {
                name: {
                    "rows": fit.count,
                    "scatter": dict(fit.scatter),
                    "coefficients": [
                        {
                            "of": each.word,
                            "level": each.level,
                            "key": each.key,
                            "value": each.value,
                            "std": each.std,
                            "rows": each.rows,
                        }
                        for each in fit.coefficients
                    ],
                }
                for name, fit in found.fits.items()
            },
            **({"left_out": _as_json(left_out)} if left_out else {}),
        }

    return Document("Efficiencies fitted to measured steps", blocks, data)


def _as_json(left_out: Mapping[str, Sequence[Predictions]]) -> dict[str, Any]:
    return {
        split: {phase: of_left_out(found, phase).as_json() for phase in _PHASES}
        for split, found in left_out.items()
    }


def of_left_out(found: Sequence[Predictions], phase: str) -> Statistics:
    """The statistics of predictions of one phase, of speeds as ``edgesym validate`` has them."""
    errors: list[float] = []
    covered: list[bool] = []
    widths: list[float] = []
    for each in found:
        of_phase = np.array([sample.phase == phase for sample in each.samples], dtype=np.bool_)
        errors += list(np.exp(-each.errors[of_phase]) - 1)
        covered += list(each.covered[of_phase])
        widths += list(np.exp(OF_90 * each.std[of_phase]))
    return statistics(len(errors), errors, covered, widths)


def left_out_table(left_out: Mapping[str, Sequence[Predictions]]) -> Table:
    """A row for each phase and what was left out."""
    columns: tuple[str | Column, ...] = (
        "left out",
        "phase",
        *(
            Column(name, "number")
            for name in ("rows", "median error", "within 25 %", "in the interval", "its width")
        ),
    )
    rows = []
    for split in (*SPLITS, "device of many"):
        for phase in _PHASES:
            each = of_left_out(left_out.get(split, ()), phase)
            if each.mapped:
                rows.append(
                    (
                        _SAID[split],
                        phase,
                        Amount(each.mapped),
                        Amount(each.median_abs_error, form=".1%"),
                        Amount(each.within_25, form=".0%"),
                        Amount(each.coverage_90, form=".0%"),
                        f"x {each.width_90:.2f}",
                    )
                )
    return table(columns, rows)
