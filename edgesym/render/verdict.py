"""A verdict on a claim as text."""

from __future__ import annotations

from collections.abc import Iterable

import sympy

from edgesym.claims.verdict import Verdict
from edgesym.render.tables import render_table
from edgesym.render.text import plain

__all__ = ["verdict_table", "verdict_text"]


def verdict_text(verdict: Verdict) -> str:
    """The verdict with its grounds, a paragraph of lines."""
    claim = verdict.claim
    head = " ".join(filter(None, [claim.paper.name, claim.where or claim.id])) or "claim"
    lines = [f"{head}: {verdict.verdict}"]
    lines += [f"  {reason}" for reason in verdict.reasons]
    if verdict.found:
        lines.append(f"  assumed to get there: {', '.join(verdict.found)}")
    stated = [name for name in verdict.assumptions if name not in verdict.found]
    if stated:
        lines.append(f"  stated: {', '.join(stated)}")
    if verdict.unused:
        lines.append(f"  stated, and not needed: {', '.join(verdict.unused)}")
    for names in verdict.alternatives:
        lines.append(f"  or with: {', '.join(names)}")
    lines += [
        f"  {label}: {_shown(side)}"
        for label, side in (
            ("printed", verdict.theirs),
            ("derived", verdict.ours),
            ("difference", verdict.difference),
        )
        if side is not None
    ]
    if verdict.repair:
        lines.append(f"  one number repairs it: {verdict.repair.words}")
    if any(verdict.relative.values()):
        sizes = ", ".join(f"{model} {size:+.2%}" for model, size in verdict.relative.items())
        lines.append(f"  relative error: {sizes}")
    for point in verdict.thresholds:
        side = "below" if point.below else "from"
        lines.append(
            f"  error over {float(point.bound):.0%} {side} {point.symbol} {point.value:,} "
            f"({point.model})"
        )
    for number in verdict.numbers:
        agrees = "rounds to it" if number.agrees else "does not round to it"
        lines.append(
            f"  {number.printed} printed for {number.model}: "
            f"the graph gives {_number(number.ours)}, which {agrees}; "
            f"the equation gives {_number(number.theirs)}"
        )
    if claim.note:
        lines.append(f"  note: {claim.note}")
    return "\n".join(lines)


def _shown(expression: sympy.Expr) -> str:
    text = plain(expression)
    return text if len(text) <= 400 else f"{text[:400]} ..."


def _number(value: float | None) -> str:
    return "no value" if value is None else f"{value:,.6g}"


def verdict_table(verdicts: Iterable[Verdict], style: str = "text") -> str:
    """One line per claim: where it stands, the verdict, and what it needs or gets wrong."""
    rows = [
        [v.claim.id, v.claim.where, v.verdict, v.reasons[0] if v.reasons else ""] for v in verdicts
    ]
    return render_table(["claim", "where", "verdict", "grounds"], rows, style)
