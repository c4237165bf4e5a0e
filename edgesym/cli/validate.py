"""``edgesym validate``: what is predicted, beside what was measured."""

from __future__ import annotations

from pathlib import Path

import click

from edgesym.cli.common import ending_of, write_files
from edgesym.cli.output import Write, output_options
from edgesym.validation import Validation, read_corpus, shipped_corpus, validate
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
    help="Only devices with efficiencies of their own, on models that these stand on (seen) or "
    "on others (model); or devices whose efficiencies are inherited or assumed (device).",
)
@click.option(
    "--plot",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Plot predicted against measured speeds (.png, .pdf or .svg).",
)
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
        _write_plot(found.only(split) if split else found, plot)
    write(validation_document(found, by, split or ""))


def _write_plot(found: Validation, file: Path) -> None:
    """Write the scatter plot.

    Raises:
        OutputError: the file cannot be written, has an unknown ending, or shows nothing.
    """
    from edgesym.render.plot import ENDINGS, picture
    from edgesym.render.scatter_plot import scatter_figure

    ending = ending_of("--plot", file, ENDINGS)
    for path in write_files(file.parent, {file.name: picture(scatter_figure(found), ending)}):
        click.echo(f"Wrote {path}", err=True)
