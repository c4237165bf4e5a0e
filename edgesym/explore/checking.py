"""An equation that the checker's page sends: how it was read, the verdict, the repair, as HTML."""

from __future__ import annotations

from typing import Any

from edgesym.catalogue import REGISTRY
from edgesym.claims.assumptions import vocabulary
from edgesym.claims.claim import Claim, Refused
from edgesym.claims.derive import PER, PHASES, names_of
from edgesym.claims.documents.verdict import verdict_document
from edgesym.claims.outcome import check_each
from edgesym.claims.words import read_symbols
from edgesym.errors import ConfigError, EdgesymError
from edgesym.files.parse import parse_json
from edgesym.fileschema import held_to
from edgesym.render.html import write_html
from edgesym.render.page import Page
from edgesym.symbols import TABLE

__all__ = ["LARGEST_QUESTION", "answer", "offered"]

#: Bytes of a question: an equation, its letters, its assumptions.
LARGEST_QUESTION = 20_000


def offered() -> dict[str, Any]:
    """What can be picked on the page: quantities, phases, what an amount is per, assumptions."""
    return {
        "quantities": {name: row.meaning for name, row in REGISTRY.items()},
        "phases": list(PHASES),
        "per": list(PER),
        "assumptions": list(vocabulary()),
        "words": {word: row.meaning for word, row in TABLE.items()},
    }


def answer(question: str) -> dict[str, str]:
    """What is found of an equation: ``html`` that is escaped already, or an ``error``.

    The text is data: it goes through the reader of claims, whose searches are limited by work.

    >>> import json
    >>> asked = {"equation": "2*L", "quantity": "layers", "symbols": "L=layers"}
    >>> answer(json.dumps({**asked, "notation": "plain"}))["verdict"]
    'wrong'
    >>> answer("[]")["error"]
    'a question: [] must be a table'
    """
    try:
        claim = _claim(_read(question))
    except EdgesymError as error:  # the page tells it
        return {"error": str(error)}
    (found,) = check_each([claim])
    if isinstance(found, Refused):
        return {"error": found.error}
    return {"verdict": found.verdict, "html": write_html(verdict_document([found]), Page())}


def _read(question: str) -> dict[str, Any]:
    """The keys and texts of a question.

    Raises:
        ConfigError: no JSON, another key, or no text where one belongs.
    """
    if len(question) > LARGEST_QUESTION:
        raise ConfigError(f"a question of more than {LARGEST_QUESTION} characters is not read")
    from msgspec.structs import asdict

    from edgesym.explore.schema import Question

    asked = held_to(parse_json(question, "a question"), Question, "a question", question)
    return {**asdict(Question()), **asked}


def _claim(asked: dict[str, Any]) -> Claim:
    """The claim that a question makes."""
    for key, hint in {"equation": "paste one", "quantity": "pick what it speaks of"}.items():
        if not asked[key].strip():
            raise ConfigError(f"{key} is empty: {hint}")
    names_of(asked["quantity"])
    return Claim(
        asked["equation"],
        asked["quantity"],
        read_symbols(asked["symbols"], "letters"),
        asked["notation"],
        where=asked["equation"],
        part=asked["part"],
        phase=asked["phase"],
        per=asked["per"],
        assumptions=tuple(asked["assumptions"]),
    )
