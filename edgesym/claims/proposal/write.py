"""A proposal as a claim file: TOML with the evidence of each line as a comment."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from edgesym.claims.proposal.about import Key
from edgesym.claims.proposal.propose import Proposal, Proposed
from edgesym.domain import checked
from edgesym.plain import clean

__all__ = ["proposal_text"]

_BARE = re.compile(r"[A-Za-z0-9_-]+\Z")
#: Characters of a comment.
_WIDEST = 110
_HEAD = """\
# Proposed by edgesym check {name} --propose. Behind each line stands what it was read from.
# A question mark says that nobody is sure: put it right, or take the mark away. Until then a
# check says beside its verdict what was a guess. docs/claims.md explains the keys.
"""


@checked
def proposal_text(proposal: Proposal) -> str:
    """The claim file; it reads through the door that a file written by hand goes through."""
    return "\n".join(_lines(proposal)) + "\n"


def _lines(proposal: Proposal) -> Iterator[str]:
    yield _HEAD.format(name=_one_line(proposal.source.name))
    if proposal.assumptions:
        yield "assumptions = ["
        yield from (f"    {_assumed(key)}" for key in proposal.assumptions)
        yield "]\n"
    yield "[paper]"
    yield f"name = {_text(proposal.source.stem)}"
    if proposal.title:
        yield f"title = {_text(proposal.title)}"
    yield ""
    yield "[symbols]"
    for made in proposal.symbols:
        mark = "" if made.sure or made.meaning == "?" else "?"
        yield _commented(f"{_key(made.name)} = {_text(made.meaning + mark)}", made.why)
    yield ""
    if proposal.definitions:
        yield "[definitions]"
        for name, (text, place) in proposal.definitions.items():
            yield _commented(f"{_key(name)} = {_text(text)}", place)
        yield ""
    for claim in proposal.claims:
        yield from _claim(claim)
    if proposal.left_out:
        yield "# Not proposed:"
        shown = (
            why if why.startswith(f"{key}:") else f"{key}, {why}" for key, why in proposal.left_out
        )
        yield from (f"#   {_short(line)}" for line in list(shown)[:100])
    if proposal.problems:
        yield "# Not read:"
        yield from (f"#   {_short(problem)}" for problem in proposal.problems[:20])


def _claim(claim: Proposed) -> Iterator[str]:
    about = claim.about
    yield "[[claim]]"
    yield f"id = {_text(claim.key)}"
    where = claim.place if claim.place in claim.key else f"{claim.key}, {claim.place}"
    yield f"where = {_text(where)}"
    if claim.equation.condition:
        yield f"# where {_short(claim.equation.condition)}"
    yield f"latex = {_text(claim.equation.text)}"
    keys: dict[str, Key | None] = {
        "quantity": about.quantity,
        "part": about.part,
        "phase": about.phase,
        "per": about.per,
        "unit": about.unit,
    }
    for name, key in keys.items():
        if key is not None:
            mark = "" if key.sure else "?"
            yield _commented(f"{name} = {_text(key.value + mark)}", key.why)
    for made in claim.own:
        mark = "" if made.sure else "?"
        line = f"symbols = {{ {_key(made.name)} = {_text(made.meaning + mark)} }}"
        yield _commented(line, made.why)
    if claim.assumptions:
        yield "assumptions = ["
        yield from (f"    {_assumed(key)}" for key in claim.assumptions)
        yield "]"
    yield ""


def _assumed(key: Key) -> str:
    return _commented(f"{_text(key.value + ('' if key.sure else '?'))},", key.why)


def _commented(line: str, why: str) -> str:
    return f"{line}  # {_short(why)}"


def _short(text: str) -> str:
    text = _one_line(text)
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 4].rstrip()} ..."


def _one_line(text: str) -> str:
    """Text in a comment: one line, no control characters."""
    return clean(" ".join(text.split()))


def _key(name: str) -> str:
    return name if _BARE.match(name) else _text(name)


def _text(text: str) -> str:
    """A TOML string: literal where it can be, so that LaTeX stays readable."""
    if "'" not in text and text.isprintable() and "\\" in text:
        return f"'{text}'"
    return json.dumps(text, ensure_ascii=False)
