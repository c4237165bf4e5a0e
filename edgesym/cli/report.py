"""``edgesym report``: a report in which every number traces to a formula."""

from __future__ import annotations

import os
import shlex
from datetime import UTC, date, datetime
from pathlib import Path

import click

from edgesym.analysis.documents.report.report import report_document
from edgesym.cli.common import load_model, warn, warn_of_run
from edgesym.cli.net import say
from edgesym.cli.setup import run_options
from edgesym.cli.unused import refuse_unused
from edgesym.devices import ROOM, Device, find_device
from edgesym.document.nodes import Document, Imprint
from edgesym.document.version import edgesym_version
from edgesym.errors import ConfigError, OutputError
from edgesym.files.write import write_files
from edgesym.quantities.registry import tagged
from edgesym.render.files import ENDINGS, STYLES, files_of, refuse_style
from edgesym.render.style import blank_figure
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup

__all__ = ["command"]

#: Where it is kept what was typed.
_TYPED = f"{__name__}.typed"
#: Options of where and when a report is written, which change nothing of what it says.
_ELSEWHERE = ("--to", "--date")


class _Told(click.Command):
    """A command that remembers what was typed."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[_TYPED] = tuple(args)
        return super().parse_args(ctx, args)


@click.command(cls=_Told)
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
    type=click.Choice(list(STYLES)),
    default="markdown",
    show_default=True,
    help="pdf needs a LaTeX engine (Debian: texlive-latex-extra, texlive-pictures, lmodern).",
)
@click.option("--brief", is_flag=True, help="Leave out graphs, operators and kernels.")
@click.option(
    "--figures/--no-figures",
    "pictured",
    default=None,
    help="Draw what is said: roofline, breakdowns, memory, regimes (extra plot).  "
    "[default: where matplotlib is installed]",
)
@click.option(
    "--date",
    "day",
    metavar="DATE",
    help="The date of the report, such as 2026-05-31, or none.  [default: SOURCE_DATE_EPOCH, else "
    "today]",
)
@click.option(
    "--template",
    "templates",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar="DIR",
    help="Folder with a frame of your own: document.html.j2, document.md.j2 or document.tex.j2.",
)
@run_options
def command(
    models: tuple[str, ...],
    device_names: tuple[str, ...],
    figures: tuple[str, ...],
    folder: Path,
    style: str,
    brief: bool,
    pictured: bool | None,
    day: str | None,
    templates: Path | None,
    run: Run,
    allow_unknown: tuple[str, ...],
    architecture: str,
) -> None:
    """Write a report on models, and on how they run on devices.

    Pictures lie beside a report in Markdown or LaTeX, and within one in HTML or PDF; BibTeX of
    what is cited lies beside LaTeX and PDF.
    """
    refuse_style(style, templates)
    if pictured:
        blank_figure(1.0, 1.0)  # an error at once where nothing draws
    imprint = Imprint(_date(day), f"edgesym {edgesym_version()}", _command())
    loaded = [load_model(name, allow_unknown, architecture) for name in models]
    devices = [find_device(name).with_settings(figures) for name in device_names]
    for model in loaded:
        warn_of_run(model, run)
    machines: list[Device | None] = [*devices] or [None]
    setups = [Setup(model, machine, run) for model in loaded for machine in machines]
    refuse_unused(setups, tagged("estimate"), used=ROOM)
    document = report_document(loaded, devices, run, imprint)
    document = document.briefly() if brief else document
    stem = "-".join([*(_stem(m.name) for m in loaded), *(_stem(d.id) for d in devices)])
    pictures = _pictures(document, ENDINGS[style], pictured) if style in ENDINGS else {}
    for path in write_files(folder, files_of(document, style, stem, pictures, templates)):
        say(f"Wrote {path}", err=False)


def _stem(name: str) -> str:
    return "".join(c if c.isalnum() or c in ".-" else "-" for c in name).strip(".-") or "model"


def _command() -> str:
    """What was typed, without where to and when."""
    kept: list[str] = []
    typed = iter(click.get_current_context().meta[_TYPED])
    for word in typed:
        if word in _ELSEWHERE:
            next(typed, None)
        elif not word.startswith(tuple(f"{option}=" for option in _ELSEWHERE)):
            kept.append(word)
    return shlex.join(["edgesym", "report", *kept])


def _date(asked: str | None) -> str:
    """The date of a report: as asked, of the environment (https://reproducible-builds.org), today.

    Raises:
        ConfigError: it is no date.
    """
    if asked == "none":
        return ""
    if asked is not None:
        try:
            return date.fromisoformat(asked).isoformat()
        except ValueError as error:
            raise ConfigError(f"--date {asked}: write it as 2026-05-31, or none") from error
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if not epoch:
        return datetime.now(UTC).astimezone().date().isoformat()
    try:
        return datetime.fromtimestamp(int(epoch), UTC).date().isoformat()
    except (OverflowError, OSError, ValueError) as error:
        raise ConfigError(
            f"SOURCE_DATE_EPOCH={epoch}: give whole seconds since 1970, or --date"
        ) from error


def _pictures(document: Document, ending: str, asked: bool | None) -> dict[str, bytes]:
    """The pictures of a document by name; what cannot be drawn is said.

    Raises:
        OutputError: pictures were asked for, and there is nothing that draws.
    """
    if asked is False:
        return {}
    from edgesym.render.pictures import drawn

    try:
        made, missing = drawn(document.pictures, ending)
    except OutputError as error:  # a warning tells it; figures that were asked for are an error
        if asked:
            raise
        warn(f"{error}; the report has no figures")
        return {}
    for name, reason in missing.items():
        warn(f"no figure {name}: {reason}")
    return made
