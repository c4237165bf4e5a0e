"""What the options of a setup are given, read: a run, a device, a setup."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click
import sympy

from edgesym.cli.common import load_model, warn_of_run
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

__all__ = ["GIVEN", "device_with", "keep", "run_of", "setup_of"]

#: Where it is kept what the options of a run are given.
GIVEN = f"{__name__}.given"

_RESERVE = "memory_reserve"


def keep(given: Mapping[str, Any]) -> None:
    """Keep what the options of a run are given, to tell of those that change nothing."""
    context = click.get_current_context(silent=True)
    if context is not None:
        context.meta[GIVEN] = dict(given)


def run_of(given: Mapping[str, Any]) -> tuple[Run, tuple[str, ...], dict[str, Any]]:
    """The run that options ask for, the settings that are figures of a device, other options."""
    options = dict(given)
    settings = tuple(map(_spelled, options.pop("settings")))
    counting = convention(options.pop("counting"))
    size = options.pop("image_size", None)
    if size is not None:
        options |= {"image_width": size[0], "image_height": size[1]}
    fields = {name: options.pop(name) for name in Run.__dataclass_fields__ if name in options}
    wanted = {name: value for name, value in fields.items() if value is not None}
    figures = tuple(text for text in settings if _is_figure(text))
    numbers = tuple(_given(text) for text in settings if not _is_figure(text))
    return Run(**wanted, counting=counting, given=numbers), figures, options


def setup_of(given: Mapping[str, Any]) -> tuple[Setup, dict[str, Any]]:
    """The setup that options ask for, and other options; says what to know of running it."""
    keep(given)
    run, figures, options = run_of(given)
    machine = device_with(options.pop("device_name"), figures, options.pop("reserve"))
    model, keys = options.pop("model"), options.pop("allow_unknown")
    loaded = load_model(model, keys, options.pop("architecture"))
    setup = Setup(loaded, machine, run)
    warn_of_run(loaded, run)
    return setup, options


def device_with(
    name: str | None, figures: tuple[str, ...], reserve: str | None = None
) -> Device | None:
    """The device of that name with figures overridden, and what is kept of its memory, or none.

    Raises:
        DeviceError: there are figures and no device.
        UnitError: what is kept is no size.
    """
    if name is not None:
        machine = find_device(name).with_settings(figures)
        return machine if reserve is None else _keeping(machine, reserve)
    given = *(f"--set {figure}" for figure in figures), *([f"--reserve {reserve}"] * bool(reserve))
    if given:
        raise DeviceError(f"{given[0]}: there is no device to set it on; give --device")
    return None


def _keeping(machine: Device, reserve: str) -> Device:
    """The device with that much of its memory kept; errors name the option."""
    try:
        return machine.with_settings((f"{_RESERVE}={reserve}",))
    except (DeviceError, UnitError) as error:
        raise type(error)(str(error).replace(f"--set {_RESERVE}", "--reserve", 1)) from error


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
