"""What a measured speed means, as a document."""

from __future__ import annotations

from functools import partial
from typing import Any

from edgesym.document.nodes import Amount, Cell, Column, Document, Facts, Text, table
from edgesym.validation.whatif import WhatIf

__all__ = ["what_if_document"]

_UNITS = {"launch_overhead": "s"}


def what_if_document(found: WhatIf) -> Document:
    """Measured beside predicted, the verdict, and what each figure would have to be."""
    low, high = found.predicted.interval
    waits = ", ".join(f"{name} {share:.1%}" for name, share in found.shares.items() if share)
    taken, expected = found.seconds, found.asked.tokens / found.predicted.value
    facts: tuple[tuple[str, Cell], ...] = (
        ("measured", Amount(found.measured, "tokens/s")),
        ("predicted", Amount(found.predicted.value, "tokens/s")),
        ("90 % interval", (Amount(low, "tokens/s"), " to ", Amount(high, "tokens/s"))),
        ("verdict", found.verdict),
        (
            "the gap",
            (
                *(Amount(taken, "s"), " a step where "),
                *(Amount(expected, "s"), " are predicted: "),
                Amount(taken - expected, "s", signed=True),
            ),
        ),
        (
            "bytes moved",
            (
                *(Amount(found.moved, "B"), " in that time are "),
                *(Amount(found.moved / taken, "B/s"), ", "),
                Amount(found.moved / taken / found.bandwidth, form=".0%"),
                " of the peak bandwidth",
            ),
        ),
        *((("predicted step waits for", waits),) if waits else ()),
    )
    columns = ("figure", Column("now", "number"), Column("implied", "number"), "")
    rows = [tuple(_cells(found, place)) for place in range(len(found.implied))]
    setup = found.asked.setup
    blocks = (Text(setup.describe()), Facts(facts), table(columns, rows))
    return Document(f"{setup.title}: what if", blocks, partial(_data, found))


def _cells(found: WhatIf, place: int) -> tuple[Cell, ...]:
    one = found.implied[place]
    unit = _UNITS.get(one.word, "1")
    said = "no value gives that" if one.needed is None else ""
    if one.needed is not None:
        said = "within its spread" if one.plausible else "outside of its spread"
    return (one.word, Amount(one.figure.value, unit), Amount(one.needed, unit), said)


def _data(found: WhatIf) -> dict[str, Any]:
    return {
        **found.asked.setup.labels(),
        "phase": found.asked.phase,
        "measured_tokens_per_second": found.measured,
        "predicted_tokens_per_second": found.predicted.value,
        "gap_s": found.seconds - found.asked.tokens / found.predicted.value,
        "bytes_per_step": found.moved,
        "share_of_peak_bandwidth": found.moved / found.seconds / found.bandwidth,
        "interval_90": list(found.predicted.interval),
        "verdict": found.verdict,
        "impossible": found.impossible or None,
        "shares": found.shares,
        "implied": {
            one.word: {"now": one.figure.value, "needed": one.needed, "plausible": one.plausible}
            for one in found.implied
        },
    }
