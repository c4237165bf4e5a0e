"""``edgesym validate``: what is predicted, beside what was measured."""

from __future__ import annotations

from pathlib import Path

import click

from edgesym.cli.output import Write, output_options
from edgesym.cli.picture import plot_option, write_plot
from edgesym.validation import read_corpus, shipped_corpus, validate
from edgesym.validation.document import validation_document
from edgesym.validation.validate import BY, SPLITS

__all__ = ["command"]


@click.command()
@click.option(
    "--corpus",
    "files",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.csv",
    help="Measurements, with the columns of published figures or of timed steps; may be "
    "repeated.  [default: the steps that ship, timed on one NVIDIA H200]",
)
@click.option("--by", type=click.Choice(BY), help="Errors also by this.")
@click.option(
    "--split",
    type=click.Choice(SPLITS),
    help="Only devices that the fit has rows of in their runtime, of the same model (seen) or of "
    "others (model); or devices that it has none of (device).",
)
@plot_option("predicted against measured speeds")
@output_options
def command(
    files: tuple[Path, ...], by: str | None, split: str | None, plot: Path | None, write: Write
) -> None:
    """Compare what is predicted with what was measured, row by row.

    Each row names a model, a format, a device and a runtime; a row that cannot be told, or that
    no device could have given, is counted with its reason. Nothing is fitted, nothing fetched.
    """
    rows = [row for file in files or [shipped_corpus()] for row in read_corpus(file)]
    found = validate(rows)
    if plot is not None:
        from edgesym.render.scatter_plot import scatter_figure

        write_plot(plot, lambda: scatter_figure(found.only(split) if split else found))
    write(validation_document(found, by, split or ""))
