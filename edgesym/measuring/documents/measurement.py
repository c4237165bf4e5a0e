"""A run as a document: predicted beside measured."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from edgesym.document.nodes import Amount, Block, Cell, Column, Document, Text, table
from edgesym.measuring.latency import Latency
from edgesym.measuring.measure import Measured

__all__ = ["measurement_document", "said_of", "warnings_of"]

#: Quantity that predicts what a buffer takes.
_BUFFERS = {
    "weights": "weight_memory_bytes",
    "cache": "kv_cache_memory_bytes",
    "buffers": "compute_buffer_bytes",
}
#: Of the median: quartiles that lie further apart say that the machine did other things as well.
_BUSY = 0.2


def measurement_document(found: Measured, notes: tuple[str, ...] = ()) -> Document:
    """Speeds, bytes and memory, each beside what is predicted.

    Args:
        notes: what else was done: where rows were written, what was fitted.
    """
    columns = (
        "",
        Column("measured", "number"),
        Column("predicted", "number"),
        Column("90 % interval", "number"),
        Column("error", "number"),
    )
    rows = [*_speeds(found), *_bytes(found)]
    blocks: tuple[Block, ...] = (
        Text(found.setup.describe()),
        Text(said_of(found), note=True),
        table(columns, rows),
        *(Text(note) for note in (*warnings_of(found), *notes)),
    )
    return Document(f"{found.setup.title}, measured", blocks, partial(_data, found))


def said_of(found: Measured) -> str:
    """Under which conditions was measured."""
    weights = "random weights" if found.random else "the file's own weights"
    cut = f", the first {found.layers} of {found.whole} layers" if found.whole else ""
    runs = f"median of {found.token.runs} runs after {found.token.warm} to warm up"
    return (
        f"{found.by}, {_threads(found.threads)}, {weights}{cut}; {runs}, a token the mean of "
        f"{found.wanted.generate}."
    )


def _threads(count: int) -> str:
    return f"{count} thread{'s' if count > 1 else ''}"


def _speeds(found: Measured) -> Iterator[tuple[Cell, ...]]:
    latencies = {"prefill": found.prompt, "decode": found.token}
    names = {
        "prefill": f"prompt of {found.wanted.prompt}",
        "decode": f"tokens at {found.setup.run.timed_at}",
    }
    predicted = found.predicted
    for phase, rate in found.rates.items():
        spread = rate * latencies[phase].std / latencies[phase].median
        measured = Amount(rate, "tokens/s", std=spread)
        if phase not in predicted:
            yield names[phase], measured, "", "", ""
            continue
        low, high = predicted[phase].interval
        value = predicted[phase].value
        interval = (Amount(low, "tokens/s"), " to ", Amount(high, "tokens/s"))
        yield (
            names[phase],
            measured,
            Amount(value, "tokens/s"),
            interval,
            Amount(value / rate - 1, form="+.0%"),
        )


def _bytes(found: Measured) -> Iterator[tuple[Cell, ...]]:
    on = found.on
    pairs: list[tuple[str, int | None, str]] = [
        ("tensors", found.tensor_bytes, "weight_storage_bytes"),
        *((f"memory for {kind}", size, _BUFFERS[kind]) for kind, size in found.buffers.items()),
        ("resident, at most", found.peak_bytes, "memory_footprint"),
    ]
    if found.file_bytes is not None:
        yield "file", Amount(found.file_bytes, "B"), "", "", ""
    for name, measured, quantity in pairs:
        if measured is None:
            continue
        value = float(on.number(quantity))
        error = Amount(value / measured - 1, form="+.1%") if measured else ""
        yield name, Amount(measured, "B"), Amount(value, "B"), "", error


def warnings_of(found: Measured) -> Iterator[str]:
    """What a reader should know before trusting the numbers."""
    if found.setup.device is None:
        yield (
            "No speed is predicted without a device: edgesym calibrate --to here.toml describes "
            "this one, and --device here.toml takes it."
        )
    if found.busy:
        yield f"Of this machine: {found.busy}."
    for name, took in (("The prompt", found.prompt), ("A token", found.token)):
        if spread := _spread(took):
            yield (
                f"{name} took times whose quartiles lie {spread:.0%} of the median apart: this "
                "machine did other things as well. Measure again when it is idle."
            )


def _spread(took: Latency) -> float:
    spread = (took.high - took.low) / took.median
    return spread if spread > _BUSY else 0.0


def _data(found: Measured) -> dict[str, Any]:
    on = found.on
    return {
        **found.setup.labels(),
        "by": found.by,
        "threads": found.threads,
        "random_weights": found.random,
        "layers_of": found.whole or None,
        "measured": {
            "prefill_tokens_per_second": found.rates["prefill"],
            "decode_tokens_per_second": found.rates["decode"],
            "prompt_s": _quartiles(found.prompt),
            "token_s": _quartiles(found.token),
            "file_bytes": found.file_bytes,
            "tensor_bytes": found.tensor_bytes,
            "resident_bytes": found.resident_bytes,
            "peak_bytes": found.peak_bytes,
            "buffers": dict(found.buffers),
        },
        "predicted": {
            **{
                phase: {"value": one.value, "interval_90": list(one.interval)}
                for phase, one in found.predicted.items()
            },
            "tensor_bytes": int(on.number("weight_storage_bytes")),
            "buffers": {kind: int(on.number(name)) for kind, name in _BUFFERS.items()},
            "footprint_bytes": int(on.number("memory_footprint")),
        },
    }


def _quartiles(took: Latency) -> dict[str, float]:
    return {"median": took.median, "low": took.low, "high": took.high, "runs": took.runs}
