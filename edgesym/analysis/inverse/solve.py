"""Inverse questions: the values of one symbol at which conditions on quantities hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from edgesym.analysis.inverse.conditions import Condition
from edgesym.analysis.inverse.ends import End, end_at
from edgesym.analysis.inverse.infeasible import Impossible, conflict, out_of_reach
from edgesym.analysis.inverse.question import Question, misfit, read_question
from edgesym.analysis.inverse.unknown import Unknown, format_within
from edgesym.architectures.model import Model
from edgesym.document.shown import Shown
from edgesym.domain import checked_but
from edgesym.engine.evaluate import evaluate
from edgesym.engine.roots import Interval, Scan, intersect, scan
from edgesym.numbers import Number
from edgesym.scenario.setup import Setup, as_setup
from edgesym.symbols import symbol

__all__ = ["Check", "Solution", "solve"]

_TOKENS = (symbol("context"), symbol("prompt_tokens"))


@dataclass(frozen=True, slots=True)
class Check:
    """A condition at the answer: its sides, and by how much it is met."""

    condition: Condition
    left: Number
    right: Number

    @property
    def slack(self) -> Number:
        """How far the left side is on the right side's good side."""
        gap = self.right - self.left
        return -gap if self.condition.relation[0] == ">" else gap


@dataclass(frozen=True, slots=True, repr=False)
class Solution(Shown):
    """What meets the conditions.

    Attributes:
        intervals: the feasible values, in the symbol's base unit.
        low: the lower end of the interval that the answer is in, and ``high`` the upper.
        answer: the largest feasible value; the least where there is no largest.
        monotone: whether the left sides only rise or only fall with the unknown.
        impossible: why there is no answer, where there is none.
    """

    setup: Setup
    unknown: Unknown
    conditions: tuple[Condition, ...]
    intervals: tuple[Interval, ...]
    monotone: bool
    notes: tuple[str, ...]
    low: End | None = None
    high: End | None = None
    checks: tuple[Check, ...] = ()
    impossible: Impossible | None = None

    @property
    def end(self) -> End | None:
        """The end that the answer is at."""
        if self.low is None or self.high is None:
            return None
        return self.low if self.low.limits and not self.high.limits else self.high

    @property
    def answer(self) -> Number | None:
        """The value asked for."""
        return None if self.end is None else self.end.value


@checked_but("setup")
def solve(
    setup: Setup | Model | str,
    unknown: str,
    conditions: Sequence[str],
    between: tuple[str, str] | None = None,
) -> Solution:
    """The values of an unknown at which all conditions hold.

    >>> from edgesym import load
    >>> setup = Setup(load("llama-3.2-1b"))
    >>> solve(setup, "context", ["kv_cache_bytes <= 1GiB"]).end.closed_form
    kv_cache_bytes/(2*B_c*D*K*L*b)

    Args:
        unknown: ``context``, ``batch``, ``bits``, a word or a letter of the symbol table.
        conditions: texts such as ``time_per_output_token <= 50ms``.
        between: the range to look in, with units.

    Raises:
        EdgesymError: a text that is no condition, an unknown that none depends on, a symbol
            without a number.
    """
    setup = as_setup(setup, "solve")
    question = read_question(setup, unknown, conditions, between)
    wanted, values = question.unknown, question.values
    scans = tuple(
        scan(c.difference, c.relation, wanted.symbol, values, wanted.within)
        for c in question.moving
    )
    common: tuple[Interval, ...] = (Interval(wanted.within.low, wanted.within.high),)
    for found in scans:
        common = intersect(common, found.intervals)
    monotone = all(found.monotone for found in scans)
    solution = Solution(
        question.setup, wanted, question.conditions, common, monotone, question.notes
    )
    missed = _missed(question, scans, common)
    if missed is not None:
        return replace(solution, intervals=(), impossible=missed)
    low, high = _ends(question, scans, common[-1])
    solution = replace(solution, low=low, high=high)
    there = {**values, wanted.symbol: _rational(solution.answer)}
    checks = tuple(
        Check(c, evaluate(c.left.expression, there), evaluate(c.right.expression, there))
        for c in question.conditions
    )
    remarks = _remarks(solution, complete=all(found.complete for found in scans))
    remarks += misfit(question.setup, wanted.symbol, there)
    return replace(solution, checks=checks, notes=(*question.notes, *remarks))


def _rational(value: Any) -> Any:
    """A double as the fraction that it is."""
    return Fraction(value) if isinstance(value, float) else value


def _missed(
    question: Question, scans: Sequence[Scan], common: tuple[Interval, ...]
) -> Impossible | None:
    """Why there is no feasible value, where there is none."""
    unknown, values = question.unknown, question.values
    for condition in question.fixed:
        if not condition.holds(values):
            return out_of_reach(condition, None, unknown, values)
    for condition, found in zip(question.moving, scans, strict=True):
        if not found.intervals:
            return out_of_reach(condition, found, unknown, values)
    if not common:
        return conflict(question.moving, [found.intervals for found in scans], unknown)
    return None


def _ends(question: Question, scans: Sequence[Scan], last: Interval) -> tuple[End, End]:
    """The ends of an interval, each with what limits it."""
    unknown = question.unknown

    def end(side: str, beyond: int) -> End:
        value = getattr(last, side)
        limits = tuple(
            condition
            for condition, found in zip(question.moving, scans, strict=True)
            if any(getattr(interval, side) == value for interval in found.intervals)
        )
        at_edge = value == getattr(unknown.within, side)
        return end_at(value, beyond, () if at_edge else limits, unknown, question.values)

    return end("low", -1), end("high", 1)


def _remarks(solution: Solution, *, complete: bool) -> list[str]:
    """What a reader should know of the answer."""
    unknown, answer = solution.unknown, solution.answer
    said = []
    if not solution.monotone:
        said.append(
            "a condition rises and falls with "
            f"{unknown.name}: {len(solution.intervals)} intervals meet all"
        )
    if not complete and not solution.monotone:
        said.append("roundings step more often than was looked: an interval may have been missed")
    if solution.end is not None and not solution.end.limits:
        said.append("no limit in the range")
    placed = solution.setup.placed
    if unknown.symbol == symbol("offloaded_layers") and answer is not None:
        counted = solution.setup.runtime.leaving
        more = int(counted is not None and counted.head)
        said.append(f"that is --gpu-layers {placed.layers + more - int(answer)}")
    limit = solution.setup.model.context_limit
    if unknown.symbol in _TOKENS and limit is not None and answer is not None and answer > limit:
        said.append(f"{solution.setup.model.name} is made for {limit} tokens at most")
    narrowest = solution.end is not None and solution.end is solution.low
    format_ = format_within(unknown, solution.intervals, narrowest=narrowest)
    if format_:
        which = "narrowest" if narrowest else "widest"
        said.append(f"the {which} number format that meets all is {format_}")
    return said
