"""Options of a run that change nothing of what is asked: refused or told, never passed over."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import click
import sympy

from edgesym.catalogue import REGISTRY
from edgesym.cli.asked import GIVEN, run_of
from edgesym.cli.common import warn
from edgesym.engine.evaluate import symbols_of
from edgesym.errors import ConfigError, EdgesymError
from edgesym.scenario import unused
from edgesym.scenario.names import symbol_of
from edgesym.scenario.run import FIELDS, Run
from edgesym.scenario.setup import Setup
from edgesym.symbols import describe, symbol

__all__ = ["quantities_in", "refuse_unused", "tell_idle"]

_NAME = re.compile(r"[A-Za-z_]\w*")
#: What options are where they are left out, and what opens a symbol to axes; others are nothing.
_USUAL = {"batch": 1, "counting": "default", "cached": 0}
#: Options that are called otherwise than a run calls what they give.
_CALLED = {
    "kernels": "--runtime",
    "counting": "--convention",
    "crops": "--image-crops",
    "places": "--gpu-layers, --offload:",
}
#: What is given that is no field of a run of that name.
_OTHERS = ("counting", "image_size")
#: Options of which no label of a setup tells what is made of them.
_UNTOLD = ("fits", "source", "image_size", "crops")
#: Quantities that are named, of those that do not depend on an option.
_MOST = 6


def refuse_unused(
    setups: Sequence[Setup],
    names: Sequence[str],
    used: Iterable[str] = (),
    along: Iterable[str] = (),
) -> None:
    """Refuse numbers that change nothing, and tell of options of the run that change nothing.

    Args:
        names: quantities that are asked for.
        used: words of symbols that are used apart from these quantities.
        along: names of symbols, and fields of a run, that axes give in place of an option.

    Raises:
        ConfigError: as of :func:`edgesym.scenario.unused.refuse_unused`; or an axis gives what an
            option gives.
    """
    context = click.get_current_context(silent=True)
    options = {} if context is None else context.meta.get(GIVEN, {})
    given = {
        name: value
        for name, value in options.items()
        if name in Run.__dataclass_fields__ or name in _OTHERS
        if value not in (None, "", ()) and value != _USUAL.get(name)
    }
    for name in map(_field, along):
        if name in given and _changed(name, options):
            option = _option(name)
            raise ConfigError(f"{option} {given[name]}: an axis gives it; leave one of the two out")
    words = tuple(used)
    unused.refuse_unused(setups, names, words)
    symbols = frozenset(map(symbol, words))
    for name, value in given.items() if names else ():
        if _is_idle(name, options, setups, names, symbols):
            alone = name == "compute" and not any(setup.device for setup in setups)
            tell_idle(f"{_option(name)} {value}", names, "there is no device" if alone else "")


def quantities_in(texts: Iterable[str]) -> list[str]:
    """The quantities that conditions and formulas speak of."""
    return [name for text in texts for name in _NAME.findall(text) if name in REGISTRY]


def tell_idle(option: str, names: Sequence[str], why: str = "") -> None:
    """Say that an option changes nothing of quantities; why, where it is not what they are."""
    listed = ", ".join(names[:_MOST]) + (" and others" if names[_MOST:] else "")
    depend = "does not depend" if len(names) == 1 else "do not depend"
    warn(f"{option} changes nothing: {why or f'{listed} {depend} on it'}")


def _field(axis: str) -> str:
    """The field of a run that an axis gives numbers; the name itself where it gives none."""
    made = symbol_of(axis)
    return FIELDS.get(axis if made is None else describe(made).word, axis)


def _is_idle(
    name: str,
    options: Mapping[str, Any],
    setups: Sequence[Setup],
    names: Sequence[str],
    symbols: frozenset[sympy.Symbol],
) -> bool:
    """Whether an option changes nothing of any setup, beyond saying what is taken without it."""
    changed, found = _changed(name, options), set()
    try:
        for setup in setups if changed else ():
            found.add(_effect(name, setup, replace(setup.run, **changed), names, symbols))
    except EdgesymError:  # without it there is no answer: it does change something
        return False
    return "none" in found and "some" not in found


def _changed(name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """What a run would be without an option, by field; nothing where that makes no run."""
    try:
        asked, other = (run_of({**options, **less})[0] for less in ({}, {name: _USUAL.get(name)}))
    except EdgesymError:  # another option needs it
        return {}
    fields = ((field, getattr(other, field)) for field in Run.__dataclass_fields__)
    return {field: value for field, value in fields if value != getattr(asked, field)}


def _effect(
    name: str,
    setup: Setup,
    run: Run,
    names: Sequence[str],
    symbols: frozenset[sympy.Symbol],
) -> str:
    """What a setup has of an option, beside the run without it: some, none, or the usual."""
    if setup.run.pruning.removals and name == "prune":
        return "some"
    other = replace(setup, run=run)
    is_told = name not in _UNTOLD and not (name == "compute" and setup.device is None)
    if is_told and setup.labels() == other.labels():
        return "usual"
    for quantity in names:
        form = setup.expression(quantity)
        if form != other.expression(quantity):
            return "some"
        symbols |= symbols_of(form)
    one, two = setup.values(), other.values()
    return "none" if all(one.get(made) == two.get(made) for made in symbols) else "some"


def _option(name: str) -> str:
    """What an option is called on the command line."""
    return _CALLED.get(name, f"--{name.replace('_', '-')}")
