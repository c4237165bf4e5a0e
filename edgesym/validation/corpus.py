"""Reading measurements from a CSV file, one value per row, in base units.

Three sets of columns are known: one published figure per row (``metric`` and ``value``), one
timed step per row (``median_s``, with joules and bytes where they were taken), and one kernel
alone per row (``kind`` and its sizes).
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from edgesym.domain import checked
from edgesym.errors import ConfigError
from edgesym.files.read import is_file, read_text
from edgesym.fileschema import held_to, user_json
from edgesym.frozen import FrozenMap
from edgesym.plain import shown
from edgesym.validation.kernels import KERNEL_GROUPS, PHASES, group_of
from edgesym.validation.labels import read_label

__all__ = ["KINDS", "UNITS", "Measurement", "read_corpus", "shipped_corpus"]

#: What is measured -> its unit. Decode and prefill are rates over all sequences; energy is per
#: token, of the prompt or generated.
KINDS = {"decode": "tokens/s", "prefill": "tokens/s", "memory": "B", "energy": "J"}
#: The same of kernels alone, in seconds.
UNITS = KINDS | dict.fromkeys(KERNEL_GROUPS, "s")
#: Metric -> what it measures, by the phase that it may be of.
METRICS = {
    "tok_s": {"decode": "decode", "prefill": "prefill"},
    "s": {"prefill": "prefill"},
    "GB": {"decode": "memory", "prefill": "memory"},
    "J_per_token": {"decode": "energy"},
}
_LARGEST_FILE = 200_000_000
#: Whole numbers below it are doubles.
_EXACT = 2**53
_Read = Callable[["_Row"], Iterator["Measurement"]]


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
    from edgesym.validation.schema import numbers

    text = read_text(path, "corpus", _LARGEST_FILE)
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        kind, read = _kind_of(reader.fieldnames or (), path)
        typed = numbers(kind)
        found: list[Measurement] = []
        for cells in reader:
            found += read(_row(cells, kind, typed, path, reader.line_num))
    except csv.Error as error:
        raise ConfigError(f"{path}: is no CSV after line {reader.line_num} ({error})") from error
    if not found:
        raise ConfigError(f"{path}: has a header and no rows; add one measurement per row")
    return tuple(found)


def _kind_of(header: Sequence[str], path: Path) -> tuple[type, _Read]:
    """The kind of rows of a file, the one that fewest columns are missing of, and its reader."""
    from edgesym.validation.schema import Kernel, Published, Step, columns

    readers = {Published: _published, Step: _steps, Kernel: _kernels}
    there = set(header)
    known = {kind: columns(kind) for kind in readers}
    missing = {
        kind: [name for name, must in names.items() if must and name not in there]
        for kind, names in known.items()
    }
    kind = min(missing, key=lambda each: len(missing[each]))
    if missing[kind]:
        rows = [", ".join(name for name, must in names.items() if must) for names in known.values()]
        raise ConfigError(
            f"{path}:1: lacks the column{'s' * (len(missing[kind]) > 1)} "
            f"{', '.join(missing[kind])}; expected {rows[0]}, "
            f"or, for timed steps, {rows[1]}, or, for kernels, {rows[2]}"
        )
    _refuse_unread(header, known[kind], path)
    return kind, readers[kind]


def _refuse_unread(header: Sequence[str], known: Iterable[str], path: Path) -> None:
    """Refuse columns that would be read as another, or not at all."""
    twins = [name for name, many in Counter(header).items() if many > 1 and name]
    if twins:
        raise ConfigError(f"{path}:1: has the column {shown(twins[0])} twice; keep one")
    for name in known:
        near = [each for each in header if _spelled(each) == _spelled(name)]
        if near and name not in near:
            raise ConfigError(
                f"{path}:1: has the column {shown(near[0])}, which is read where it is called "
                f"{name}; rename it"
            )


def _spelled(column: str) -> str:
    """A name of a column without case and signs."""
    return re.sub(r"[\W_]", "", column.lower())


def _row(
    cells: Mapping[str | None, object], kind: type, typed: Mapping[str, bool], path: Path, line: int
) -> _Row:
    """A row with a cell for every column and no more, held to what its kind may hold."""
    if None in cells or None in cells.values():
        raise ConfigError(f"{path}:{line}: has not as many cells as the header; quote commas")
    texts = {str(column): str(cell).strip() for column, cell in cells.items()}
    given: dict[str, Any] = {**texts}
    for column, may_be_empty in typed.items():
        if texts.get(column):
            given[column] = _number(texts[column])
        elif may_be_empty:
            given[column] = None
    held_to(given, kind, f"{path}:{line}")
    return _Row(path, line, FrozenMap(texts), {column: given[column] for column in typed})


def _number(cell: str) -> Any:
    """The number in a cell; what is none as it stands."""
    try:
        value = float(cell)
    except ValueError:  # its schema refuses it
        return cell
    return int(value) if value.is_integer() and abs(value) < _EXACT else value


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of a file, and what is in its columns of numbers."""

    path: Path
    line: int
    cells: FrozenMap[str, str]
    numbers: Mapping[str, Any]

    def refuse(self, column: str, expected: str) -> ConfigError:
        """An error of a cell that fits its column, and not the row."""
        given = shown(self.cells[column])
        return ConfigError(f"{self.path}:{self.line}: {column} = {given} must be {expected}")

    def count(self, column: str) -> int | None:
        """A number of tokens, which may be a mean; None where the cell is empty."""
        value = self.numbers[column]
        return max(1, round(value)) if value else None if value is None else 0

    @property
    def batch(self) -> int:
        """Sequences run together."""
        number: int = round(self.numbers["batch"])
        return number


