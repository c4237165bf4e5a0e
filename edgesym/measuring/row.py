"""A run as rows of measurements, which ``edgesym validate --corpus`` and ``edgesym fit`` read."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from edgesym.document.cells import cell_text
from edgesym.errors import ConfigError
from edgesym.files.read import is_there, read_text
from edgesym.measuring.measure import Measured

__all__ = ["COLUMNS", "appended", "rows_of"]

#: The columns of published measurements.
COLUMNS = (
    *("device", "device_detail", "framework", "model", "params", "quant", "phase", "batch"),
    *("prompt_tokens", "gen_tokens", "metric", "value", "source_url", "source_note"),
)


def rows_of(found: Measured, device: str, source: str) -> Iterator[dict[str, str]]:
    """The speeds of a run, and the memory that its buffers take, as rows.

    Args:
        device: what the machine is called.
        source: what measured it: command and date.
    """
    wanted, setup = found.wanted, found.setup
    random = "random weights" if found.random else "the file's own weights"
    cut = f"; the first {found.layers} of {found.whole} layers" if found.whole else ""
    about = {
        "device": device,
        "device_detail": f"{found.threads} threads",
        "framework": f"{found.by} CPU",
        "model": setup.model.name,
        "params": "",
        "quant": setup.formats.weights.name.upper(),
        "batch": "1",
        "source_url": source,
        "source_note": f"{random}{cut}; n_ctx {found.held.run.timed_at}",
    }
    prompt, generate = str(wanted.prompt), str(wanted.generate)
    for phase, generated in (("prefill", ""), ("decode", generate)):
        speed = {"phase": phase, "metric": "tok_s", "value": f"{found.rates[phase]:.6g}"}
        yield {**about, **speed, "prompt_tokens": prompt, "gen_tokens": generated}
    if found.buffers:
        held = {
            "phase": "decode",
            "metric": "GB",
            "value": f"{sum(found.buffers.values()) / 1e9:.6g}",
        }
        yield {**about, **held, "prompt_tokens": prompt, "gen_tokens": generate}


def appended(path: Path, rows: Iterator[dict[str, str]]) -> str:
    """The text of a file of measurements with rows added; its own where it is there.

    Raises:
        ConfigError: the file that is there has other columns.
    """
    before = read_text(path, "file of measurements") if is_there(path) else ""
    columns = next(csv.reader(io.StringIO(before)), None)
    if columns is not None and tuple(columns) != COLUMNS:
        raise ConfigError(
            f"{path}: has the columns {', '.join(columns)}; rows are added to files with "
            f"{', '.join(COLUMNS)}"
        )
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    if columns is None:
        writer.writeheader()
    writer.writerows({key: cell_text(text) for key, text in row.items()} for row in rows)
    return before + ("\n" if before and not before.endswith("\n") else "") + text.getvalue()
