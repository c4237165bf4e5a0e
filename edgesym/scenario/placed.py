"""Where the layers of a model lie in a runtime, and the processor beside a device."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Any

import sympy

from edgesym.architectures.model import Model
from edgesym.devices import Device, Figure, find_device
from edgesym.errors import ConfigError, DeviceError
from edgesym.formats import Format, Formats
from edgesym.frozen import FrozenMap
from edgesym.quantities.composition import Composition
from edgesym.runtimes import Runtime, find_runtime
from edgesym.runtimes.placement import HOST, Place, Placement
from edgesym.runtimes.runtime import EFFICIENCY
from edgesym.scenario.cells import cells_of, left_to_host
from edgesym.scenario.places import KINDS, NOWHERE, Places
from edgesym.scenario.recipe import NOTHING, OFFLOADED, Placed, Recipe
from edgesym.symbols import describe, symbol

__all__ = [
    "NOTHING",
    "Placed",
    "dtype_of",
    "figures_of_host",
    "host_of",
    "opened",
    "placed",
    "refuse_beside_places",
    "told_of_host",
]

_REMEMBERED = 256
#: What else than efficiencies a kernel takes from where it runs, and its energy from there.
_PLACE = ("peak_flops", "memory_bandwidth")
_PRICES = ("energy_per_flop", "energy_per_byte", "idle_power", "power_limit")


@lru_cache(maxsize=_REMEMBERED)
def placed(
    runtime: Runtime,
    model: Model,
    formats: Formats,
    places: Places = NOWHERE,
    shared_by: str = "",
    tokens: tuple[tuple[str, int], ...] = (),
) -> Placed:
    """Where the layers of a model lie, and the weights whose products a runtime does not run.

    Args:
        places: the recipe of places; by default all is on the device.
        shared_by: the device whose memory is the host's as well; empty where it is another.
        tokens: phase -> tokens that run in a step of it.

    Raises:
        ConfigError: more layers than there are, experts of a model without, or a runtime that
            leaves nothing elsewhere.
    """
    asked = places != NOWHERE
    if not asked and not runtime.rest:
        return NOTHING
    cells, numbers = cells_of(model, formats)
    if not asked:
        blocks = left_to_host(runtime, cells, {})
        counts = FrozenMap(numbers)
        return Placed(Placement(FrozenMap(blocks)), counts) if blocks else NOTHING
    return Recipe(runtime, model, places, cells, numbers, shared_by).placed(tokens)


def host_of(runtime: Runtime, device: Device, host: str = "") -> tuple[Runtime, Device]:
    """What runs beside a device that which its runtime leaves to the host, and that host.

    Args:
        host: a device in place of the one that the device names.

    Raises:
        DeviceError: the device names none.
        ConfigError, UnknownNameError: what it names is no device.
    """
    named = host or device.host
    if not named:
        formats = ", ".join(sorted(runtime.formats))
        left = f"products with other weights than {formats}" if formats else "layers"
        raise DeviceError(
            f"{device.name} names no processor beside it, which {runtime.name} leaves {left} to; "
            f'add host = "..." to its file, or name one with --host, or choose weights and places '
            "that leave nothing to it"
        )
    beside = runtime.beside or runtime.id
    # a file of the user's own is what it says now
    return (_beside.__wrapped__ if named.endswith(".toml") else _beside)(beside, named)


@lru_cache(maxsize=_REMEMBERED)
def _beside(runtime: str, host: str) -> tuple[Runtime, Device]:
    rest = find_runtime(runtime)
    return rest, rest.on(find_device(host))


def dtype_of(runtime: Runtime, device: Device, main: Format) -> str:
    """The dtype that a device computes in for weights of a format in a runtime.

    Raises:
        DeviceError: it has no peak for any that would do.
    """
    suited = runtime.computes_in(main.name) or main.arithmetic
    return device.arithmetic(replace(main, arithmetic=suited))


def figures_of_host(rest: Runtime, host: Device, main: Format, priced: bool) -> dict[str, Figure]:
    """The figures by word of the processor beside a device, for what is left to it.

    Args:
        priced: whether its energy counts beside that of the device.

    Raises:
        DeviceError: it has no peak for the dtype.
    """
    found = host.in_dtype(dtype_of(rest, host, main))
    words = (*EFFICIENCY, *_PLACE, *(_PRICES if priced else ()))
    return {word: found[word] for word in words if word in found}


def opened(places: str, found: Placed, symbols: Iterable[sympy.Symbol]) -> str:
    """A recipe of places in which what symbols of offloaded layers count is left open."""
    words = (describe(made).word.partition(".") for made in symbols)
    asked = {kind for word, _, kind in words if word == OFFLOADED and kind in KINDS}
    new = [kind for kind in KINDS if kind in asked and symbol(OFFLOADED, kind) not in found.most]
    return ",".join(filter(None, (places, *(f"{kind or HOST}=0" for kind in new))))


def refuse_beside_places(run: Any, joined: Composition) -> None:
    """Refuse what says nothing of places: a composition of whole steps, and a draft.

    Raises:
        ConfigError: naming both.
    """
    said = ""
    if joined.stated():
        said = f"the composition {joined.name} states the time of a step whole"
    elif run.draft:
        said = f"draft = {run.draft} is for a model that lies whole on the device"
    if said:
        raise ConfigError(f"{said}; leave it out, or places = {run.places}")


def told_of_host(host: Device, placement: Placement, *, assumed: bool) -> str:
    """The host in words, whether it is assumed, and whether a prompt copies its weights."""
    said = f", host {host.name}{' (assumed: --host names yours)' if assumed else ''}"
    copied = Place.HOST in placement.everywhere and "prefill" in placement.copied
    return f"{said}, whose weights are copied for the prompt" if copied else said