def _published(row: _Row) -> Iterator[Measurement]:
    """The one value of a published row."""
    phase, metric = row.cells["phase"], row.cells["metric"]
    if phase not in METRICS[metric]:
        raise row.refuse("metric", f"a metric of {phase}: {_metrics_of(phase)}")
    kind, batch = METRICS[metric][phase], row.batch
    prompt, generated = row.count("prompt_tokens"), row.count("gen_tokens")
    if prompt and read_label("summed", row.cells) == "prompt_tokens":
        prompt = max(1, round(prompt / batch))
    if told := read_label("protocol", row.cells):
        usual, after = map(int, told.split())
        prompt = usual if prompt is None else prompt
        generated = after if generated is None and phase == "decode" else generated
    value = float(row.numbers["value"])
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
    phase, batch = row.cells["phase"], row.batch
    prompt, cached = row.count("prompt_tokens"), row.count("cached_tokens")
    if phase == "prefill" and not prompt:
        raise row.refuse("prompt_tokens", "a number of tokens from 1 on, of a prefill")
    if phase == "decode" and cached is None:
        raise row.refuse("cached_tokens", "a number of tokens from 0 on, of a decode step")
    tokens = batch * (prompt or 1 if phase == "prefill" else 1)
    given = {phase: tokens / row.numbers["median_s"]}
    if joules := row.numbers["energy_J"]:
        given["energy"] = joules / tokens
    if held := row.numbers["peak_bytes"]:
        given["memory"] = float(held)
    for kind, value in given.items():
        peak = kind == "memory"
        yield Measurement(row.line, kind, phase, value, batch, prompt, 0, cached, peak, row.cells)


def _kernels(row: _Row) -> Iterator[Measurement]:
    """The time of a kernel alone."""
    kind, seconds = row.cells["kind"], row.numbers["median_s"]
    device = row.cells.get("device") or _card_beside(row.path)
    labels = FrozenMap({**row.cells, "device": device, "model": kind, "runtime": "torch"})
    yield Measurement(
        *(row.line, group_of(kind), PHASES.get(kind, "kernel"), seconds),
        row.numbers["batch"] or 1,
        prompt=None,
        generated=None,
        cached=None,
        peak=False,
        labels=labels,
    )


def _card_beside(path: Path) -> str:
    """The card that ``gpu_device.json`` names, beside a file of kernels; empty where none does."""
    from edgesym.validation.schema import Card

    beside = path.with_name("gpu_device.json")
    if not is_file(beside):
        return ""
    return str(user_json(beside, Card, "card")["name"])
