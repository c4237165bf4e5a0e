"""The options that make a setup, and a run without a model; shared by many verbs."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click
import sympy

from edgesym.cli.common import (
    composition_option,
    convention_option,
    kernels_option,
    load_model,
    model_options,
    prune_option,
    warn_of_run,
    weights_option,
)
from edgesym.cli.count import COUNT
from edgesym.cli.options import with_options
from edgesym.cli.places import host_option, places_options
from edgesym.devices import FIGURES, Device, find_device, is_figure
from edgesym.devices.spread import has_spread
from edgesym.errors import ConfigError, DeviceError, ExpressionError, UnitError, UnknownNameError
from edgesym.graph.convention import convention
from edgesym.numbers import Number
from edgesym.override import Change, read_change
from edgesym.scenario.names import symbol_of
from edgesym.scenario.run import FIELDS, Run
from edgesym.scenario.setup import Setup
from edgesym.symbols import COUNT as WHOLE
from edgesym.symbols import TABLE, describe, find, symbol
from edgesym.units import parse

__all__ = ["run_options", "setup_options"]

F = TypeVar("F", bound=Callable[..., Any])


def run_options(verb: F) -> F:
    """Options that say what is run: the verb is handed a ``run``, and figures of devices.

    ``figures`` holds the texts of ``--set`` that are figures of a device.
    """

    @wraps(verb)
    def made(settings: tuple[str, ...], counting: str, **options: Any) -> Any:
        fields = {name: options.pop(name) for name in Run.__dataclass_fields__ if name in options}
        wanted = {name: value for name, value in fields.items() if value is not None}
        settings = tuple(map(_spelled, settings))
        figures = tuple(text for text in settings if _is_figure(text))
        given = tuple(_given(text) for text in settings if not _is_figure(text))
        run = Run(**wanted, counting=convention(counting), given=given)
        return verb(run=run, figures=figures, **options)

    listed = (
        *_FORMATS,
        prune_option,
        places_options,
        host_option,
        _COMPUTE,
        composition_option,
        *_COUNTS,
        _SET,
        _FITS,
    )
    wrapped: F = with_options(made, (*listed, kernels_option(""), convention_option, model_options))
    return wrapped


def setup_options(*, device: str) -> Callable[[F], F]:
    """Options that say what is run where: the verb is handed a ``setup``.

    ``device`` is "required" or "optional".
    """

    def decorate(verb: F) -> F:
        @run_options
        @wraps(verb)
        def made(
            model: str,
            device_name: str | None,
            figures: tuple[str, ...],
            reserve: str | None,
            run: Run,
            allow_unknown: tuple[str, ...],
            architecture: str,
            **options: Any,
        ) -> Any:
            kept = () if reserve is None else (f"memory_reserve={reserve}",)
            machine = device_with(device_name, (*figures, *kept))
            loaded = load_model(model, allow_unknown, architecture)
            setup = Setup(loaded, machine, run)
            warn_of_run(loaded, run)
            return verb(setup=setup, **options)

        where = _device_option(required=device == "required")
        wrapped: F = with_options(made, (click.argument("model"), where, _RESERVE))
        return wrapped

    return decorate


def device_with(name: str | None, figures: tuple[str, ...]) -> Device | None:
    """The device of that name with figures overridden, or none.

    Raises:
        DeviceError: there are figures and no device.
    """
    if name is not None:
        return find_device(name).with_settings(figures)
    if figures:
        raise DeviceError(f"--set {figures[0]}: there is no device to set it on; give --device")
    return None


def _device_option(*, required: bool) -> Callable[[F], F]:
    return click.option(
        "--device",
        "device_name",
        required=required,
        metavar="DEVICE",
        help="A device or a device file (.toml).",
    )


def _spelled(text: str) -> str:
    """A setting with the word of its symbol in place of a letter or a short name."""
    name, sign, number = text.partition("=")
    made = symbol_of(name.strip())
    return text if made is None else f"{describe(made).word}{sign}{number}"


def _is_figure(text: str) -> bool:
    name = text.partition("=")[0].strip()
    return is_figure(name) or name.startswith("peak.") or "=" not in text


def _given(text: str) -> tuple[sympy.Symbol, Number | Change]:
    """The symbol and the number, or its change, of ``hidden=4096`` or ``peak=0.5*peak``."""
    name, _, number = text.partition("=")
    name, kind = name.strip().partition(".")[::2]
    try:
        made = find(name)
    except UnknownNameError as error:
        raise UnknownNameError("figure or symbol", name, [*FIGURES, *TABLE]) from error
    if kind:
        made = symbol(describe(made).word, kind)
    row = describe(made)

    def is_it(other: str) -> bool:
        return bool(symbol_of(other) == made)

    if row.word in FIELDS:
        raise ConfigError(f"--set {text}: give it as --{FIELDS[row.word]}")
    if has_spread(number):
        raise ConfigError(
            f"--set {text}: only figures of a device (edgesym devices NAME) have a spread; "
            f"give {row.word} one number"
        )
    try:
        change = read_change(number, row.unit, is_it, bare=row.is_bare)
        if change is not None:
            return made, change
        value = parse(number, row.unit, bare=row.is_bare)
    except (UnitError, ExpressionError) as error:
        raise type(error)(f"--set {name}: {error}") from error
    if value <= 0 or (row.domain == WHOLE and value != int(value)):
        raise ConfigError(f"--set {text}: {row.word} must be a {row.domain}")
    return made, int(value) if value == int(value) else value


_SET = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="Override a figure of the device, such as memory_bandwidth=20GB/s, or a symbol, such "
    "as hidden=4096; or change it, such as peak=0.5*peak or idle_power=idle_power+1W. What "
    "changes nothing of what is asked is refused.",
)
_FITS = click.option(
    "--fits",
    type=click.Path(exists=True, file_okay=False),
    metavar="DIR",
    help="Fits of your own (edgesym fit --to DIR), each in place of the one that ships.",
)
_RESERVE = click.option(
    "--reserve",
    metavar="SIZE",
    help="Memory that the system and the runtime keep, such as 1GiB.  [default: the device's]",
)
_FORMATS = (
    weights_option,
    click.option(
        "--activations", metavar="FORMAT", help="By default that of float weights, else fp16."
    ),
    click.option("--cache", metavar="FORMAT", help="By default that of the activations."),
)
_COMPUTE = click.option(
    "--compute",
    metavar="DTYPE",
    help="Arithmetic dtype; by default the best that the device has for the weights.",
)
_COUNTS = (
    click.option(
        "--prompt",
        type=COUNT,
        help="Tokens of the prompt; like all counts also 8k, which is 8192, or 1M.  "
        "[default: 128, or what --context leaves beside --generate]",
    ),
    click.option(
        "--generate",
        type=COUNT,
        help="Tokens generated.  [default: 128, or half a --context shorter than 256]",
    ),
    click.option(
        "--batch", type=COUNT, default=1, show_default=True, help="Sequences run together."
    ),
    click.option(
        "--context",
        type=COUNT,
        help="Tokens attended to where a token is timed.  [default: prompt + generate]",
    ),
    click.option(
        "--source",
        type=COUNT,
        help="Source tokens of an encoder-decoder.  [default: what the model fixes, else prompt]",
    ),
)
