"""Reading measurements from a CSV file, one value per row, in base units.

Three sets of columns are known: one published figure per row (``metric`` and ``value``), one
timed step per row (``median_s``, with joules and bytes where they were taken), and one kernel
alone per row (``kind`` and its sizes).
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from edgesym.domain import checked
from edgesym.errors import ConfigError
from edgesym.files.parse import load_json
from edgesym.files.read import is_file, read_text
from edgesym.frozen import FrozenMap
from edgesym.validation.kernels import KERNEL_GROUPS, PHASES, group_of
from edgesym.validation.labels import read_label

__all__ = ["KINDS", "UNITS", "Measurement", "read_corpus", "shipped_corpus"]

#: What is measured -> its unit. Decode and prefill are rates over all sequences; energy is per
#: token, of the prompt or generated.
KINDS = {"decode": "tokens/s", "prefill": "tokens/s", "memory": "B", "energy": "J"}
#: The same of kernels alone, in seconds.
UNITS = KINDS | dict.fromkeys(KERNEL_GROUPS, "s")
#: Columns that a file must have; ``device_detail`` and ``source_note`` are read where they are.
PUBLISHED = (
    *("device", "framework", "model", "quant", "phase", "batch"),
    *("prompt_tokens", "gen_tokens", "metric", "value"),
)
#: Of timed steps; ``energy_J`` and ``peak_bytes`` are read where they are.
STEPS = (
    *("device", "runtime", "model", "phase", "batch", "prompt_tokens", "cached_tokens"),
    *("dtype", "median_s"),
)
#: Of single kernels; ``device`` is read where it is, else ``gpu_device.json`` beside the file says.
KERNELS = (
    *("kind", "dtype", "m", "n", "k", "batch", "heads", "kv_heads", "head_dim"),
    *("context", "new", "median_s"),
)
#: Metric -> what it measures, by the phase that it may be of.
METRICS = {
    "tok_s": {"decode": "decode", "prefill": "prefill"},
    "s": {"prefill": "prefill"},
    "GB": {"decode": "memory", "prefill": "memory"},
    "J_per_token": {"decode": "energy"},
}
_PHASES = ("decode", "prefill")
#: Of a count, as of a run's.
_MOST = 10**9
#: Of the elements of a tensor.
_MOST_ELEMENTS = 10**12
_LARGEST_FILE = 200_000_000


@dataclass(frozen=True, slots=True)
class Measurement:
    """One measured value, and the labels it came with.

    Attributes:
        line: of the file, the header being line 1.
        kind: one of :data:`KINDS`.
        phase: ``decode`` or ``prefill``.
        value: in the unit of its kind.
        batch: sequences run together; a mean over time is rounded.
        prompt: tokens of the prompt of each; None where that is not said.
        generated: tokens generated for each; None where that is not said.
        cached: tokens cached before the step; None where it is a mean over a generation.
        peak: whether a ``memory`` is that of activations alone, above weights and cache.
        labels: the columns as they stand.
    """

    line: int
    kind: str
    phase: str
    value: float
    batch: int
    prompt: int | None
    generated: int | None
    cached: int | None
    peak: bool
    labels: FrozenMap[str, str]

    @property
    def tokens(self) -> int:
        """Tokens that a step of all sequences yields or reads."""
        return self.batch * (1 if self.phase == "decode" else self.prompt or 1)


def shipped_corpus() -> Path:
    """The timed steps that ship: 144 of eight decoders in bf16, on one NVIDIA H200."""
    return Path(str(resources.files("edgesym").joinpath("validation", "rows", "gpu_steps.csv")))


@checked
def read_corpus(path: Path) -> tuple[Measurement, ...]:
    """The measurements of a file, in its order.

    Raises:
        ConfigError: no such file, no columns of either kind, or a value that cannot be; with
            line, column and what was expected.
    """
    text = read_text(path, "corpus", _LARGEST_FILE)
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        read = _reader_of(reader.fieldnames or (), path)
        found: list[Measurement] = []
        for row in reader:
            found += read(_Row(path, reader.line_num, _complete(row, path, reader.line_num)))
    except csv.Error as error:
        raise ConfigError(f"{path}: is no CSV after line {reader.line_num} ({error})") from error
    if not found:
        raise ConfigError(f"{path}: has a header and no rows; add one measurement per row")
    return tuple(found)


def _reader_of(columns: object, path: Path) -> Callable[[_Row], Iterator[Measurement]]:
    """What reads a file of these columns: the kind that fewest are missing of."""
    there = set(columns)  # type: ignore[call-overload]
    missing = {kind: [c for c in kind if c not in there] for kind in READERS}
    kind = min(missing, key=lambda each: len(missing[each]))
    if missing[kind]:
        raise ConfigError(
            f"{path}: line 1 lacks the column{'s' * (len(missing[kind]) > 1)} "
            f"{', '.join(missing[kind])}; expected {', '.join(PUBLISHED)}, "
            f"or, for timed steps, {', '.join(STEPS)}, or, for kernels, {', '.join(KERNELS)}"
        )
    return READERS[kind]


def _complete(row: Mapping[str | None, object], path: Path, line: int) -> FrozenMap[str, str]:
    """The row, where it has a cell for every column and no more."""
    if None in row or None in row.values():
        raise ConfigError(f"{path}: line {line} has not as many cells as the header; quote commas")
    return FrozenMap({str(key): str(value).strip() for key, value in row.items()})


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of a file, whose errors say where it stands."""

    path: Path
    line: int
    cells: FrozenMap[str, str]

    def refuse(self, column: str, expected: str) -> ConfigError:
        given = self.cells[column]
        return ConfigError(
            f"{self.path}: line {self.line}, column {column}: {given!r}; expected {expected}"
        )

    def one_of(self, column: str, known: object) -> str:
        names = list(known)  # type: ignore[call-overload]
        if self.cells[column] not in names:
            raise self.refuse(column, f"one of {', '.join(names)}")
        return self.cells[column]

    def number(self, column: str, expected: str, least: float = 0.0) -> float:
        """A number above ``least``, or of at least it where that is a whole one from 1 on."""
        try:
            value = float(self.cells[column])
        except ValueError:
            raise self.refuse(column, expected) from None
        if not math.isfinite(value) or value < least or (least == 0 and value == 0):
            raise self.refuse(column, expected)
        return value

    def count(self, column: str) -> int | None:
        """A number of tokens, which may be a mean; None where the cell is empty."""
        if not self.cells[column]:
            return None
        if self.cells[column] in ("0", "0.0"):
            return 0
        return self._whole(column, f"a number of tokens up to {_MOST}, or nothing", 0)

    def batch(self) -> int:
        """Sequences run together."""
        return self._whole("batch", f"a number of sequences from 1 to {_MOST}", 1)

    def size(self, column: str) -> int:
        """A size of a kernel: a whole number from 1."""
        expected = f"a whole number from 1 to {_MOST_ELEMENTS}, or nothing"
        value = self.number(column, expected, 1)
        if value > _MOST_ELEMENTS or value != int(value):
            raise self.refuse(column, expected)
        return int(value)

    def _whole(self, column: str, expected: str, least: float) -> int:
        """A count, which may have been averaged: the nearest whole one from 1 on."""
        value = self.number(column, expected, least)
        if value > _MOST:
            raise self.refuse(column, expected)
        return max(1, round(value))


