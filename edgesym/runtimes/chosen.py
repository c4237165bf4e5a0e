"""Which runtime is meant where a run names one, or none, on a device."""

from __future__ import annotations

from edgesym.devices import Device
from edgesym.domain import checked
from edgesym.runtimes.read import find_runtime
from edgesym.runtimes.runtime import Runtime

__all__ = ["runtime_of"]

#: What runs where nobody says what, and no device names what is usual on it.
_USUAL = "fused"


@checked
def runtime_of(name: str, device: Device | None) -> Runtime:
    """The runtime of a name on a device.

    None named is the usual one of the device, and ``fused`` where there is none. What several
    backends have in common is, on a device that runs one of them, the first of those. A device
    need not list the runtime that is named.

    >>> from edgesym.devices import find_device
    >>> runtime_of("llama.cpp", find_device("rtx-3090")).id, runtime_of("llama.cpp", None).id
    ('llama.cpp-cuda', 'llama.cpp')

    Raises:
        ConfigError, UnknownNameError: as of :func:`~edgesym.runtimes.find_runtime`.
    """
    listed = () if device is None else device.runtimes
    if not name:
        return find_runtime(next(iter(listed), _USUAL))
    found = find_runtime(name)
    if not found.backends:
        return found
    return next((each for each in map(find_runtime, listed) if name in each.bases), found)
