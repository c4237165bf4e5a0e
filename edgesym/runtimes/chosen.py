"""Which runtime is meant where a run names one, or none, on a device."""

from __future__ import annotations

from edgesym.devices import Device
from edgesym.runtimes.read import find_runtime
from edgesym.runtimes.runtime import Runtime

__all__ = ["runtime_of"]


def runtime_of(name: str, device: Device | None) -> Runtime:
    """The runtime of a name on a device.

    What several backends have in common is, on a device that runs one of them, the first of
    those; a device need not list the runtime that is named.

    >>> from edgesym.devices import find_device
    >>> runtime_of("llama.cpp", find_device("rtx-3090")).id, runtime_of("llama.cpp", None).id
    ('llama.cpp-cuda', 'llama.cpp')

    Raises:
        ConfigError, UnknownNameError: as of :func:`~edgesym.runtimes.find_runtime`.
    """
    found = find_runtime(name)
    if not found.backends or device is None:
        return found
    listed = map(find_runtime, device.runtimes)
    return next((each for each in listed if name in each.bases), found)
