"""Measured beside predicted, as a document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from edgesym.compression.outcome import Comparison, Outcome, Time
from edgesym.compression.sample import Sample
from edgesym.compression.technique import find_technique
from edgesym.document.nodes import (
    Amount,
    Cell,
    Column,
    Columns,
    Document,
    Items,
    Mark,
    Row,
    Section,
    Table,
    Text,
    Tone,
    table,
)
from edgesym.domain import Count, checked
from edgesym.measuring.latency import Latency

__all__ = ["measured_document", "measured_records", "measured_section"]

_SIZES: Columns = (
    "technique",
    *(Column(title, "number") for title in ("file, B", "tensors, B", "predicted, B")),
    "verdict",
)
_MEMORY: Columns = (
    "technique",
    *(
        Column(title, "number")
        for title in ("loaded", "weights, predicted", "most", "footprint, predicted")
    ),
)
_PREDICTED: Columns = (
    "technique",
    *(
        Column(title, "number")
        for title in ("prompt", "predicted", "error", "token", "predicted", "error")
    ),
)
_TIMES: Columns = (
    "technique",
    *(Column(title, "number") for title in ("prompt", "token", "x baseline")),
    *(Column(title, "number") for title in ("logit error", "perplexity")),
)
_TONES: dict[str, Tone] = {"equal": "good", "explained": "caution", "different": "bad"}
_NOTHING = "-"


@checked
def measured_document(sample: Sample, rows: Sequence[Comparison], memory: Count | None) -> Document:
    """The answer of a measurement."""
    section = measured_section(rows, memory)

    def answer() -> dict[str, Any]:
        return {
            "model": sample.model.name,
            "memory": memory,
            "techniques": measured_records(rows),
        }

    return Document(f"{sample.model.name}, measured", section.blocks, answer)


@checked
def measured_section(rows: Sequence[Comparison], memory: Count | None) -> Section:
    """Sizes and times of every technique, and why bytes differ from what is predicted."""
    ran = [row for row in rows if row.outcome.first is not None]
    base = rows[0].outcome.first if rows else None
    return Section(
        "Measured beside predicted",
        (
            Text(_conditions(ran, memory), note=True),
            table(_SIZES, [_sizes(row) for row in rows]),
            *(_ran(ran, base) if ran else ()),
            *((Items(tuple(reasons)),) if (reasons := _reasons(rows)) else ()),
            Section("Which library, and why", (Items(tuple(_libraries(rows))),), detail=True),
        ),
    )


def _ran(ran: Sequence[Comparison], base: Latency | None) -> tuple[Table, ...]:
    """Memory, times and errors of what ran."""
    tables = [
        table(_MEMORY, [_memory(row) for row in ran]),
        table(_TIMES, [_times(row.outcome, base) for row in ran]),
    ]
    if any(row.predicted_first for row in ran):
        tables.append(table(_PREDICTED, [_predicted(row) for row in ran]))
    return tuple(tables)


def _conditions(ran: Sequence[Comparison], memory: int | None) -> str:
    """Under which conditions was measured, in sentences."""
    limit = (
        ""
        if memory is None
        else f" A model may take {(memory + 2**19) // 2**20:,} MiB while it runs."
    )
    if not ran or (first := ran[0].outcome.first) is None:
        return f"Random weights in fp32.{limit}"
    return (
        f"Random weights in fp32, {ran[0].outcome.threads} threads, one sequence; median of "
        f"{first.runs} runs after {first.warm} to warm up, with one standard deviation from the "
        f"quartiles. Memory is beside interpreter and libraries.{limit} Errors and perplexity are "
        "against the model as built, on its own text: those of trained weights differ."
    )


def _sizes(row: Comparison) -> Row:
    outcome = row.outcome
    verdict: Cell = Mark(row.verdict, _TONES[row.verdict]) if row.verdict else _NOTHING
    counts = (outcome.file_bytes, outcome.tensor_bytes, row.predicted_bytes)
    cells = (outcome.technique, *(_amount(count, "1", ",") for count in counts), verdict)
    if outcome.state == "measured":
        return Row(cells)
    return Row(cells, (Text((Mark(outcome.state, "bad"), f": {outcome.reason}")),))


def _memory(row: Comparison) -> tuple[Cell, ...]:
    outcome = row.outcome
    loaded = (outcome.resident_bytes, row.predicted_loaded)
    held = (*loaded, outcome.peak_bytes, row.predicted_footprint)
    return (outcome.technique, *(_amount(count, "B") for count in held))


def _times(outcome: Outcome, base: Latency | None) -> tuple[Cell, ...]:
    first = outcome.first
    return (
        outcome.technique,
        _latency(first),
        _latency(outcome.token),
        Amount(first.median / base.median, form=".2f") if first and base else _NOTHING,
        _amount(outcome.logit_error, "1", ".2%"),
        _amount(outcome.perplexity, "1", ",.1f"),
    )


def _predicted(row: Comparison) -> tuple[Cell, ...]:
    outcome = row.outcome
    pairs = ((outcome.first, row.predicted_first), (outcome.token, row.predicted_token))
    return (outcome.technique, *(cell for pair in pairs for cell in _against(*pair)))


def _against(measured: Latency | None, predicted: Time | None) -> tuple[Cell, Cell, Cell]:
    """A time measured, predicted, and how far off that is."""
    if measured is None or predicted is None:
        return _latency(measured), _NOTHING, _NOTHING
    expected = Amount(predicted.seconds, "s", std=predicted.std, digits=3)
    error = Amount(predicted.seconds / measured.median - 1, form="+.0%")
    return _latency(measured), expected, error


def _reasons(rows: Sequence[Comparison]) -> list[Cell]:
    """Why bytes differ, and what is in a file beside its tensors."""
    found: list[Cell] = []
    for row in rows:
        outcome = row.outcome
        found += [f"{outcome.technique}: {d.bytes:+,} B: {d.what}" for d in row.differences]
        if row.unexplained:
            found.append(f"{outcome.technique}: {row.unexplained:+,} B without a known reason")
        if outcome.file_bytes is not None and outcome.tensor_bytes is not None:
            beside = outcome.file_bytes - outcome.tensor_bytes
            found.append(f"{outcome.technique}: {beside:,} B of the file are {_beside(outcome)}")
        if outcome.note:
            found.append(f"{outcome.technique}: {outcome.note}")
    return found


#: What a kind of file holds beside its tensors.
_CONTAINERS = {
    "safetensors": "its header: names, shapes and offsets in JSON",
    "torch.save": "its zip archive: a pickle of names and shapes, and records aligned to 64 bytes",
    "gguf": "its header: tokens, names of tensors, and padding to 32 bytes",
    "compressed-tensors": "its header: names, shapes and offsets in JSON",
}


def _beside(outcome: Outcome) -> str:
    return _CONTAINERS.get(outcome.container, outcome.container)


def _libraries(rows: Sequence[Comparison]) -> list[Cell]:
    chosen = [(find_technique(row.outcome.technique), row.release) for row in rows]
    return [f"{t.name} by {release}: {t.what}; {t.why}" for t, release in chosen]


def _latency(latency: Latency | None) -> Cell:
    return _NOTHING if latency is None else Amount(latency.median, "s", std=latency.std, digits=3)


def _amount(number: float | None, unit: str, form: str = "") -> Cell:
    return _NOTHING if number is None else Amount(number, unit, form=form)


@checked
def measured_records(rows: Sequence[Comparison]) -> list[dict[str, Any]]:
    """The rows of a measurement for programs."""
    return [{**asdict(row), "unexplained": row.unexplained, "verdict": row.verdict} for row in rows]
