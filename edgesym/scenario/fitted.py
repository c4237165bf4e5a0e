"""The figures of a setup that a fit gives, in place of those of the device's and class's files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sympy

from edgesym.devices import Device, Figure
from edgesym.fits import Fitted, fitted
from edgesym.fits.levels import Place
from edgesym.runtimes import Runtime
from edgesym.runtimes.runtime import EFFICIENCY, FIXED
from edgesym.symbols import symbol

__all__ = ["FromFit", "from_fit"]


@dataclass(frozen=True, slots=True, eq=False)
class FromFit:
    """What a fit gives a setup, of the device or of the processor beside it.

    Attributes:
        fit: what it says of the device in the runtime.
        words: symbol -> the word that the fit has it under.
    """

    fit: Fitted
    words: Mapping[sympy.Symbol, str]

    @property
    def figures(self) -> dict[sympy.Symbol, Figure]:
        """The figures by symbol."""
        return {made: self.fit.figures[word] for made, word in self.words.items()}

    def correlation(self, one: sympy.Symbol, other: sympy.Symbol) -> float:
        """The correlation of the logarithms of two symbols; 0 where one is not of the fit."""
        if one not in self.words or other not in self.words:
            return 0.0
        return self.fit.correlation(self.words[one], self.words[other])


def from_fit(
    device: Device, runtime: Runtime, dtype: str, weights: str, *, own: bool, kind: str = ""
) -> FromFit | None:
    """What a fit gives; None where there is none of the device's class.

    What a user gave stands: with ``--set``, in a device file, in a runtime file. So do the
    figures of a runtime that ships, where no row of the fit is of it.

    Args:
        device: which has the figures that stand.
        runtime: what runs.
        dtype: that it computes in.
        weights: the main format of the weights.
        own: whether the runtime is a user's own.
        kind: of the symbols, where it is not the device that they are of.
    """
    name = device.id.partition("@")[0]
    found = fitted(device.device_class or name, Place(name, runtime.id, weights))
    if found is None:
        return None
    of_runtime = own or not found.rows
    stands = set(device.stands)
    if of_runtime:
        stands |= {word.partition(".")[0] for word in runtime.figures}
    of_all = device.in_dtype(dtype)
    free = [
        word
        for word in (*EFFICIENCY, *FIXED)
        if word in found.figures
        and word not in stands
        and not (word in of_all and of_all[word].kind == "override")
    ]
    words = {symbol(word, kind): word for word in free}
    if not kind:
        words |= _apart(runtime, dtype, free, found.figures, stays=of_runtime)
    return FromFit(found, words)


def _apart(
    runtime: Runtime, dtype: str, free: Iterable[str], known: Mapping[str, Figure], *, stays: bool
) -> dict[sympy.Symbol, str]:
    """The symbols of kernels that the runtime sets apart: of their kind, or as all others."""
    words = {}
    for apart in runtime.efficiency:
        own = apart.in_dtype(dtype) if stays else {}
        for word in free:
            if word not in own:
                of_kind = f"{word}.{apart.kind}"
                words[symbol(word, apart.kind)] = of_kind if of_kind in known else word
    return words
