"""What a check finds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy

from edgesym.claims.attribute import Term
from edgesym.claims.claim import Claim
from edgesym.claims.numbers import Number
from edgesym.claims.repair import Repair
from edgesym.claims.sizes import Threshold

__all__ = ["Verdict"]


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """The verdict on a claim, with its grounds.

    Attributes:
        claim: the claim.
        verdict: ``exact``, ``exact under assumptions``, ``approximation``, ``wrong`` or
            ``not comparable``.
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

    def as_json(self) -> dict[str, Any]:
        """Everything as plain data; expressions as text."""

        def text(expression: sympy.Expr | None) -> str | None:
            return None if expression is None else str(expression)

        return {
            **self.claim.as_json(),
            "verdict": self.verdict,
            "reasons": list(self.reasons),
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
            "note": self.claim.note,
        }
