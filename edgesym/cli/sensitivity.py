"""``edgesym sensitivity``: derivatives and elasticities, ranked."""

from __future__ import annotations

from pathlib import Path

import click

from edgesym.analysis.documents.sensitivity import sensitivity_document
from edgesym.analysis.sensitivity import sensitivity
from edgesym.cli.output import Write, output_options
from edgesym.cli.picture import plot_option, write_plot
from edgesym.cli.setup import setup_options
from edgesym.cli.unused import refuse_unused
from edgesym.errors import ConfigError
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
    "--with-respect-to",
    "symbols",
    multiple=True,
    metavar="NAME",
    help="A symbol by word or letter, or who gives it its number: model, workload, format, "
    "device, cluster; may be repeated.  [default: all]",
)
@click.option("--second-order", is_flag=True, help="Show which pairs of symbols interact.")
@click.option("--all", "everything", is_flag=True, help="Show weak symbols and every derivative.")
@plot_option("what a tenth more and less of each symbol does")
@output_options
def command(
    setup: Setup,
    names: tuple[str, ...],
    symbols: tuple[str, ...],
    second_order: bool,
    everything: bool,
    plot: Path | None,
    write: Write,
) -> None:
    """Rank the symbols that a quantity depends on by how much it answers to them.

    An elasticity of -1 says: one per cent more of it, one per cent less of the quantity, all
    else as it is. Where a maximum turns or a rounding steps, a note says what one elasticity
    does not.
    """
    usual = "memory_footprint" if setup.device is None else "time_per_output_token"
    asked = names or (usual,)
    refuse_unused([setup], asked)
    results = [sensitivity(setup, name, symbols) for name in asked]
    if plot is not None:
        from edgesym.render.tornado_plot import tornado

        if len(results) > 1:
            raise ConfigError("--plot shows one quantity; name it with a single --quantity")
        write_plot(plot, lambda: tornado(results[0]))
    write(sensitivity_document(results, everything=everything, second_order=second_order))
