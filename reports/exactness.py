"""The table of exactness: every corpus model's counts, ours beside the oracle's."""

import json
from pathlib import Path

from edgesym.architectures.config import read_json
from edgesym.architectures.reader import read_model
from edgesym.document.nodes import Amount, Code, Column, Document, Items, Section, Text, table
from edgesym.oracle.compare import Comparison, compare
from edgesym.oracle.steps import STEPS
from edgesym.render.write import write

CORPUS = Path(__file__).parent.parent.parent / "shared" / "corpus"


def oracle() -> list[dict]:
    """The oracle's entries, those with a ground truth."""
    entries = json.loads((CORPUS / "oracle.json").read_text(encoding="utf-8"))
    return [entry for entry in entries if entry["native"]]


def truth(entry: dict) -> dict[str, int | None]:
    """The oracle's counts by our names for them."""
    found = {name: entry.get(name) for name in STEPS}
    found["parameters"] = entry.get("params_text") or entry.get("params_total")
    found["active_parameters"] = entry.get("active_params")
    for step in ("prefill_b1_s128", "prefill_b2_s64", "decode_b1_c128"):
        counted = entry.get(step) or {}
        found[f"{step}_flops"] = entry.get(f"{step}_flops") or counted.get("total")
    return found


def compared(entry: dict) -> list[Comparison]:
    """Our counts of a corpus model beside the oracle's."""
    path = CORPUS / entry["config_file"]
    model = read_model(read_json(path), name=entry["name"], origin=path.name)
    return [row for row in compare(model, truth(entry)) if row.theirs is not None]


def exactness() -> str:
    """The table as Markdown."""
    rows, reasons, tally = [], {}, {"equal": 0, "explained": 0, "different": 0}
    for entry in oracle():
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
            *("Convention ", Code("pytorch"), " against transformers 5.23.0 and FlopCounterMode "),
            *("of torch 2.13.0 on the meta device. Counts by name: prefill of b1 x s128 and ",),
            *("b2 x s64 tokens, one token on c128 cached, cache bytes at 129 tokens in bf16. ",),
            f"{counted}{tally['different']} different.",
        )
    )
    numbers = (Column(title, "number") for title in ("edgesym", "transformers, PyTorch"))
    found = table(("model", "type", "count", *numbers, "verdict"), rows)
    listed = Section("Reasons", (Items(tuple(reasons), numbered=True),))
    return write(Document("Exactness", (said, found, listed), dict), "markdown")