def _published(row: _Row) -> Iterator[Measurement]:
    """The one value of a published row."""
    phase = row.one_of("phase", _PHASES)
    metric = row.one_of("metric", METRICS)
    if phase not in METRICS[metric]:
        raise row.refuse("metric", f"a metric of {phase}: {_metrics_of(phase)}")
    kind, batch = METRICS[metric][phase], row.batch()
    prompt, generated = row.count("prompt_tokens"), row.count("gen_tokens")
    if prompt and read_label("summed", row.cells) == "prompt_tokens":
        prompt = max(1, round(prompt / batch))
    if told := read_label("protocol", row.cells):
        usual, after = map(int, told.split())
        prompt = usual if prompt is None else prompt
        generated = after if generated is None and phase == "decode" else generated
    value = row.number("value", f"a positive number, in {metric}")
    if metric == "GB":
        value *= 1e9
    if metric == "s":
        if not prompt:
            raise row.refuse("prompt_tokens", "the tokens whose prefill took these seconds")
        value = batch * prompt / value
    yield Measurement(
        row.line, kind, phase, value, batch, prompt, generated, None, False, row.cells
    )


def _metrics_of(phase: str) -> str:
    return ", ".join(metric for metric, phases in METRICS.items() if phase in phases)


def _steps(row: _Row) -> Iterator[Measurement]:
    """The speed of a timed step, its energy and its peak memory where they were taken."""
    phase, batch = row.one_of("phase", _PHASES), row.batch()
    prompt, cached = row.count("prompt_tokens"), row.count("cached_tokens")
    if phase == "prefill" and not prompt:
        raise row.refuse("prompt_tokens", "a number of tokens from 1 on, of a prefill")
    if phase == "decode" and cached is None:
        raise row.refuse("cached_tokens", "a number of tokens from 0 on, of a decode step")
    tokens = batch * (prompt or 1 if phase == "prefill" else 1)
    seconds = row.number("median_s", "a positive number of seconds")
    given = {phase: tokens / seconds}
    if row.cells.get("energy_J"):
        given["energy"] = row.number("energy_J", "a positive number of joules, or nothing") / tokens
    if row.cells.get("peak_bytes"):
        given["memory"] = row.number("peak_bytes", "a positive number of bytes, or nothing")
    for kind, value in given.items():
        peak = kind == "memory"
        yield Measurement(row.line, kind, phase, value, batch, prompt, 0, cached, peak, row.cells)


def _kernels(row: _Row) -> Iterator[Measurement]:
    """The time of a kernel alone."""
    kind, seconds = row.cells["kind"], row.number("median_s", "a positive number of seconds")
    sizes = {c: row.size(c) for c in KERNELS[2:-1] if row.cells[c]}
    device = row.cells.get("device") or _card_beside(row.path)
    labels = FrozenMap({**row.cells, "device": device, "model": kind, "runtime": "torch"})
    yield Measurement(
        *(row.line, group_of(kind), PHASES.get(kind, "kernel"), seconds),
        sizes.get("batch", 1),
        prompt=None,
        generated=None,
        cached=None,
        peak=False,
        labels=labels,
    )


def _card_beside(path: Path) -> str:
    """The card that ``gpu_device.json`` names, beside a file of kernels; empty where none does."""
    beside = path.with_name("gpu_device.json")
    if not is_file(beside):
        return ""
    found = load_json(beside, "card", _LARGEST_FILE)
    return str(found.get("name", "")) if isinstance(found, dict) else ""


#: Columns of a file -> what reads its rows.
READERS: dict[tuple[str, ...], Callable[[_Row], Iterator[Measurement]]] = {
    PUBLISHED: _published,
    STEPS: _steps,
    KERNELS: _kernels,
}
