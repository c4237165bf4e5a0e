"""Numbers given by hand that change nothing: refused, never passed over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sympy

from edgesym.catalogue import REGISTRY
from edgesym.engine.evaluate import symbols_of
from edgesym.errors import ConfigError, EdgesymError
from edgesym.scenario.overrides import Override
from edgesym.scenario.setup import Setup
from edgesym.symbols import describe

__all__ = ["refuse_unused"]

#: Quantities that an error names of those that depend on a symbol.
_MOST = 6


def refuse_unused(setups: Sequence[Setup], names: Sequence[str], used: Iterable[str] = ()) -> None:
    """Refuse a number given by hand that none of the quantities asked for depends on.

    It is given to all of the setups, and need change one of them.

    Args:
        names: quantities; those that a setup lacks a number for are not asked of it.
        used: words of symbols that are used apart from these quantities.

    Raises:
        ConfigError: naming the symbol, the quantities, and those that do depend on it.
    """
    needed = frozenset(used)
    idle = [_unused(setup, names, needed) for setup in setups if setup.overrides]
    for word, (setup, override) in idle[0].items() if idle else ():
        if all(word in others for others in idle):
            raise ConfigError(_reason(setup, override, names))


def _unused(
    setup: Setup, names: Sequence[str], used: frozenset[str]
) -> dict[str, tuple[Setup, Override]]:
    """The overrides of a setup that change none of the quantities, by word."""
    known = setup.values().keys()
    forms = (symbols_of(setup.expression(name)) for name in names)
    present = {made for form in forms if form <= known for made in form}
    return {
        override.word: (setup, override)
        for override in setup.overrides
        if override.symbol not in present and override.word not in used
    }


def _reason(setup: Setup, override: Override, names: Sequence[str]) -> str:
    """Why an override changes nothing, and what it would change."""
    word, made = override.word, override.symbol
    if made is None:
        return (
            f"--set {word} changes nothing here, where {setup.title} computes in {setup.dtype}; "
            "choose the dtype with --compute"
        )
    asked = "what is asked does not depend"
    if 1 < len(names) <= _MOST:
        asked = f"none of {', '.join(names)} depends"
    if len(names) == 1:
        asked = f"{names[0]} does not depend"
    depending = [name for name in REGISTRY if made in _symbols(setup, name)]
    shown = ", ".join(depending[:_MOST]) + (" and others" if depending[_MOST:] else "")
    lacking = sorted(
        {
            describe(s).word
            for name in names
            if made in (form := _symbols(setup, name))
            for s in form - setup.values().keys()
        }
    )
    if lacking:
        return f"--set {word} changes nothing without {', '.join(lacking)}; set that too"
    what = f"what does is {shown}" if depending else "no quantity of this run does"
    return f"--set {word} changes nothing: {asked} on it; {what}"


def _symbols(setup: Setup, name: str) -> frozenset[sympy.Symbol]:
    """The symbols of a quantity; none where it cannot be had for the model."""
    try:
        return symbols_of(setup.expression(name))
    except EdgesymError:  # a quantity that is not to be had depends on nothing
        return frozenset()
