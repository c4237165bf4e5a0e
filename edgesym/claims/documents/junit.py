"""Outcomes of a check as JUnit XML, which test runners of continuous integration show."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from xml.etree import ElementTree as ET

from edgesym.claims.claim import Refused
from edgesym.claims.documents.told import told
from edgesym.claims.outcome import Outcome, failure

__all__ = ["junit"]

#: Characters that XML 1.0 has no way to write.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(outcomes: Sequence[Outcome], *, strict: bool = False) -> str:
    """A suite per file with a case per claim: failures, errors for refused ones, skipped ones."""
    root = ET.Element("testsuites", name="edgesym check")
    totals = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    for name, group in groupby(outcomes, key=_suite):
        suite = ET.SubElement(root, "testsuite", name=_legal(name))
        counts = dict.fromkeys(totals, 0)
        for outcome in group:
            kind = _case(suite, name, outcome, failure(outcome, strict=strict))
            counts["tests"] += 1
            counts[kind] += 1 if kind != "tests" else 0
        for key, count in counts.items():
            suite.set(key, str(count))
            totals[key] += count
    for key, count in totals.items():
        root.set(key, str(count))
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, "unicode") + "\n"


def _suite(outcome: Outcome) -> str:
    entry = outcome if isinstance(outcome, Refused) else outcome.claim
    return entry.file or entry.paper.name or "equations"


def _case(suite: ET.Element, name: str, outcome: Outcome, failed: str) -> str:
    """A claim as a case of a suite; what it counts as, besides a test."""
    entry = outcome if isinstance(outcome, Refused) else outcome.claim
    called = _legal(entry.id or entry.where or "equation")
    case = ET.SubElement(suite, "testcase", name=called, classname=_legal(name))
    if entry.file:
        case.set("file", _legal(entry.file))
    if entry.line:
        case.set("line", str(entry.line))
    text = _legal(told(outcome, failed))
    if isinstance(outcome, Refused):
        ET.SubElement(case, "error", type="refused", message=text)
        return "errors"
    if failed:
        found = ET.SubElement(case, "failure", type=outcome.verdict, message=_legal(failed))
        found.text = text
        return "failures"
    if outcome.verdict == "not comparable":
        ET.SubElement(case, "skipped", message=text)
        return "skipped"
    ET.SubElement(case, "system-out").text = text
    return "tests"


def _legal(text: str) -> str:
    return _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text)
