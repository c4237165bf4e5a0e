"""``edgesym fit``: efficiencies from measured steps, as data with standard errors."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from edgesym.cli.output import Write, output_options
from edgesym.errors import ConfigError

__all__ = ["command"]


@click.command()
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.csv...",
)
@click.option("--device", metavar="DEVICE", help="Only rows on it, with the shipped fit as prior.")
@click.option("--runtime", metavar="RUNTIME", help="Only rows in it, likewise.")
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write a file per class of devices there, to be read with --fits DIR.",
)
@click.option(
    "--cross-validate",
    is_flag=True,
    help="Predict rows that are left out, too: cells, models and devices, each by the rest.",
)
@output_options
def command(
    files: tuple[Path, ...],
    device: str | None,
    runtime: str | None,
    folder: Path | None,
    cross_validate: bool,
    write: Write,
) -> None:
    """Fit what devices reach in runtimes to measured steps.

    FILE.csv has the columns of published figures or of timed steps, as for edgesym validate.
    Without --device and --runtime all classes of devices that rows are of are fitted from nothing.
    """
    from edgesym.devices import find_device
    from edgesym.fitting.crossvalidate import cross_validate as predict_left_out
    from edgesym.fitting.document import fit_document
    from edgesym.fitting.fit import fit_rows, refit
    from edgesym.fitting.write import write_fits
    from edgesym.runtimes import find_runtime
    from edgesym.validation import read_corpus

    chosen = device is not None or runtime is not None
    if chosen and cross_validate:
        raise ConfigError("--cross-validate fits from nothing; leave out --device and --runtime")
    rows = [row for file in files for row in read_corpus(file)]
    names = " ".join(file.name for file in files)
    made = f"edgesym fit {names}, {dt.datetime.now(dt.UTC):%Y-%m-%d}"
    if chosen:
        on = "" if device is None else find_device(device).id.partition("@")[0]
        found = refit(rows, on, "" if runtime is None else find_runtime(runtime).id, made)
    else:
        found = fit_rows(rows, made)
    left_out = predict_left_out(found.used, found.fits) if cross_validate else {}
    written = [] if folder is None else write_fits(found.fits, folder)
    write(fit_document(found, left_out, map(str, written)))
