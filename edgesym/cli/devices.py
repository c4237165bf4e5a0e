"""``edgesym devices``: the devices, and each figure with its source."""

from __future__ import annotations

import click

from edgesym.cli.output import Write, output_options
from edgesym.devices import Device, device_names, find_device
from edgesym.document.listing import listing
from edgesym.document.nodes import Document, Text, table

__all__ = ["command"]

_COLUMNS = ("device", "name", "peaks for", "memory", "bandwidth")
_FIGURES = ("figure", "value", "kind", "condition", "source")


@click.command()
@click.argument("device", required=False)
@click.option("--set", "settings", multiple=True, metavar="FIGURE=VALUE", help="Override a figure.")
@output_options
def command(device: str | None, settings: tuple[str, ...], write: Write) -> None:
    """List the devices, or the figures of one with their sources."""
    if device is not None:
        write(_of_one(find_device(device).with_settings(settings)))
        return
    devices = {name: find_device(name) for name in device_names()}
    rows = (
        (
            name,
            found.name,
            ", ".join(found.peaks),
            *(str(found.figures[word]) for word in ("memory_size", "memory_bandwidth")),
        )
        for name, found in devices.items()
    )
    write(listing("Devices", "devices", _COLUMNS, rows))


def _of_one(found: Device) -> Document:
    """The figures of a device."""
    figures = {f"peak.{dtype}": figure for dtype, figure in found.peaks.items()} | dict(
        found.figures
    )

    def answer() -> dict[str, object]:
        return {
            "device": found.id,
            "name": found.name,
            "summary": found.summary,
            "figures": {
                name: {
                    "value": figure.value,
                    "unit": figure.unit,
                    "std": figure.std,
                    "kind": figure.kind,
                    "arithmetic": figure.arithmetic,
                    "condition": figure.condition,
                    "source": figure.source,
                }
                for name, figure in figures.items()
            },
        }

    rows = [(name, str(f), f.kind, f.explained, f.source) for name, f in figures.items()]
    blocks = (Text(found.summary), table(_FIGURES, rows))
    return Document(found.name, blocks, answer)
