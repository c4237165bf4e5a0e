"""What a model is made smaller for: a device, faster or slower than it is, with less memory."""

from __future__ import annotations

from dataclasses import dataclass

from edgesym.devices import Device
from edgesym.errors import ConfigError, DeviceError
from edgesym.units import human

__all__ = ["Target"]

_FASTEST = 100


@dataclass(frozen=True, slots=True)
class Target:
    """A device that is simulated by another, or nothing but an amount of memory.

    Attributes:
        device: the device that it is like; None where only sizes are asked for.
        speed: its peak rates and memory bandwidth, relative to that device's.
        memory: bytes that the model may fill; by default those of the device, less what its
            system keeps.

    >>> Target(memory=4 * 2**30).room
    4294967296

    Raises:
        ConfigError: a speed or a memory that makes no sense.
        DeviceError: a speed of no device.
    """

    device: Device | None = None
    speed: float = 1.0
    memory: float | None = None

    def __post_init__(self) -> None:
        """Refuse what no device can be."""
        if not 0 < self.speed <= _FASTEST:
            raise ConfigError(
                f"speed = {self.speed:g}: it is relative to the device's own and must be more "
                f"than 0 and at most {_FASTEST}, such as 0.5 for half as fast"
            )
        if self.memory is not None and not self.memory > 0:
            raise ConfigError(
                f"memory = {self.memory:g} B: a model needs some; give a size such as 4GiB"
            )
        if self.device is None and self.speed != 1:
            raise DeviceError(f"speed = {self.speed:g} is of no device; name one with --device")

    @property
    def machine(self) -> Device | None:
        """The device as fast as it is meant to be."""
        if self.device is None or self.speed == 1:
            return self.device
        scaled = (*(f"peak.{dtype}" for dtype in self.device.peaks), "memory_bandwidth")
        return self.device.with_settings(f"{name}={self.speed}*{name}" for name in scaled)

    @property
    def room(self) -> float | None:
        """Bytes that a model may fill; None where that is not known."""
        if self.memory is not None or self.device is None:
            return self.memory
        return self.device.room

    def describe(self) -> str:
        """The target in a few words; empty where there is none."""
        said = [] if self.device is None else [self.device.name]
        if self.speed != 1:
            said.append(f"at {self.speed:g} times its speed")
        if self.room is not None:
            said.append(f"{human(self.room, 'B')} of memory for the model")
        return ", ".join(said)
