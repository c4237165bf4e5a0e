"""The figures of a setup that a fit gives, in place of those of the device's and class's files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sympy

from edgesym.devices import Device, Figure
from edgesym.fits import Fitted, fitted
from edgesym.fits.levels import Place
from edgesym.runtimes import Runtime
from edgesym.runtimes.runtime import EFFICIENCY
from edgesym.symbols import symbol

__all__ = ["FromFit", "from_fit"]


@dataclass(frozen=True, slots=True, eq=False)
class FromFit:
    """What a fit gives a setup.

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
    device: Device, runtime: Runtime, kernels: str, dtype: str, weights: str, folder: str = ""
) -> FromFit | None:
    """What a fit gives; None where there is none of the device's class.

    What a user gave stands: with ``--set``, in a device file, in a runtime file. So do the
    figures of a runtime that ships, where no row of the fit is of it.
    """
    name = device.id.partition("@")[0]
    found = fitted(device.device_class or name, Place(name, runtime.id, weights), folder)
    if found is None:
        return None
    stands = set(device.stands)
    if kernels.endswith(".toml") or not found.rows:
        stands |= {word.partition(".")[0] for word in runtime.figures}
    of_all = device.in_dtype(dtype)
    free = [w for w in EFFICIENCY if w not in stands and of_all[w].kind != "override"]
    words = {symbol(word): word for word in free}
    for apart in runtime.efficiency:
        own = apart.in_dtype(dtype) if kernels.endswith(".toml") or not found.rows else {}
        for word in free:
            if word not in own:
                of_kind = f"{word}.{apart.kind}"
                words[symbol(word, apart.kind)] = of_kind if of_kind in found.figures else word
    return FromFit(found, words)
