"""Devices: figures with a unit, a kind and a source each, kept in data."""

from edgesym.devices.device import FIGURES, Device, Figure, device_names, find_device

__all__ = ["FIGURES", "Device", "Figure", "device_names", "find_device"]
