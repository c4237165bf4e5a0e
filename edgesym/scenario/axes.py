"""Axes: symbols of a setup that take many numbers, and what follows them.

Any symbol can be one, by word, letter or short name. Where the context is not given, it is the
prompt and what is generated; what a runtime sets apart without figures of its own has those of
all other kernels, as where a user sets one. What is of the prompt does not follow the context.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import sympy

from edgesym.engine.compile import Input, Profile
from edgesym.engine.program import program_of
from edgesym.errors import ConfigError, UnknownNameError
from edgesym.frozen import FrozenMap
from edgesym.scenario.names import ALIASES, BITS, symbol_of
from edgesym.symbols import TABLE, describe, symbol

__all__ = [
    "axis_of",
    "followers",
    "followers_in_prompt",
    "profile_of",
    "refuse_beyond",
    "refuse_idle",
    "refuse_still",
]

_S, _S_p, _T_g = symbol("context"), symbol("prompt_tokens"), symbol("generated_tokens")


def axis_of(name: str, known: Iterable[str] = ()) -> Input:
    """The axis that a name stands for.

    >>> axis_of("bits").symbol, axis_of("bandwidth").symbol, axis_of("layers.sliding").symbol
    (B_w, W_m, L_sliding)

    Args:
        known: what else it might have been, for the error.

    Raises:
        UnknownNameError: no such symbol.
    """
    if name in BITS:
        return Input(name, symbol(BITS[name]), 8)
    made = symbol_of(name)
    if made is None:
        raise UnknownNameError("axis", name, [*TABLE, *ALIASES, *BITS, *known])
    return Input(name, made)


def followers(setup: Any, axes: Iterable[sympy.Symbol]) -> dict[sympy.Symbol, sympy.Expr]:
    """What other symbols are in terms of the axes, where they have no number of their own."""
    wanted = set(axes)
    found: dict[sympy.Symbol, sympy.Expr] = {
        made: form
        for made, form in setup.placed.follow.items()
        if made not in wanted and form.free_symbols & wanted
    }
    found |= followers_in_prompt(setup, wanted)
    kinds: dict[str, list[sympy.Symbol]] = {}
    for made in setup.figures():
        word, _, kind = describe(made).word.partition(".")
        if kind and symbol(word) in wanted and made not in wanted:
            kinds.setdefault(word, []).append(made)
    for word, apart in kinds.items():
        moved, plain = _moved(setup, word), symbol(word)
        # what a draft has apart may be one with the model's
        found |= {made: plain for made in apart if moved.get(made, moved[plain]) is moved[plain]}
    return found


def followers_in_prompt(setup: Any, axes: Iterable[sympy.Symbol]) -> dict[sympy.Symbol, sympy.Expr]:
    """What follows axes of prompts: images and audio in them, and the context."""
    wanted = set(axes)
    found = {
        made: form
        for made, form in setup.follow.items()
        if made not in wanted and form.free_symbols & wanted
    }
    if setup.run.context is None and _S not in wanted and wanted & {_S_p, _T_g}:
        found[_S] = found.get(_S_p, _S_p) + _T_g
    return found


def _moved(setup: Any, word: str) -> Mapping[sympy.Symbol, Any]:
    """The figures where a user gives one of them a number: a fit of it then stands back.

    What kernels set apart reach is that number too, unless their runtime has a figure for them.
    """
    figure = setup.figures()[symbol(word)]
    unit = "" if figure.unit == "1" else figure.unit
    device = setup.device.with_settings([f"{word}={figure.value!r}{unit}"])
    figures: Mapping[sympy.Symbol, Any] = replace(setup, device=device).figures()
    return figures


def refuse_idle(setup: Any, axes: Iterable[Input], forms: Mapping[str, sympy.Expr]) -> None:
    """Refuse axes that the model does not have, that are named twice, or that change nothing.

    Raises:
        ConfigError, UnknownNameError: naming the axis, and what depends on what.
    """
    seen: dict[sympy.Symbol, str] = {}
    free = {made for form in forms.values() for made in form.free_symbols}
    drafted = setup.drafting.own.values() if setup.drafting else ()
    for axis in axes:
        row, model = describe(axis.symbol), setup.model
        if axis.symbol in seen:
            raise ConfigError(f"axis {axis.name}: {row.word} is an axis already; leave one out")
        seen[axis.symbol] = axis.name
        setup.run.pruning.refuse_given(axis.symbol)
        sizes = (*model.values, *model.operators)
        if row.scope == "model" and axis.symbol not in (*sizes, *drafted):
            words = [describe(made).word for made in sizes]
            kinds = [word for word in words if word.startswith(f"{row.word}.")]
            raise UnknownNameError(f"axis of {model.name}", row.word, kinds or words)
        if axis.symbol not in free:
            raise ConfigError(f"axis {axis.name}: {_idle(axis, free, forms)}")


def refuse_still(axes: Sequence[Input], forms: Mapping[str, sympy.Expr]) -> None:
    """Refuse what is of the prompt, where the context moves and the prompt does not.

    Raises:
        ConfigError: naming it, and how the prompt moves.
    """
    moving = {axis.symbol for axis in axes}
    if _S not in moving or _S_p in moving:
        return
    still = [
        name
        for name, form in forms.items()
        if _S_p in form.free_symbols and _S not in form.free_symbols
    ]
    if len(still) == len(forms) or not still:
        return
    raise ConfigError(
        f"axis context: {still[0]} is of the prompt, and would not move with the context; let the "
        "prompt follow it (--tie prompt=context), make prompt an axis too, or ask for it apart"
    )


def _idle(axis: Input, free: set[sympy.Symbol], forms: Mapping[str, sympy.Expr]) -> str:
    """Why an axis changes nothing, and what might be meant."""
    asked = ", ".join(forms)
    said = f"none of {asked} depends" if len(forms) > 1 else f"{asked} does not depend"
    said += f" on {describe(axis.symbol).word}"
    if axis.symbol == _S and _S_p in free:
        return f"{said}; it is of the prefill, whose axis is prompt"
    if axis.symbol == symbol("cached_tokens"):
        return f"{said}; it is of the prefill, and of a prompt of which --cached 0 or more is given"
    if axis.symbol == symbol("density"):
        return f"{said}; prune values in a storage that saves some, such as --prune 0.5:bitmask"
    kinds = sorted(
        describe(made).word
        for made in free
        if describe(made).word.startswith(f"{describe(axis.symbol).word}.")
    )
    return f"{said}; it depends on {', '.join(kinds)}" if kinds else f"{said}; leave the axis out"


def refuse_beyond(setup: Any, axis: Input, largest: float) -> None:
    """Refuse more layers elsewhere than on the device than can be there.

    Raises:
        ConfigError: naming the axis, and the most.
    """
    most = setup.placed.most.get(axis.symbol)
    if most is not None and largest > most:
        raise ConfigError(
            f"axis {axis.name}: {largest:.6g} layers; {setup.model.name} has {most} that can be so"
        )


def profile_of(
    setup: Any, forms: Mapping[str, sympy.Expr], units: Mapping[str, str], axes: Iterable[str]
) -> Profile:
    """Closed forms of a setup as a function of axes, everything else put in beforehand.

    Raises:
        ConfigError, UnknownNameError: see :func:`axis_of` and :func:`refuse_idle`.
        DeviceError: a form needs a figure of a device that is not there.
    """
    found = tuple(
        replace(axis, most=setup.placed.most.get(axis.symbol)) for axis in map(axis_of, axes)
    )
    wanted = {axis.symbol for axis in found}
    tied = followers(setup, wanted)
    forms = {name: form.xreplace(tied) for name, form in forms.items()}
    refuse_idle(setup, found, forms)
    for name, form in forms.items():
        setup.require(name, form.free_symbols - wanted)
    values = setup.values()
    used = {made for form in forms.values() for made in form.free_symbols} - wanted
    program = program_of(forms.values(), {made: values[made] for made in used})
    program.refuse_sums()
    return Profile(program, found, FrozenMap(units))
