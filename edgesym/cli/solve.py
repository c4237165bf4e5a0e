"""``edgesym solve``: inverse questions."""

from __future__ import annotations

import click

from edgesym.analysis.documents.optimum import optimum_document
from edgesym.analysis.documents.solution import solution_document
from edgesym.analysis.inverse.optimum import optimum
from edgesym.analysis.inverse.solve import solve
from edgesym.cli.output import Write, output_options
from edgesym.cli.setup import setup_options
from edgesym.cli.unused import quantities_in, refuse_unused
from edgesym.errors import ConfigError
from edgesym.scenario.setup import Setup
from edgesym.symbols import describe

__all__ = ["command"]


@click.command()
@setup_options(device="optional")
@click.option(
    "--for",
    "unknown",
    required=True,
    metavar="SYMBOL",
    help="What is asked for: context, batch, prompt, generate, bandwidth, peak, memory, bits, "
    "cache_bits, activation_bits, or any symbol by word or letter.",
)
@click.option(
    "--such-that",
    "conditions",
    multiple=True,
    metavar="CONDITION",
    help="Such as 'time_per_output_token <= 50ms' or 'memory_footprint <= 0.9 * memory'; "
    "may be repeated.",
)
@click.option(
    "--maximise",
    metavar="Q",
    help="Ask for the whole number at which a quantity is the most, such as speculative_speedup.",
)
@click.option("--minimise", metavar="Q", help="The same, at which it is the least.")
@click.option("--between", nargs=2, metavar="LOW HIGH", help="The range to look in, with units.")
@output_options
def command(
    setup: Setup,
    unknown: str,
    conditions: tuple[str, ...],
    maximise: str | None,
    minimise: str | None,
    between: tuple[str, str] | None,
    write: Write,
) -> None:
    """Solve for a symbol, such that conditions on quantities hold, or one is best."""
    if maximise or minimise:
        if maximise and minimise:
            raise ConfigError(f"--maximise {maximise} --minimise {minimise}: give one of the two")
        best = optimum(
            *(setup, unknown, maximise or minimise or ""),
            largest=bool(maximise),
            conditions=conditions,
            between=between,
        )
        refuse_unused(
            [setup],
            quantities_in((maximise or minimise or "", *conditions)),
            used=[describe(s).word for s in best.free_symbols],
        )
        write(optimum_document(best))
        return
    if not conditions:
        raise ConfigError("nothing is asked; give --such-that, --maximise or --minimise")
    found = solve(setup, unknown, conditions, between)
    met = {made for condition in found.conditions for made in condition.free_symbols}
    used = [describe(made).word for made in met]
    refuse_unused([setup], quantities_in(conditions), used=used)
    write(solution_document(found))
