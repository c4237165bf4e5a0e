"""``edgesym optimize``: which way of making a model smaller suits a device."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from edgesym.analysis.documents.optimization import optimization_document
from edgesym.analysis.optimization.optimize import ON_DEVICE, SIZES, optimize
from edgesym.analysis.optimization.target import Target
from edgesym.analysis.optimization.technique import chosen, combinations, techniques
from edgesym.cli.asked import device_with
from edgesym.cli.common import load_model, warn_of_run
from edgesym.cli.device import device_option
from edgesym.cli.for_real import measure, measure_options
from edgesym.cli.output import Write, output_options
from edgesym.cli.picture import plot_option, write_plot
from edgesym.cli.setup import run_options
from edgesym.cli.unused import refuse_unused
from edgesym.compression.sample import DEFAULT
from edgesym.devices import ROOM, Device
from edgesym.errors import ConfigError, UnitError
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup
from edgesym.units import parse

__all__ = ["command"]


@click.command()
@click.argument("models", nargs=-1, metavar="MODEL...")
@device_option(name="device", text="A device or a device file; without it, sizes.")
@click.option(
    "--memory",
    metavar="SIZE",
    help="Memory that the model may fill, such as 4GiB.  [default: the device's, less what its "
    "system keeps]",
)
@click.option(
    "--speed",
    type=float,
    default=1.0,
    show_default=True,
    help="Peak rates and bandwidth of the simulated device, relative to the device's.",
)
@click.option(
    "--techniques",
    "names",
    metavar="A,B,...",
    default="",
    help=f"Of {', '.join(techniques())}, or any format or recipe of the weights, or a pruning "
    "such as 2:4 or layers=4.  [default: all]",
)
@click.option("--combine", is_flag=True, help="Also those that go together, together.")
@click.option(
    "--such-that",
    "conditions",
    multiple=True,
    metavar="CONDITION",
    help="Such as 'tokens_per_second >= 10' or 'time_to_first_token <= 2s'; may be repeated.",
)
@plot_option("size against time per token, with the front")
@measure_options
@output_options
@run_options
def command(
    models: tuple[str, ...],
    device: str | None,
    memory: str | None,
    speed: float,
    names: str,
    combine: bool,
    conditions: tuple[str, ...],
    plot: Path | None,
    for_real: bool,
    machine: str | None,
    threads: int | None,
    write: Write,
    run: Run,
    figures: tuple[str, ...],
    allow_unknown: tuple[str, ...],
    architecture: str,
) -> None:
    """Compare ways of making models smaller: size, memory, time and energy.

    Each technique is set beside the model as it is run, the baseline. The best is the fastest
    that fits and meets the conditions; without a device, the smallest. With --measure the model,
    by default one in the shape of DistilBERT, is built with random weights and each technique
    applied and measured on this machine.
    """
    limit = None if memory is None else _memory(memory)
    if for_real:
        elsewhere = {"--device": device, "--combine": combine, "--such-that": conditions}
        here = device_with(machine, figures)
        _measured(models, {**elsewhere, "--plot": plot}, write, names, limit, threads, here)
        return
    if machine is not None:
        raise ConfigError("--machine says what --measure runs on; without it, give --device")
    if threads is not None:
        raise ConfigError(f"--threads {threads} says what --measure runs on; give --measure too")
    if not models:
        raise ConfigError("name a model, or several; or --measure one in the shape of DistilBERT")
    alone = chosen(names.split(","))
    wanted = (*alone, *combinations(alone)) if combine else alone
    simulated = device_with(device, figures)
    target = Target(simulated, speed, limit)
    loaded = dict.fromkeys(load_model(name, allow_unknown, architecture) for name in models)
    setups = [Setup(model, simulated, run) for model in loaded]
    for setup in setups:
        warn_of_run(setup.model, run)
    refuse_unused(setups, [*SIZES, "memory_footprint", *ON_DEVICE], used=ROOM)
    found = optimize(setups, wanted, target, conditions)
    if plot is not None:
        from edgesym.render.pareto_plot import pareto_figure

        write_plot(plot, lambda: pareto_figure(found))
    write(optimization_document(found))


def _measured(
    models: tuple[str, ...],
    elsewhere: Mapping[str, Any],
    write: Write,
    names: str,
    limit: float | None,
    threads: int | None,
    machine: Device | None,
) -> None:
    """Measure on this machine; options that speak of another are refused."""
    given = [option for option, value in elsewhere.items() if value]
    if given:
        raise ConfigError(f"--measure is of this machine; leave out {', '.join(given)}")
    if len(models) > 1:
        raise ConfigError(f"--measure takes one model, not {len(models)}")
    chosen_names = [name.strip() for name in names.split(",") if name.strip()]
    bytes_ = None if limit is None else int(limit)
    model = models[0] if models else DEFAULT
    measure(write, model, chosen_names, bytes_, threads, machine)


def _memory(text: str) -> float:
    try:
        return parse(text, "B")
    except UnitError as error:
        raise ConfigError(f"--memory {text}: {error}") from error
