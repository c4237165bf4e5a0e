"""``edgesym report``: a report in which every number traces to a formula."""

from __future__ import annotations

from pathlib import Path

import click

from edgesym.cli.common import (
    load_model,
    warn_of_context,
    warn_of_encoder,
    warn_of_formats,
    write_files,
)
from edgesym.cli.setup import run_options
from edgesym.devices import find_device
from edgesym.render.report.report import FORMATS, render_report
from edgesym.scenario.setup import Run

__all__ = ["command"]


@click.command()
@click.argument("models", nargs=-1, required=True, metavar="MODEL...")
@click.option(
    "--device",
    "device_names",
    multiple=True,
    metavar="DEVICE",
    help="A device or a device file; may be repeated.",
)
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Folder to write to.  [default: the current one]",
)
@click.option(
    "--format", "style", type=click.Choice(list(FORMATS)), default="markdown", show_default=True
)
@run_options
def command(
    models: tuple[str, ...],
    device_names: tuple[str, ...],
    figures: tuple[str, ...],
    folder: Path,
    style: str,
    run: Run,
    allow_unknown: tuple[str, ...],
    architecture: str,
) -> None:
    """Write a report on models, and on how they run on devices."""
    loaded = [load_model(name, allow_unknown, architecture) for name in models]
    devices = [find_device(name).with_settings(figures) for name in device_names]
    for model in loaded:
        warn_of_encoder(model)
        warn_of_formats(model, run.weights)
        warn_of_context(model, max(run.timed_at, run.prompt + run.generate))
    name, content = render_report(loaded, devices, run, style)
    for path in write_files(folder, {name: content}):
        click.echo(f"Wrote {path}")
