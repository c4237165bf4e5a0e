"""Devices whose energy was measured under load, not shared out of their limit."""

from __future__ import annotations

from edgesym.devices import Device


def priced_by_measurement(device: Device) -> bool:
    """Whether a FLOP has a price of its own, from measured joules.

    Such a card meets its limit in a matrix product at full rate, and slows down there: an H200
    drew 597 to 733 of 700 W in prefills. Prices that were shared out of the limit do not.
    """
    own = (f.kind for name, f in device.figures.items() if name.startswith("energy_per_flop."))
    return bool({"measured", "derived"} & set(own))
