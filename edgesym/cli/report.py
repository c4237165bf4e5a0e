"""``edgesym report``: a report in which every number traces to a formula."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import click

from edgesym.analysis.documents.report.report import report_document
from edgesym.cli.common import load_model, warn_of_run, write_files
from edgesym.cli.setup import run_options
from edgesym.devices import ROOM, Device, find_device
from edgesym.document.nodes import Document
from edgesym.quantities.registry import tagged
from edgesym.render.write import write
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup
from edgesym.scenario.unused import refuse_unused

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
    "--format",
    "style",
    type=click.Choice(["markdown", "latex", "pdf", "html", "text", "json"]),
    default="markdown",
    show_default=True,
)
@click.option("--brief", is_flag=True, help="Leave out graphs, operators and kernels.")
@run_options
def command(
    models: tuple[str, ...],
    device_names: tuple[str, ...],
    figures: tuple[str, ...],
    folder: Path,
    style: str,
    brief: bool,
    run: Run,
    allow_unknown: tuple[str, ...],
    architecture: str,
) -> None:
    """Write a report on models, and on how they run on devices."""
    loaded = [load_model(name, allow_unknown, architecture) for name in models]
    devices = [find_device(name).with_settings(figures) for name in device_names]
    for model in loaded:
        warn_of_run(model, run)
    machines: list[Device | None] = [*devices] or [None]
    setups = [Setup(model, machine, run) for model in loaded for machine in machines]
    refuse_unused(setups, tagged("estimate"), used=ROOM)
    document = report_document(loaded, devices, run)
    stem = "-".join([*(_stem(m.name) for m in loaded), *(_stem(d.id) for d in devices)])
    ending, content = _FILES[style]
    file = {f"{stem}.{ending}": content(document.briefly() if brief else document)}
    for path in write_files(folder, file):
        click.echo(f"Wrote {path}")


def _stem(name: str) -> str:
    return "".join(c if c.isalnum() or c in ".-" else "-" for c in name).strip(".-") or "model"


def _written(medium: str, document: Document) -> bytes:
    return write(document, medium).encode()


def _html(document: Document) -> bytes:
    from edgesym.render.html import html_document

    return html_document(document).encode()


def _latex(document: Document) -> bytes:
    from edgesym.render.latex import latex_document

    return latex_document(document).encode()


def _pdf(document: Document) -> bytes:
    from edgesym.render.latex import latex_document
    from edgesym.render.pdf import compile_pdf

    return compile_pdf(latex_document(document))


#: Format -> ending of the file, and what makes its content.
_FILES: dict[str, tuple[str, Callable[[Document], bytes]]] = {
    "markdown": ("md", partial(_written, "markdown")),
    "latex": ("tex", _latex),
    "pdf": ("pdf", _pdf),
    "html": ("html", _html),
    "text": ("txt", partial(_written, "text")),
    "json": ("json", partial(_written, "json")),
}
