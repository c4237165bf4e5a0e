"""Verdicts on claims as a document: each equation as printed, and the grounds of its verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import sympy

from edgesym.claims.claim import Refused
from edgesym.claims.equation import trace_of
from edgesym.claims.outcome import Outcome, failure
from edgesym.claims.verdict import Verdict
from edgesym.document.nodes import (
    Amount,
    Block,
    Cell,
    Code,
    Document,
    Facts,
    Items,
    Mark,
    Math,
    Section,
    Span,
    Table,
    Text,
    Tone,
    table,
)
from edgesym.document.plain import plain
from edgesym.document.version import edgesym_version

__all__ = ["TONES", "verdict_data", "verdict_document", "verdict_summary"]

#: Verdict -> tone.
TONES: dict[str, Tone] = {
    "exact": "good",
    "exact under assumptions": "good",
    "bound proved": "good",
    "order right": "good",
    "proportional": "good",
    "rule of thumb": "caution",
    "approximation": "caution",
    "wrong": "bad",
    "unproven": "caution",
    "not comparable": "quiet",
}
#: What is said before what a claim file marks as unsure.
_GUESSED = "judged on guesses"
_COLUMNS = ("claim", "where", "verdict", "grounds")
#: Closed forms with more characters are not read any more.
_LONGEST = 1200


def verdict_document(
    outcomes: Sequence[Outcome], silent: Sequence[str] | None = None, *, strict: bool = False
) -> Document:
    """Each equation with its verdict, its reasons, and the closed forms of both sides.

    Args:
        outcomes: what was found.
        silent: equations of a paper that nothing was said of; None where no paper was read.
        strict: whether a claim that is not proved fails.
    """
    verdicts = [found for found in outcomes if not isinstance(found, Refused)]
    refused = [found for found in outcomes if isinstance(found, Refused)]
    data = partial(verdict_data, outcomes, silent, strict)
    records = partial(_table, outcomes)
    if len(verdicts) == 1 and not silent and not refused:
        (only,) = verdicts
        return Document(_title(only, of_paper=True), tuple(_blocks(only)), data, records)
    papers = list(dict.fromkeys(verdict.claim.paper for verdict in verdicts))
    names = ", ".join(paper.name for paper in papers if paper.name)
    several = len(papers) > 1
    sections = [
        Section(_title(verdict, of_paper=several), tuple(_blocks(verdict))) for verdict in verdicts
    ]
    if refused:
        sections.append(Section("Refused", (Items(tuple(found.error for found in refused)),)))
    if silent:
        sections.append(Section("Not spoken for", (Text(", ".join(silent)),)))
    title = f"Equations checked{': ' if names else ''}{names}"
    return Document(title, (*_sources(verdicts), _tally(verdicts), *sections), data, records)


def verdict_summary(verdicts: Sequence[Verdict]) -> Document:
    """A line per claim: where it stands, the verdict, and what it needs or gets wrong."""
    blocks: tuple[Block, ...] = (*_sources(verdicts), _table(verdicts))
    return Document("", blocks, partial(verdict_data, verdicts, None), partial(_table, verdicts))


def verdict_data(
    outcomes: Sequence[Outcome], silent: Sequence[str] | None, strict: bool = False
) -> dict[str, Any]:
    """Outcomes as plain data, and why the check fails each; see ``verdict_document``."""
    told = {} if silent is None else {"not_spoken_for": list(silent)}
    verdicts = [
        {**found.as_json(), "fails": failure(found, strict=strict) or None} for found in outcomes
    ]
    return {"version": edgesym_version(), "verdicts": verdicts, **told}


def _table(outcomes: Sequence[Outcome]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for found in outcomes:
        if isinstance(found, Refused):
            rows.append((found.id, found.where, Mark("refused", "bad"), found.error))
            continue
        mark = Mark(found.verdict, TONES.get(found.verdict, ""))
        why = found.reasons[0] if found.reasons else ""
        if found.claim.unsure:
            why = f"{_GUESSED}: {_guesses(found)}. {why}"
        rows.append((found.claim.id, found.claim.where, mark, why))
    return table(_COLUMNS, rows)


def _sources(verdicts: Sequence[Verdict]) -> Iterator[Text]:
    for paper in dict.fromkeys(verdict.claim.paper for verdict in verdicts):
        if paper.title:
            year = f" ({paper.year})" if paper.year else ""
            address = f", {paper.address}" if paper.address else ""
            ends = "" if f"{year}{address}" == "" and paper.title[-1] in ".?!" else "."
            yield Text(f"{paper.title}{year}{address}{ends}")


def _tally(verdicts: Sequence[Verdict]) -> Text:
    counts = Counter(verdict.verdict for verdict in verdicts)
    listed = ", ".join(f"{count} {name}" for name, count in counts.items()) or "none"
    return Text(
        f"{len(verdicts)} equations: {listed}. Derived from the dataflow graph of a reference "
        "decoder; errors are those at built-in model cards."
    )


def _title(verdict: Verdict, *, of_paper: bool) -> Cell:
    paper = verdict.claim.paper.name if of_paper else ""
    name = " ".join(filter(None, [paper, _name(verdict)]))
    guess = ", on guesses" if verdict.claim.unsure else ""
    return (f"{name}: ", Mark(verdict.verdict, TONES.get(verdict.verdict, "")), guess)


def _name(verdict: Verdict) -> str:
    return verdict.claim.where or verdict.claim.id or "equation"


def _blocks(verdict: Verdict) -> Iterator[Block]:
    """The grounds of a verdict."""
    claim = verdict.claim
    part = f" in {claim.part}" if claim.part != "*" else ""
    yield Text(
        (
            *("As printed: ", Code(claim.text)),
            f", of {claim.quantity}{part}, {claim.phase}, per {claim.per}.",
        )
    )
    reasons = [*verdict.reasons]
    if claim.unsure:
        reasons.insert(0, f"{_GUESSED}: {_guesses(verdict)}")
    if claim.expected and (unlike := failure(verdict)):
        reasons.insert(0, f"not as expected: {unlike}")
    if verdict.repair:
        reasons.append(f"one change repairs it: {verdict.repair.words}")
    if reasons:
        yield Items(tuple(reasons))
    facts = (*_trace(verdict), *_forms(verdict), *_assumptions(verdict), *_sizes(verdict))
    if facts:
        yield Facts(facts)
    if claim.note:
        yield Text(claim.note)


def _guesses(verdict: Verdict) -> str:
    return "; ".join(verdict.claim.unsure)


def _trace(verdict: Verdict) -> Iterator[tuple[str, Cell]]:
    """The equations that define what it uses."""
    for name, made in trace_of(verdict.claim).items():
        where = f", {made.where}" if made.where else ""
        yield f"with {name}", (Code(made.text), where)


def _forms(verdict: Verdict) -> Iterator[tuple[str, Cell]]:
    """What was read, what is derived, and how they differ."""
    for label, side in (
        ("read as", verdict.printed),
        ("in edgesym's symbols", verdict.theirs),
        ("derived", verdict.ours),
        ("difference", verdict.difference),
    ):
        if side is not None:
            yield label, _shown(side)
    if verdict.factor is not None:
        yield "factor", _shown(verdict.factor)
    for term in verdict.terms:
        if term.words and not any(term.words in reason for reason in verdict.reasons):
            yield "term", term.words


def _shown(form: sympy.Expr) -> Cell:
    length = len(plain(form))
    if length > _LONGEST:
        return f"a closed form of {length:,} characters, in full with --format json"
    return Math(form)


def _assumptions(verdict: Verdict) -> Iterator[tuple[str, Cell]]:
    if verdict.found:
        yield "assumed to get there", ", ".join(verdict.found)
    stated = [name for name in verdict.assumptions if name not in verdict.found]
    if stated:
        yield "stated", ", ".join(stated)
    if verdict.checked:
        yield "checked besides", f"in fractions, at {verdict.checked} points of random integers"
    if verdict.cut:
        yield "search cut short", verdict.cut
    if verdict.unused:
        yield "stated, not needed", ", ".join(verdict.unused)
    for names in verdict.alternatives:
        yield "or with", ", ".join(names)


def _sizes(verdict: Verdict) -> Iterator[tuple[str, Cell]]:
    """How far off it is: at models, from where on, and at numbers that are printed."""
    if any(verdict.relative.values()):
        spans: list[Span] = []
        for model, size in verdict.relative.items():
            spans += [", " if spans else "", f"{model} ", Amount(size, form="+.2%")]
        yield "relative error", tuple(spans)
    for point in verdict.thresholds:
        side = "below" if point.below else "from"
        yield (
            f"error over {float(point.bound):.0%}",
            f"{side} {point.symbol} = {point.value:,} ({point.model})",
        )
    for number in verdict.numbers:
        agrees = "agrees" if number.agrees else "does not agree"
        yield (
            f"printed for {number.model}",
            (
                f"{number.printed}: the graph gives {number.shown}, which {agrees}; "
                f"the equation gives {_number(number.theirs)}"
            ),
        )


def _number(value: float | None) -> str:
    return "no value" if value is None else f"{value:,.6g}"
