"""What a composition needs besides the symbols of its forms."""

from __future__ import annotations

import math
from typing import Any

import sympy

from edgesym.numbers import Number
from edgesym.quantities.composition import DEFAULT_SMOOTHNESS, find_composition
from edgesym.symbols import symbol

__all__ = ["joining"]


def joining(setup: Any) -> dict[sympy.Symbol, Number]:
    """What a composition needs besides: an exponent, or figures that the device does not have.

    One that charges loading to every step leaves out what there is nothing to load over: memory
    that host and device share has no link.
    """
    device = setup.device
    if not find_composition(setup.composition).stated():
        return {symbol("smoothness"): setup.runtime.smoothness or DEFAULT_SMOOTHNESS}
    known = {} if device is None else device.figures
    absent = [name for name in ("storage", "link", "network") if f"{name}_bandwidth" not in known]
    found: dict[sympy.Symbol, Number] = {
        symbol("bytes_per_element"): setup.formats.weights.bytes_per_element
    }
    for name in absent if device is not None else []:
        found |= {symbol(f"{name}_bandwidth"): math.inf, symbol(f"{name}_utilisation"): 1.0}
    return found
