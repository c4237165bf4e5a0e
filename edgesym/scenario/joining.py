"""What a composition of time needs beside the figures of a device."""

from __future__ import annotations

import math

import sympy

from edgesym.devices import Device
from edgesym.numbers import Number
from edgesym.quantities.composition import DEFAULT_SMOOTHNESS, Composition
from edgesym.symbols import symbol

__all__ = ["numbers_of_joining"]


def numbers_of_joining(
    composition: Composition, smoothness: float | None, device: Device | None, width: Number
) -> dict[sympy.Symbol, Number]:
    """An exponent, or figures that the device does not have.

    A composition that charges loading to every step leaves out what there is nothing to load over:
    memory that host and device share has no link.

    Args:
        composition: how compute and memory time are joined.
        smoothness: the exponent of the runtime, if it has one.
        device: that is run on, if any.
        width: bytes of a weight.
    """
    if not composition.stated():
        return {symbol("smoothness"): smoothness or DEFAULT_SMOOTHNESS}
    known = {} if device is None else device.figures
    absent = [name for name in ("storage", "link", "network") if f"{name}_bandwidth" not in known]
    found: dict[sympy.Symbol, Number] = {symbol("bytes_per_element"): width}
    for name in absent if device is not None else []:
        found |= {symbol(f"{name}_bandwidth"): math.inf, symbol(f"{name}_utilisation"): 1.0}
    return found
