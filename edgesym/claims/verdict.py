"""What a check finds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

import sympy

from edgesym.claims.attribute import Term
from edgesym.claims.claim import Claim
from edgesym.claims.numbers import Number
from edgesym.claims.repair import Repair
from edgesym.claims.sizes import Threshold
from edgesym.document.shown import Shown

__all__ = ["Counterexample", "Verdict"]

#: Longer numbers are rounded where they are written.
_LONGEST = 24


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A point at which the two sides differ.

    Attributes:
        at: the numbers of the symbols.
        theirs: what the claim gives there.
        ours: what the graph gives.
        of: the model whose dimensions they are, with the device; empty for small numbers.
    """

    at: Mapping[sympy.Symbol, int | float | Fraction]
    theirs: Fraction | float
    ours: Fraction | float
    of: str = ""

    @property
    def words(self) -> str:
        """One line."""
        where = ", ".join(f"{s} = {_written(v)}" for s, v in self.at.items())
        at = f"at {self.of} ({where}): " if self.of else f"at {where}: " if where else ""
        return f"{at}the claim gives {_written(self.theirs)}, the graph {_written(self.ours)}"

    def as_json(self) -> dict[str, Any]:
        """The numbers, by symbol."""
        at = {str(s): v if isinstance(v, int) else float(v) for s, v in self.at.items()}
        return {
            "of": self.of,
            "at": at,
            "theirs": _written(self.theirs),
            "ours": _written(self.ours),
        }


def _written(number: Fraction | float) -> str:
    if isinstance(number, float):
        return f"{number:.6g}"
    above, below = Decimal(number.numerator), Decimal(number.denominator)  # beyond doubles too
    text = f"{above:f}" if below == 1 else f"{above:f}/{below:f}"
    return text if len(text) <= _LONGEST else f"{above / below:.6g}"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Verdict(Shown):
    """The verdict on a claim, with its grounds.

    Attributes:
        claim: the claim.
        verdict: one of :data:`edgesym.claims.claim.VERDICTS`.
        reasons: what was found, a sentence each, the most important first.
        theirs: the equation over the symbols of the table, assumptions put in.
        ours: what the graph gives, under the same assumptions; None where it gives nothing.
        difference: theirs less ours.
        terms: the difference term by term, with the part of the graph each comes from.
        assumptions: those that it needs; stated ones and found ones.
        found: those of them that were found and not stated.
        alternatives: further sets that would do as well.
        relative: model -> relative error there.
        thresholds: where the error passes 1 % and 10 %.
        repair: the one number that repairs it, if there is one.
        numbers: printed numbers beside what the two sides give.
        unused: stated assumptions that it does not need.
        counterexample: where the two sides differ, of a wrong claim.
        checked: random points at which an exact claim was worked out in fractions besides.
        cut: what the search did not try; empty if it tried everything.
        printed: the claim's side over the author's own letters.
        relation: how the claim relates the two sides.
        factor: ours over theirs, of a claim on proportions, in the author's letters.
        within: the relative error up to which a rule of thumb holds.
    """

    claim: Claim
    verdict: str
    reasons: tuple[str, ...] = ()
    theirs: sympy.Expr | None = None
    ours: sympy.Expr | None = None
    difference: sympy.Expr | None = None
    terms: tuple[Term, ...] = ()
    assumptions: tuple[str, ...] = ()
    found: tuple[str, ...] = ()
    alternatives: tuple[tuple[str, ...], ...] = ()
    relative: Mapping[str, float] = field(default_factory=dict)
    thresholds: tuple[Threshold, ...] = ()
    repair: Repair | None = None
    numbers: tuple[Number, ...] = ()
    unused: tuple[str, ...] = ()
    counterexample: Counterexample | None = None
    checked: int = 0
    cut: str = ""
    printed: sympy.Expr | None = None
    relation: str = "="
    factor: sympy.Expr | None = None
    within: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Everything as plain data; expressions as text."""

        def text(expression: sympy.Expr | None) -> str | None:
            return None if expression is None else str(expression)

        return {
            **self.claim.as_json(),
            "verdict": self.verdict,
            "relation": self.relation,
            "factor": text(self.factor),
            "within": self.within,
            "reasons": list(self.reasons),
            "printed": text(self.printed),
            "theirs": text(self.theirs),
            "ours": text(self.ours),
            "difference": text(self.difference),
            "terms": [
                {
                    "term": str(term.expression),
                    "theirs": str(term.theirs),
                    "ours": str(term.ours),
                    "parts": [
                        {"parts": list(d.parts), "count": str(d.count), "any_one": d.among}
                        for d in term.departures
                    ],
                    "words": term.words,
                }
                for term in self.terms
            ],
            "assumptions": list(self.assumptions),
            "found": list(self.found),
            "alternatives": [list(names) for names in self.alternatives],
            "unused": list(self.unused),
            "relative": dict(self.relative),
            "thresholds": [
                {
                    "symbol": t.symbol,
                    "error": float(t.bound),
                    "value": t.value,
                    "exceeded": "below" if t.below else "from",
                    "model": t.model,
                }
                for t in self.thresholds
            ],
            "repair": None if self.repair is None else self.repair.words,
            "numbers": [number.as_json() for number in self.numbers],
            "counterexample": None
            if self.counterexample is None
            else self.counterexample.as_json(),
            "checked_at_random_points": self.checked,
            "search_cut_short": self.cut,
            "note": self.claim.note,
        }
