"""The table of exactness: every corpus model's counts, ours beside the oracle's."""

import json

from edgesym.architectures.reader import read_model
from edgesym.document.nodes import Amount, Code, Column, Document, Items, Section, Text, table
from edgesym.oracle.compare import Comparison, compare
from edgesym.oracle.steps import SMALL, STEPS, Steps
from edgesym.render.write import write
from reports.facts import FACTS


def facts() -> list[dict]:
    """Models by their dimensions, each with what was counted of it: ``reports/facts.py``."""
    found: list[dict] = json.loads(FACTS.read_text(encoding="utf-8"))
    return found


def steps_of(entry: dict) -> Steps:
    """What was counted of an entry, of which steps."""
    return STEPS if "prefill_b1_s128_flops" in entry["counts"] else SMALL


def compared(entry: dict) -> list[Comparison]:
    """Our counts of a model beside those of transformers and PyTorch."""
    model = read_model(entry["config"], name=entry["name"], origin=entry["name"])
    rows = compare(model, entry["counts"], steps_of(entry))
    return [row for row in rows if row.theirs is not None]


def exactness() -> str:
    """The table as Markdown."""
    rows, reasons, tally = [], {}, {"equal": 0, "explained": 0, "different": 0}
    for entry in facts():
        for row in compared(entry):
            note = ""
            if row.reason:
                note = f"({reasons.setdefault(row.reason, len(reasons) + 1)})"
            tally[row.verdict] += 1
            counts = (Amount(row.ours, form=","), Amount(row.theirs, form=","))
            verdict = f"{row.verdict} {note}".strip()
            rows.append((entry["name"], str(entry["model_type"]), row.count, *counts, verdict))
    counted = f"Of {len(rows)} counts {tally['equal']} are equal, {tally['explained']} explained, "
    said = Text(
        (
            *("Convention ", Code("pytorch"), " against FlopCounterMode of torch 2.13.0 on the "),
            "meta device: published models under transformers 5.23.0, a few layers of each class ",
            "at its defaults under 5.24.0. Counts by name: b sequences of s tokens on c cached ",
            "ones, cache bytes at so many tokens in bf16. ",
            f"{counted}{tally['different']} different.",
        )
    )
    numbers = (Column(title, "number") for title in ("edgesym", "transformers, PyTorch"))
    found = table(("model", "type", "count", *numbers, "verdict"), rows)
    listed = Section("Reasons", (Items(tuple(reasons), numbered=True),))
    return write(Document("Exactness", (said, found, listed), dict), "markdown")
