"""``edgesym estimate``: memory, time and energy on a device."""

from __future__ import annotations

from typing import Any

import click

from edgesym.analysis.estimate import Estimate, Setup, estimate, key_with_unit
from edgesym.claims.edgeprofiler import compose
from edgesym.cli.common import (
    convention_option,
    echo_json,
    kernels_option,
    load_model,
    model_options,
    run_options,
    warn,
    warn_of_context,
    warn_of_encoder,
    warn_of_formats,
)
from edgesym.devices import find_device
from edgesym.formats import Formats, formats
from edgesym.graph.convention import convention
from edgesym.quantities import REGISTRY
from edgesym.render.estimate import estimate_lines
from edgesym.units import human

__all__ = ["command"]


@click.command()
@click.argument("model")
@click.option(
    "--device",
    "device_name",
    required=True,
    metavar="DEVICE",
    help="A device or a device file (.toml).",
)
@click.option(
    "--activations",
    type=click.Choice(list(formats())),
    help="By default that of float weights, else fp16.",
)
@click.option(
    "--cache", type=click.Choice(list(formats())), help="By default that of the activations."
)
@click.option(
    "--compute",
    default="",
    metavar="DTYPE",
    help="Arithmetic dtype; by default the best that the device has for the weights.",
)
@click.option(
    "--source",
    type=int,
    help="Source tokens of an encoder-decoder.  [default: what the model fixes, else prompt]",
)
@click.option(
    "--composition",
    type=click.Choice(["roofline", "edgeprofiler"]),
    default="roofline",
    show_default=True,
    help="Kernel by kernel, or equations 7 to 15 of the EdgeProfiler paper as printed.",
)
@click.option("--json", "as_json", is_flag=True, help="Print quantities with their unit as JSON.")
@run_options
@kernels_option("fused")
@convention_option
@model_options
def command(
    model: str,
    device_name: str,
    settings: tuple[str, ...],
    weights: str | None,
    activations: str | None,
    cache: str | None,
    compute: str,
    context: int | None,
    prompt: int,
    generate: int,
    batch: int,
    source: int | None,
    composition: str,
    as_json: bool,
    kernels: str,
    counting: str,
    allow_unknown: tuple[str, ...],
    architecture: str,
) -> None:
    """Estimate memory, time and energy on a device."""
    device = find_device(device_name).with_settings(settings)
    loaded = load_model(model, allow_unknown, architecture)
    setup = Setup(
        loaded,
        device,
        Formats.published(
            loaded.dtype, loaded.quantized, weights or "", activations or "", cache or ""
        ),
        prompt=prompt,
        generate=generate,
        context=prompt + generate if context is None else context,
        batch=batch,
        compute=compute,
        kernels=kernels,
        counting=convention(counting),
        source=source,
    )
    warn_of_encoder(loaded)
    warn_of_formats(loaded, weights)
    warn_of_context(loaded, max(setup.context, prompt + generate))
    if composition == "edgeprofiler":
        _edgeprofiler(setup, as_json)
        return
    found: Estimate = estimate(setup)
    if as_json:
        echo_json(found.as_json())
    else:
        click.echo("\n".join(estimate_lines(found)))


def _edgeprofiler(setup: Setup, as_json: bool) -> None:
    found, missing = compose(setup)
    size = setup.device.figures["memory_size"].value
    for line in missing:
        warn(f"{line}: {setup.device.name} has none; the term is left out (give it with --set)")
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
        f"{setup.model.name} on {setup.device.name}, EdgeProfiler's equations 7 to 15 as printed"
    )
    click.echo(f"{setup.describe()}\n")
    for name, value in found.items():
        unit = REGISTRY[name].unit if name in REGISTRY else "s"
        click.echo(f"{name:21} {human(value, unit)}")
