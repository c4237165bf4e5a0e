"""The whole library as a page: who printed what, what is right, and what repairs the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby

from edgesym.claims.claim import VERDICTS, Paper
from edgesym.claims.documents.verdict import TONES, verdict_data
from edgesym.claims.verdict import Verdict
from edgesym.document.nodes import Cell, Code, Column, Document, Mark, Section, Table, Text, table

__all__ = ["library_document"]

_COLUMNS = ("where", "of", Column("as printed", spare=True), "verdict", "what it needs")


def library_document(verdicts: Sequence[Verdict]) -> Document:
    """The verdicts on many papers, a table for each.

    Args:
        verdicts: those of a paper one after another.
    """
    papers = [(paper, list(group)) for paper, group in groupby(verdicts, lambda v: v.claim.paper)]
    papers.sort(key=lambda item: (item[0].year or 0, item[0].name))
    said = (
        f"{len(verdicts)} equations and figures of {len(papers)} sources, in the words and letters "
        "of edgesym's claim files (edgesym/claims/library). Each is derived from the dataflow "
        "graph of a reference decoder, or of the model that a figure is printed for. What is "
        "exact under assumptions needs them; a wrong one is followed by what repairs it."
    )
    sections = [Section(_title(paper), (_source(paper), _rows(group))) for paper, group in papers]
    return Document(
        "Published equations",
        (Text(said), _tally(verdicts), *sections),
        lambda: verdict_data(verdicts, None),
        lambda: _rows(verdicts),
    )


def _title(paper: Paper) -> str:
    return f"{paper.name} ({paper.year})" if paper.year else paper.name


def _source(paper: Paper) -> Text:
    return Text(f"{paper.title}, {paper.address}.")


def _tally(verdicts: Sequence[Verdict]) -> Table:
    counts = Counter(verdict.verdict for verdict in verdicts)
    rows = [(Mark(name, TONES.get(name, "")), str(counts[name])) for name in VERDICTS]
    return table(("verdict", Column("equations", "number")), [r for r in rows if r[1] != "0"])


def _rows(verdicts: Sequence[Verdict]) -> Table:
    return table(_COLUMNS, [_row(verdict) for verdict in verdicts])


def _row(verdict: Verdict) -> tuple[Cell, ...]:
    claim = verdict.claim
    part = "" if claim.part == "*" else f", {claim.part}"
    per = "" if claim.per == "model" else f", per {claim.per}"
    printed: Cell = Code(claim.text)
    if verdict.numbers:
        printed = ", ".join(f"{number.printed} ({number.model})" for number in verdict.numbers)
    mark = Mark(verdict.verdict, TONES.get(verdict.verdict, ""))
    return claim.where, (Code(claim.quantity), f"{part}{per}"), printed, mark, _needed(verdict)


def _needed(verdict: Verdict) -> str:
    """Assumptions of what is exact, the repair of what is not; the note of the claim file."""
    said: list[str] = []
    match verdict.verdict:
        case "exact under assumptions":
            said += verdict.assumptions and (", ".join(verdict.assumptions),)
        case "wrong" if verdict.repair:
            said.append(f"one number repairs it: {verdict.repair.words}")
        case "wrong" | "approximation" | "unproven" | "not comparable":
            said += verdict.reasons[:1]
    if verdict.claim.note:
        said.append(verdict.claim.note)
    return "; ".join(text.rstrip(".") for text in said)
