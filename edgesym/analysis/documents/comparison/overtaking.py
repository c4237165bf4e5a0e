"""Where one overtakes another, in a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sympy

from edgesym.analysis.comparison.overtaking import Overtaking
from edgesym.analysis.comparison.overtaking import Span as Run
from edgesym.document.nodes import Math, Span
from edgesym.document.plain import plain
from edgesym.scenario.setup import Setup
from edgesym.symbols import symbol

__all__ = ["overtaking_line"]

#: Changes that are spelled out.
_MOST_SPANS = 6
#: Formulas with more characters are not printed.
_LONGEST = 150
_COUNTED = (symbol("context"), symbol("prompt_tokens"))


def overtaking_line(
    found: Overtaking, names: Sequence[str], setups: Sequence[Setup]
) -> tuple[Span, ...]:
    """Who has less from where on, along one axis."""
    if not found.spans:
        return ("not looked for; the sum over the steps has no closed form",)
    if len(found.spans) == 1:
        return (f"{_who(found.spans[0], names)} everywhere from 1 to 10^9",)
    shown = found.spans[:_MOST_SPANS]
    line: list[Span] = []
    for before, span in zip((None, *shown), shown, strict=False):
        line += ["; " if before else "", f"{_who(span, names)} {_where(span)}"]
        line += _formula(span, before, found.axis)
    more = len(found.spans) - len(shown)
    rest = [*([f"and {more} more changes"] if more else []), *_beyond(found, setups)]
    return (*line, *(f"; {text}" for text in rest))


def _who(span: Run, names: Sequence[str]) -> str:
    return "equal" if span.less is None else f"{names[span.less]} is smaller"


def _where(span: Run) -> str:
    if span.low == span.high:
        return f"at {span.low:,}"
    if span.low == 1:
        return f"up to {span.high:,}"
    return f"from {span.low:,} on" if span.high == 10**9 else f"from {span.low:,} to {span.high:,}"


def _formula(span: Run, before: Run | None, axis: sympy.Symbol) -> tuple[Span, ...]:
    """The closed form of where both are equal, unless it is a mere number, too long, or said."""
    if span.begins is None or span.begins.is_number or (before and before.less is None):
        return ()
    if len(plain(span.begins)) > _LONGEST:
        return ()
    equal = "" if span.less is None else "equal at "
    return (f" ({equal}", Math(axis), " = ", Math(span.begins), ")")


def _beyond(found: Overtaking, setups: Sequence[Setup]) -> Iterator[str]:
    """Models that are not made for the first change."""
    change = found.spans[1].low
    for model in dict.fromkeys(setup.model for setup in setups):
        limit = model.context_limit
        if found.axis in _COUNTED and limit is not None and change > limit:
            yield f"{model.name} is made for {limit:,} tokens"
