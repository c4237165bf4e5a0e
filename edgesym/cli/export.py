"""``edgesym export``: closed forms in the languages of others."""

from __future__ import annotations

from pathlib import Path

import click

from edgesym.cli.common import refuse_existing
from edgesym.cli.options import refuse_given
from edgesym.cli.output import print_text
from edgesym.cli.picture import write_beside
from edgesym.cli.setup import setup_options
from edgesym.cli.unused import refuse_unused
from edgesym.errors import OutputError
from edgesym.render.export import LANGUAGES, export
from edgesym.render.page import Page
from edgesym.scenario.setup import Setup

__all__ = ["command"]


@click.command()
@setup_options(device="optional")
@click.option(
    "-q",
    "--quantity",
    "names",
    multiple=True,
    metavar="Q",
    help="A quantity; may be repeated.  [default: time_per_output_token, or memory_footprint "
    "without a device]",
)
@click.option(
    "--to",
    type=click.Choice(list(LANGUAGES)),
    default="python",
    show_default=True,
    help="Python (exact), NumPy columns, C, JavaScript, Rust, or an Excel workbook.",
)
@click.option(
    "--inputs",
    default="",
    metavar="NAME,...",
    help="Symbols left open, joined by commas; the others are put in.  [default: all]",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where to write; by default text is printed.",
)
@click.option("--force", is_flag=True, help="Replace a FILE that is there.")
def command(
    setup: Setup, names: tuple[str, ...], to: str, inputs: str, output: Path | None, force: bool
) -> None:
    """Write formulas as a self-contained file in another language.

    It holds each formula as a comment, units and meanings, defaults, and a test point; run by
    itself it checks that it computes what edgesym does.
    """
    usual = "memory_footprint" if setup.device is None else "time_per_output_token"
    asked = names or (usual,)
    ending = LANGUAGES[to].ending
    if output is None and to == "excel":
        raise OutputError("a workbook is not printed; say where to write it with --output FILE")
    if output is None:
        refuse_given("replaces a file; name it, with --output FILE", "force")
    else:
        if output.suffix.lower() != f".{ending}":
            raise OutputError(f"--output {output}: the name of {to} must end in .{ending}")
        refuse_existing("--output", output, force=force)
    refuse_unused([setup], asked)
    listed = [name.strip() for name in inputs.split(",") if name.strip()]
    content = export(setup, asked, to, listed)
    if output is not None:
        write_beside(output, content.encode() if isinstance(content, str) else content)
    elif isinstance(content, str):
        print_text(content, Page.of())
