"""``edgesym reproduce``: a published table, recomputed, beside our derivation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click

from edgesym.analysis.documents.pictures import bars_document
from edgesym.analysis.pictures.chart import Bars
from edgesym.cli.asked import device_with
from edgesym.cli.for_real import measure_options, told
from edgesym.cli.output import Write, output_options
from edgesym.cli.picture import plot_option, write_plot
from edgesym.devices import Device
from edgesym.document.nodes import Document
from edgesym.errors import ConfigError

__all__ = ["command"]


def _script() -> Document:
    from edgesym.claims.documents.reproduced import reproduced_document
    from edgesym.claims.edgeprofiler import reproduce

    return reproduced_document("edgeprofiler", list(reproduce()))


def _sizes() -> Document:
    from edgesym.claims.documents.sizes import sizes_document
    from edgesym.claims.edgeprofiler_sizes import sizes
    from edgesym.claims.edgeprofiler_words import remarks, statements

    return sizes_document(list(sizes()), list(statements()), list(remarks()))


def _edgelm() -> Document:
    from edgesym.claims.documents.edgelm import edgelm_document
    from edgesym.claims.edgelm import reproduced

    return edgelm_document(reproduced())


def _edgelm_measured(machine: Device | None, threads: int | None) -> Document:
    """The techniques of EdgeLM-Optimizer as derived, and as measured on this machine.

    Without its limit of memory, within which PyTorch's own copies let none of them run.
    """
    from edgesym.claims.edgelm import described
    from edgesym.compression import measured, measured_records, measured_section

    derived, given = _edgelm(), described()
    names = [row["measured"] for row in given["technique"] if "measured" in row]
    rows = measured(given["sample"], names, None, threads, told, machine)
    return replace(
        derived,
        blocks=(*derived.blocks, measured_section(rows, None)),
        answer=lambda: {**derived.data, "measured": measured_records(rows)},
    )


def _analyzer() -> Document:
    from edgesym.claims.documents.roofline_analyzer import analyzer_document
    from edgesym.claims.roofline_analyzer import lines, unlisted

    return analyzer_document(list(lines()), unlisted())


def _latencies() -> Bars:
    from edgesym.claims.edgeprofiler_figure import latencies

    return latencies()


#: Source -> number of a table, or nothing for what it is known by -> what recomputes it.
SOURCES: dict[str, dict[int | None, Callable[[], Document]]] = {
    "edgeprofiler": {None: _script, 2: _sizes},
    "edgelm-optimizer": {None: _edgelm},
    "transformer-roofline-analyzer": {None: _analyzer},
}


#: Source -> number of a figure -> what recomputes its numbers.
FIGURES: dict[str, dict[int, Callable[[], Bars]]] = {"edgeprofiler": {3: _latencies}}


#: The source whose techniques can be measured.
_MEASURED = "edgelm-optimizer"


@click.command()
@click.argument("source", type=click.Choice(list(SOURCES)), metavar="SOURCE")
@click.option(
    "--table", type=int, help="Table of a paper: 2 of edgeprofiler, the sizes by precision."
)
@click.option(
    "--figure", type=int, help="Figure of a paper: 3 of edgeprofiler, latencies by their terms."
)
@plot_option("what --figure shows")
@measure_options
@output_options
def command(
    source: str,
    table: int | None,
    figure: int | None,
    plot: Path | None,
    for_real: bool,
    machine: str | None,
    threads: int | None,
    write: Write,
) -> None:
    """Recompute what was published beside our derivation.

    SOURCE is edgeprofiler (the table its script prints), edgelm-optimizer (DistilBERT, all its
    techniques; with --measure also as measured here) or transformer-roofline-analyzer (the sample
    of its README).
    """
    if for_real:
        if source != _MEASURED:
            raise ConfigError(f"--measure: {source} has nothing to measure; {_MEASURED} has")
        write(_edgelm_measured(device_with(machine, ()), threads))
        return
    given = {"--machine": machine, "--threads": threads}
    if alone := [option for option, value in given.items() if value is not None]:
        raise ConfigError(f"{', '.join(alone)} goes with --measure")
    if figure is not None:
        _figure(source, figure, table, plot, write)
        return
    if plot is not None:
        raise ConfigError(f"--plot {plot}: say which figure, with --figure")
    tables = SOURCES[source]
    if table not in tables:
        known = ", ".join(str(number) for number in tables if number) or "none"
        raise ConfigError(f"--table {table}: of the tables of {source}, reproduced are: {known}")
    write(tables[table]())


def _figure(source: str, number: int, table: int | None, plot: Path | None, write: Write) -> None:
    """The numbers of a figure, and the figure where it is asked for."""
    if table is not None:
        raise ConfigError(f"--figure {number}: leave out --table {table}")
    figures = FIGURES.get(source, {})
    if number not in figures:
        known = ", ".join(map(str, figures)) or "none"
        raise ConfigError(f"--figure {number}: of the figures of {source}, reproduced are: {known}")
    found = figures[number]()
    if plot is not None:
        from edgesym.render.bars_plot import bars_figure

        write_plot(plot, lambda: bars_figure(found))
    write(bars_document(found))
