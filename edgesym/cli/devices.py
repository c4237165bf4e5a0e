"""``edgesym devices``: the devices, and each figure with its source."""

from __future__ import annotations

import click

from edgesym.cli.common import style_option
from edgesym.devices import device_names, find_device
from edgesym.render.tables import render_table

__all__ = ["command"]


@click.command()
@click.argument("device", required=False)
@click.option("--set", "settings", multiple=True, metavar="FIGURE=VALUE", help="Override a figure.")
@style_option()
def command(device: str | None, settings: tuple[str, ...], style: str) -> None:
    """List the devices, or the figures of one with their sources."""
    if device is None:
        rows = []
        for name in device_names():
            found = find_device(name)
            figures = (str(found.figures[w]) for w in ("memory_size", "memory_bandwidth"))
            rows.append([name, found.name, ", ".join(found.peaks), *figures])
        headers = ["device", "name", "peaks for", "memory", "bandwidth"]
        click.echo(render_table(headers, rows, style))
        return
    found = find_device(device).with_settings(settings)
    if style != "csv":
        click.echo(f"{found.name}: {found.summary}\n")
    peaks = {f"peak.{dtype}": figure for dtype, figure in found.peaks.items()}
    rows = [
        [name, str(figure), figure.kind, figure.explained, figure.source]
        for name, figure in {**peaks, **found.figures}.items()
    ]
    click.echo(render_table(["figure", "value", "kind", "condition", "source"], rows, style))
