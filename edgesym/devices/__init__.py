"""Devices: figures with a unit, a kind and a source each, kept in data."""

from edgesym.devices.device import Device, is_figure
from edgesym.devices.figure import FIGURES, ROOM, Figure
from edgesym.devices.names import device_names, is_device
from edgesym.devices.read import find_device

__all__ = [
    "FIGURES",
    "ROOM",
    "Device",
    "Figure",
    "device_names",
    "find_device",
    "is_device",
    "is_figure",
]
