"""The products of a model that a runtime leaves to the processor beside a device."""

from __future__ import annotations

from functools import lru_cache

from edgesym.architectures.model import Model
from edgesym.architectures.weights import facts_of
from edgesym.devices import Device, find_device
from edgesym.errors import DeviceError
from edgesym.formats import Formats
from edgesym.formats.assign import Stored
from edgesym.graph.tensor import BYTES, Role
from edgesym.runtimes import Runtime, find_runtime
from edgesym.runtimes.placement import NOWHERE_ELSE, Placement, placement

__all__ = ["host_of", "placed"]

_REMEMBERED = 256


@lru_cache(maxsize=_REMEMBERED)
def placed(runtime: Runtime, model: Model, formats: Formats) -> Placement:
    """The weights of a model whose products a runtime leaves to the processor beside a device."""
    if not runtime.rest:
        return NOWHERE_ELSE
    if formats.assigned.stored:
        return placement(runtime, formats.assigned.stored.items())
    main, width = formats.weights.main.name, BYTES[Role.WEIGHT]
    weights = (
        (name, (Stored(main, weight.rows, width),))
        for weight in facts_of(model).weights
        for name in weight.names
    )
    return placement(runtime, weights)


@lru_cache(maxsize=_REMEMBERED)
def host_of(runtime: Runtime, device: Device) -> tuple[Runtime, Device]:
    """What runs the rest of a runtime's products, and the processor beside a device.

    Raises:
        DeviceError: the device names none.
        ConfigError, UnknownNameError: what it names is no device.
    """
    if not device.host:
        raise DeviceError(
            f"{device.name} names no processor beside it, which {runtime.name} leaves products "
            f'with other weights than {", ".join(sorted(runtime.formats))} to; add host = "..." '
            "to its file, or choose such weights"
        )
    rest = find_runtime(runtime.rest)
    return rest, rest.on(find_device(device.host))
