"""The figures of a setup that a fit gives, in place of those of the device's and class's files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import sympy

from edgesym.devices import Device, Figure
from edgesym.devices.figure import in_dtype
from edgesym.devices.spread import Spread
from edgesym.fits import Fitted, fitted
from edgesym.fits.levels import Place, is_bounded
from edgesym.memo import memo
from edgesym.runtimes import Runtime
from edgesym.runtimes.placement import HOST
from edgesym.runtimes.runtime import EFFICIENCY, FIXED
from edgesym.scenario.placed import dtype_of, host_of
from edgesym.symbols import symbol

__all__ = ["FromFit", "fits_of", "from_fit", "shares_apart"]


@dataclass(frozen=True, slots=True, eq=False)
class FromFit:
    """What a fit gives a setup, of the device or of the processor beside it.

    Attributes:
        fit: what it says of the device in the runtime.
        words: symbol -> the word that the fit has it under.
        shares: symbol -> what kernels of its kind reach of what all others do, where the runtime
            says so.
    """

    fit: Fitted
    words: Mapping[sympy.Symbol, str]
    shares: Mapping[sympy.Symbol, float]

    @property
    def figures(self) -> dict[sympy.Symbol, Figure]:
        """The figures by symbol."""
        return {
            made: _times(self.fit.figures[word], self.shares.get(made, 1.0))
            for made, word in self.words.items()
        }

    def correlation(self, one: sympy.Symbol, other: sympy.Symbol) -> float:
        """The correlation of the logarithms of two symbols; 0 where one is not of the fit."""
        if one not in self.words or other not in self.words:
            return 0.0
        return self.fit.correlation(self.words[one], self.words[other])


def from_fit(
    device: Device,
    runtime: Runtime,
    dtype: str,
    weights: str,
    architecture: str,
    *,
    own: bool,
    kind: str = "",
    folder: str = "",
) -> FromFit | None:
    """What a fit gives; None where there is none of the device's class.

    What a user gave stands: with ``--set``, in a device file, in a runtime file. So do the
    figures of a runtime that ships, where no row of the fit is of it; and where they were
    measured there is no fit of it: few numbers of one card carry over to another by its
    specification, which what other software reaches on that card would only blur.

    Args:
        device: which has the figures that stand.
        runtime: what runs.
        dtype: that it computes in.
        weights: the main format of the weights.
        architecture: of the model.
        own: whether the runtime is a user's own.
        kind: of the symbols, where it is not the device that they are of.
        folder: of fits of a user's own.
    """
    if any(figure.kind == "measured" for figure in runtime.figures.values()):
        return None
    name = device.id.partition("@")[0]
    found = fitted(
        device.device_class or name, Place(name, runtime.id, weights, architecture), folder
    )
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
    if kind or not words:
        return FromFit(found, words, {}) if words else None
    shares = {} if of_runtime else shares_apart(runtime, dtype)
    for apart in runtime.efficiency:
        stays = apart.in_dtype(dtype) if of_runtime else {}
        for word in free:
            if word not in stays:
                made, of_kind = symbol(word, apart.kind), f"{word}.{apart.kind}"
                known = of_kind in found.figures and made not in shares
                words[made] = of_kind if known else word
    return FromFit(found, words, shares)


def shares_apart(runtime: Runtime, dtype: str) -> dict[sympy.Symbol, float]:
    """What kernels that a runtime sets apart reach of what its others do, where it says both."""
    base = in_dtype(runtime.figures, dtype)
    return {
        symbol(word, apart.kind): figure.value / base[word].value
        for apart in runtime.efficiency
        for word, figure in apart.in_dtype(dtype).items()
        if word in base and is_bounded(word)
    }


def _times(figure: Figure, share: float) -> Figure:
    """A share of a figure; no utilisation is above 1."""
    if share == 1:
        return figure
    value = min(share * figure.value, 1.0)
    return replace(figure, value=value, spread=Spread(value * figure.std / figure.value))


@memo(key=lambda setup: setup.identity, size=256)
def fits_of(setup: Any) -> tuple[FromFit, ...]:
    """What fits say of the places that a setup runs in."""
    if setup.device is None:
        return ()
    main, own = setup.formats.weights.main, setup.run.kernels.endswith(".toml")
    run_by = (setup.runtime, setup.dtype, main.name, setup.model.architecture)
    folder = setup.run.fits
    found = [from_fit(setup.device, *run_by, own=own, folder=folder)]
    if setup.computes_beside:
        rest, host = host_of(setup.runtime, setup.device, setup.run.host)
        run_by = (rest, dtype_of(rest, host, main), *run_by[2:])
        found.append(from_fit(host, *run_by, own=False, kind=HOST, folder=folder))
    return tuple(part for part in found if part is not None)
