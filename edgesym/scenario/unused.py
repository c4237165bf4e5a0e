"""Numbers given by hand that change nothing: refused, never passed over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import sympy

from edgesym.architectures.model import Model
from edgesym.catalogue import REGISTRY
from edgesym.devices import find_device
from edgesym.engine.evaluate import symbols_of
from edgesym.errors import ConfigError, EdgesymError
from edgesym.files.read import is_folder, is_there
from edgesym.scenario.overrides import Override
from edgesym.scenario.setup import Setup
from edgesym.symbols import describe

__all__ = ["refuse_unused"]

#: Quantities that an error names of those that depend on a symbol.
_MOST = 6


def refuse_unused(setups: Sequence[Setup], names: Sequence[str], used: Iterable[str] = ()) -> None:
    """Refuse a number given by hand that none of the quantities asked for depends on.

    So are a host that nothing is left to, source tokens where nothing reads them, and a folder
    without a fit of what is asked. It is given to all of the setups, and need change one of them.

    Args:
        names: quantities; those that a setup lacks a number for are not asked of it.
        used: words of symbols that are used apart from these quantities.

    Raises:
        ConfigError: naming the symbol, the quantities, and those that do depend on it.
    """
    _refuse_idle(setups)
    needed = frozenset(used)
    idle = [_unused(setup, names, needed) for setup in setups if setup.overrides]
    for word, (setup, override) in idle[0].items() if idle else ():
        if all(word in others for others in idle):
            raise ConfigError(_reason(setup, override, names))


def _refuse_idle(setups: Sequence[Setup]) -> None:
    """Refuse a host, source tokens and a folder of fits that say nothing of any of the setups."""
    if not setups:
        return
    run, titles = setups[0].run, " or ".join(dict.fromkeys(setup.title for setup in setups))
    if run.host and not any(setup.host for setup in setups):
        raise ConfigError(
            f"--host {find_device(run.host).id} changes nothing: no part of {titles} is left to a "
            "host; say what runs there, with --gpu-layers N or --offload host=N, or leave it out"
        )
    if run.source is not None and not any(_encodes(setup.model) for setup in setups):
        raise ConfigError(
            f"--source {run.source} changes nothing: {titles} has no encoder that reads source "
            "tokens; leave it out, and give the tokens of the prompt with --prompt"
        )
    looks = is_folder(run.fits) if run.fits else False
    fits = [f"{name}.json" for setup in setups for name in _classes(setup)] if looks else []
    if fits and not any(is_there(Path(run.fits) / name) for name in fits):
        raise ConfigError(
            f"--fits {run.fits} changes nothing: it holds no {' or '.join(dict.fromkeys(fits))}, "
            f"the fit of {titles}; name the folder that edgesym fit --to wrote, or leave it out"
        )


def _classes(setup: Setup) -> list[str]:
    """The classes of devices whose fits a setup looks for."""
    machines = (machine for machine in (setup.device, setup.host) if machine is not None)
    return [machine.device_class or machine.id.partition("@")[0] for machine in machines]


def _encodes(model: Model) -> bool:
    """Whether blocks of a model run over source tokens."""
    return any(plan.over == "source" for plan in model.plans)


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
