"""``edgesym devices``: the devices, and each figure with its source."""

from __future__ import annotations

import click

from edgesym.cli.output import Write, output_options
from edgesym.devices import Device, device_names, find_device
from edgesym.devices.names import aliases_of
from edgesym.devices.template import template
from edgesym.document.listing import listing
from edgesym.document.nodes import Document, Text, table
from edgesym.units import human

__all__ = ["command"]

_COLUMNS = ("device", "memory", "bandwidth", "class")
_FIGURES = ("figure", "value", "kind", "condition", "source")


@click.command()
@click.argument("device", required=False)
@click.option("--new", metavar="NAME", help="Write a device file to fill in, with comments.")
@click.option("--set", "settings", multiple=True, metavar="FIGURE=VALUE", help="Override a figure.")
@output_options
def command(device: str | None, new: str | None, settings: tuple[str, ...], write: Write) -> None:
    """List the devices, or the figures of one with their sources."""
    if new is not None:
        if device is not None or settings:
            raise click.UsageError("--new NAME takes no device and no --set; name one or the other")
        click.echo(template(new))
        return
    if device is not None:
        write(_of_one(find_device(device).with_settings(settings)))
        return
    if settings:
        raise click.UsageError(f"--set {settings[0]}: name the device that it is of")
    devices = {name: find_device(name) for name in device_names()}
    rows = (
        (
            name,
            *(
                human(figure.value, figure.unit)
                for figure in (found.figures["memory_size"], found.figures["memory_bandwidth"])
            ),
            found.device_class,
        )
        for name, found in devices.items()
    )
    write(listing("Devices", "devices", _COLUMNS, rows))


def _of_one(found: Device) -> Document:
    """The figures of a device."""
    figures = {f"peak.{dtype}": figure for dtype, figure in found.peaks.items()} | dict(
        found.figures
    )

    also = aliases_of(found.id)
    called = (Text(f"Also called {', '.join(also)}."),) if also else ()
    assumed = ", assumed: --host names yours" if found.host_assumed else ""
    beside = f" The processor beside it is {found.host}{assumed}." if found.host else ""
    runs = f" Run by {', '.join(found.runtimes)}, the usual first." if found.runtimes else ""
    kind = f"Of the class {found.device_class}." if found.device_class else "Of no class."

    def answer() -> dict[str, object]:
        return {
            "device": found.id,
            "name": found.name,
            "also": also,
            "summary": found.summary,
            "class": found.device_class,
            "runtimes": found.runtimes,
            "host": found.host,
            "host_assumed": found.host_assumed,
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
    blocks = (Text(found.summary), *called, Text(kind + runs + beside), table(_FIGURES, rows))
    return Document(found.name, blocks, answer)
