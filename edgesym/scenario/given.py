"""Numbers that a user gives in place of a setup's own: whether a model can have them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sympy

from edgesym.architectures.extents import LARGEST_EXTENT, misfits
from edgesym.errors import ConfigError, UnknownNameError
from edgesym.numbers import Number, checked_number
from edgesym.override import Change
from edgesym.plain import shown
from edgesym.symbols import describe

__all__ = ["changed", "check_extents", "check_kinds"]


def check_extents(setup: Any, given: Mapping[sympy.Symbol, Number]) -> None:
    """Refuse extents that make no model: too large, heads shared unevenly, too few experts.

    Raises:
        ConfigError: naming the extent, or both.
    """
    before = setup.model.values
    for made, number in given.items():
        if made in before and number > LARGEST_EXTENT:
            raise ConfigError(
                f"{describe(made).word} = {shown(number)} must lie between 1 and {LARGEST_EXTENT}"
            )
    for many, few, how in misfits(before, {made: given.get(made, before[made]) for made in before}):
        a, k = describe(many).word, describe(few).word
        raise ConfigError(
            f"{', '.join(f'{describe(m).word} = {given[m]}' for m in (many, few) if m in given)}: "
            f"{setup.title} would have {given.get(many, before[many])} {a}, {how} "
            f"{given.get(few, before[few])} {k}; set both so that they fit"
        )


def check_kinds(setup: Any, own: Callable[[], Mapping[sympy.Symbol, Number]]) -> None:
    """Refuse a number for a kind of a symbol, ``memory_bandwidth.host``, that nothing here is of.

    Without a device nothing is known of the kinds of its figures.

    Args:
        own: the numbers of the setup before any is given by hand.

    Raises:
        UnknownNameError: naming the kind, and the nearest symbols.
    """
    for made, _ in setup.run.given:
        row = describe(made)
        unknown = row.scope == "device" and setup.device is None
        is_own = unknown or made in setup.model.operators
        if "." in row.word and not is_own and made not in (numbers := own()):
            title = f"symbol of {setup.title}:"
            raise UnknownNameError(title, row.word, [describe(s).word for s in numbers])


def changed(
    setup: Any, made: sympy.Symbol, number: Number | Change, values: Mapping[sympy.Symbol, Number]
) -> Number:
    """The number that a symbol is given, where it may be a change of the setup's own.

    Raises:
        ConfigError: there is none to change, or the symbol cannot have what it becomes.
    """
    if not isinstance(number, Change):
        return number
    row = describe(made)
    if made not in values:
        raise ConfigError(
            f"{row.word} = {number.text}: {setup.title} has no {row.word} to change; "
            "give it a number"
        )
    return checked_number(made, number.of(values[made]), f"{row.word} = {number.text}")
