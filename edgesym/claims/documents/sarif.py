"""Outcomes of a check as SARIF 2.1.0, which code hosts show beside the lines of a paper.

OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0, 2020.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from edgesym.claims.claim import Refused
from edgesym.claims.documents.told import TITLES, slug, told
from edgesym.claims.outcome import Outcome, failure
from edgesym.document.version import edgesym_version

__all__ = ["sarif"]

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


def sarif(outcomes: Sequence[Outcome], *, strict: bool = False) -> str:
    """A log with a result for each claim that fails, and a warning for each not proved.

    What is exact, and what is as its author expects, is no result.
    """
    results = [_result(outcome, strict) for outcome in outcomes]
    rules = [
        {"id": slug(name), "shortDescription": {"text": text}} for name, text in TITLES.items()
    ]
    driver = {"name": "edgesym", "version": edgesym_version(), "rules": rules}
    run = {"tool": {"driver": driver}, "results": [result for result in results if result]}
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2) + "\n"


def _result(outcome: Outcome, strict: bool) -> dict[str, Any] | None:
    failed = failure(outcome, strict=strict)
    name = "refused" if isinstance(outcome, Refused) else outcome.verdict
    expected = isinstance(outcome, Refused) or bool(outcome.claim.expected)
    if not failed and (expected or name not in TITLES):
        return None
    rule = slug(name) if name in TITLES else "unexpected"
    level = "error" if failed else "note" if name == "not comparable" else "warning"
    return {
        "ruleId": rule,
        "ruleIndex": [slug(known) for known in TITLES].index(rule),
        "level": level,
        "message": {"text": told(outcome, failed)},
        "locations": [_location(outcome)],
    }


def _location(outcome: Outcome) -> dict[str, Any]:
    entry = outcome if isinstance(outcome, Refused) else outcome.claim
    name = {"fullyQualifiedName": entry.id or entry.where or "equation"}
    found: dict[str, Any] = {"logicalLocations": [name]}
    if entry.file:
        physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(entry.file)}}
        if entry.line:
            physical["region"] = {"startLine": entry.line}
        found["physicalLocation"] = physical
    return found


def _uri(file: str) -> str:
    path = PurePath(file)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())
