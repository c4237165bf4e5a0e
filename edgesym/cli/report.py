"""``edgesym report``: a report in which every number traces to a formula."""

from __future__ import annotations

from pathlib import Path

import click

from edgesym.cli.common import (
    convention_option,
    kernels_option,
    load_model,
    model_options,
    run_options,
    warn_of_context,
    warn_of_formats,
    write_files,
)
from edgesym.devices import find_device
from edgesym.graph.convention import convention
from edgesym.render.report import FORMATS, ReportSettings, render_report

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
@kernels_option("fused")
@convention_option
@model_options
def command(
    models: tuple[str, ...],
    device_names: tuple[str, ...],
    settings: tuple[str, ...],
    folder: Path,
    style: str,
    weights: str | None,
    context: int | None,
    prompt: int,
    generate: int,
    batch: int,
    kernels: str,
    counting: str,
    allow_unknown: tuple[str, ...],
    architecture: str,
) -> None:
    """Write a report on models, and on how they run on devices."""
    loaded = [load_model(name, allow_unknown, architecture) for name in models]
    devices = [find_device(name).with_settings(settings) for name in device_names]
    chosen = ReportSettings(
        weights=weights or "",
        prompt=prompt,
        generate=generate,
        context=prompt + generate if context is None else context,
        batch=batch,
        kernels=kernels,
        counting=convention(counting),
    )
    for model in loaded:
        warn_of_formats(model, weights)
        warn_of_context(model, max(chosen.context, prompt + generate))
    name, content = render_report(loaded, devices, chosen, style)
    for path in write_files(folder, {name: content}):
        click.echo(f"Wrote {path}")
