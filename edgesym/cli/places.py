"""The options that say what lies, or runs, elsewhere than on the device."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click

from edgesym.cli.options import with_options
from edgesym.errors import ConfigError
from edgesym.scenario.items import ALL, GPU

__all__ = ["host_option", "places_options"]

F = TypeVar("F", bound=Callable[..., Any])

host_option = click.option(
    "--host",
    metavar="DEVICE",
    help="The processor beside the device, which layers are left to; by default the one that the "
    "device's file names.",
)


def places_options(verb: F) -> F:
    """The options of a recipe of places, which the verb is handed as the text ``places``."""

    @wraps(verb)
    def made(
        gpu_layers: str | None,
        cpu_moe: bool,
        n_cpu_moe: int | None,
        offload: tuple[str, ...],
        **options: Any,
    ) -> Any:
        if cpu_moe and n_cpu_moe is not None:
            raise ConfigError("--cpu-moe is of all layers and --n-cpu-moe of the first; give one")
        items = [f"{GPU}={gpu_layers}"] if gpu_layers is not None else []
        items += [f"experts={ALL}"] if cpu_moe else []
        items += [f"experts={n_cpu_moe}"] if n_cpu_moe is not None else []
        items += offload
        if len(items) > 1 and (file := next((i for i in items if i.endswith(".toml")), "")):
            raise ConfigError(f"--offload {file} says where all lies; leave other places out")
        return verb(places=",".join(items), **options)

    listed = (
        click.option(
            *("-ngl", "--gpu-layers", "--n-gpu-layers", "gpu_layers"),
            metavar=f"N|{ALL}",
            help="Layers on the device, as the runtime counts them: of llama.cpp the last ones, "
            "and the head as one more. The others run on the host, their cache with them.",
        ),
        click.option(
            *("-cmoe", "--cpu-moe", "cpu_moe"),
            is_flag=True,
            help="The weights of routed experts lie with the host, which computes with them.",
        ),
        click.option(
            *("-ncmoe", "--n-cpu-moe", "n_cpu_moe"),
            type=click.IntRange(min=0),
            metavar="N",
            help="The same, of the first N layers.",
        ),
        click.option(
            "--offload",
            multiple=True,
            metavar="PLACE=N|FILE",
            help="N layers, or all, that run on the host (host=N), whose weights are copied from "
            "the host's memory (streamed=N) or read from storage (storage=N) in every step, or "
            "whose experts run on the host (experts=N); or a file (.toml); may be repeated.",
        ),
    )
    wrapped: F = with_options(made, listed)
    return wrapped
