"""EdgeLM-Optimizer reproduced, as a document."""

from __future__ import annotations

from dataclasses import replace

from edgesym.analysis.documents.optimization import optimization_document
from edgesym.analysis.optimization.optimize import Optimization
from edgesym.claims.edgelm import SOURCE, described
from edgesym.document.nodes import Document, Section, Text, table

__all__ = ["edgelm_document"]


def edgelm_document(found: Optimization) -> Document:
    """What is derived of its techniques, and what its code does of them."""
    given, document = described(), optimization_document(found)
    rows = [(row["name"], row["what"], row["really"]) for row in given["technique"]]
    code = table(("technique", "what it is", "what its code does"), rows)
    said = Text(f"One pass over {given['tokens']} tokens; {given['paper']}.")
    blocks = (said, *document.blocks, Section("What its code does", (code,)))
    whys = {row["name"]: row["really"] for row in given["technique"]}
    data = {"source": SOURCE, **document.data, "really": whys}
    return replace(document, blocks=blocks, answer=lambda: data)
