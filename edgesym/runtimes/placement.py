"""Which products a runtime leaves to the processor beside the device, by their weights."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import sympy

from edgesym.formats.assign import Stored
from edgesym.frozen import FrozenMap
from edgesym.runtimes.runtime import Runtime

__all__ = ["HOST", "NOWHERE_ELSE", "Beside", "Placement", "placement"]

#: The kind of the symbols of what runs beside the device: U_c of the host is U_c_host.
HOST = "host"


@dataclass(frozen=True, slots=True)
class Beside:
    """A weight whose products run beside the device, in all layers or in some.

    Attributes:
        share: of the layers that have it.
        there: bytes per element in those layers.
        here: bytes per element in the others.
    """

    share: sympy.Expr
    there: sympy.Expr
    here: sympy.Expr


#: (block, tensor) of each weight of which products run beside the device.
Placement = FrozenMap[tuple[str, str], Beside]
#: Everything runs on the device.
NOWHERE_ELSE: Placement = FrozenMap()


def placement(
    runtime: Runtime, weights: Iterable[tuple[tuple[str, str], tuple[Stored, ...]]]
) -> Placement:
    """The weights that a runtime leaves to the processor beside the device.

    Args:
        weights: (block, tensor) of each weight, and the formats that its layers are stored in.
    """
    if not runtime.rest:
        return NOWHERE_ELSE
    return FrozenMap(
        {name: found for name, stored in weights for found in _beside(runtime, stored)}
    )


def _beside(runtime: Runtime, stored: tuple[Stored, ...]) -> Iterator[Beside]:
    left = [each for each in stored if not runtime.runs(each.found, each.rows)]
    kept = [each for each in stored if each not in left]
    if left:
        share = sympy.Add(*(each.share for each in left)) if kept else sympy.S.One
        yield Beside(share, _mean(left), _mean(kept))


def _mean(stored: list[Stored]) -> sympy.Expr:
    """Bytes per element over the layers of several formats."""
    if len(stored) == 1:
        return stored[0].width
    layers = sympy.Add(*(each.share for each in stored))
    return sympy.Add(*(each.share * each.width for each in stored)) / layers if stored else layers
