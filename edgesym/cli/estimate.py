"""``edgesym estimate``: memory, time and energy on a device."""

from __future__ import annotations

from typing import Any

import click

from edgesym.analysis.estimate import estimate, key_with_unit
from edgesym.catalogue import REGISTRY
from edgesym.claims.edgeprofiler import compose
from edgesym.cli.common import echo_json, warn
from edgesym.cli.setup import setup_options
from edgesym.render.estimate import estimate_lines
from edgesym.scenario.setup import Setup
from edgesym.units import human

__all__ = ["command"]


@click.command()
@setup_options(device="required")
@click.option(
    "--composition",
    type=click.Choice(["roofline", "edgeprofiler"]),
    default="roofline",
    show_default=True,
    help="Kernel by kernel, or equations 7 to 15 of the EdgeProfiler paper as printed.",
)
@click.option("--json", "as_json", is_flag=True, help="Print quantities with their unit as JSON.")
def command(setup: Setup, composition: str, as_json: bool) -> None:
    """Estimate memory, time and energy on a device."""
    if composition == "edgeprofiler":
        _edgeprofiler(setup, as_json)
        return
    found = estimate(setup)
    if as_json:
        echo_json(found.as_json())
    else:
        click.echo("\n".join(estimate_lines(found)))


def _edgeprofiler(setup: Setup, as_json: bool) -> None:
    found, missing = compose(setup)
    size = setup.machine.figures["memory_size"].value
    for line in missing:
        warn(f"{line}: {setup.machine.name} has none; the term is left out (give it with --set)")
    total = found["end_to_end_time"]
    slower = max(("compute_time", "memory_time"), key=found.__getitem__)
    terms = [slower, "load_time", "transfer_time", "network_time"]
    shares = {name.removesuffix("_time"): found.get(name, 0.0) / total for name in terms}
    if as_json:
        document: dict[str, Any] = {
            **setup.labels(),
            "composition": "edgeprofiler",
            **{key_with_unit(name): value for name, value in found.items()},
            "time_per_output_token_s": total,
            "tokens_per_second": 1 / total,
            "memory_size_bytes": int(size),
            "fits": found["memory_footprint"] <= size,
            "bound": max(shares, key=shares.__getitem__),
            "shares": shares,
        }
        echo_json(document)
        return
    click.echo(
        f"{setup.model.name} on {setup.machine.name}, EdgeProfiler's equations 7 to 15 as printed"
    )
    click.echo(f"{setup.describe()}\n")
    for name, value in found.items():
        unit = REGISTRY[name].unit if name in REGISTRY else "s"
        click.echo(f"{name:21} {human(value, unit)}")
