"""What was found once, small, each in a file: an ordinary test tries it again.

``open`` in a file says why what it shows still stands; it is taken out when that is mended.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.fuzz.door import Finding, of_json, text_of

__all__ = ["FOUND", "file_away", "kept", "known"]

FOUND = Path(__file__).with_name("found")


def kept() -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every file with what it holds, its input as the door takes it."""
    for path in sorted(FOUND.glob("*.json")):
        row = json.loads(path.read_text("utf-8"))
        yield path, {**row, "input": of_json(row["input"])}


def known() -> set[tuple[str, str, str]]:
    """What still stands: door, kind and place."""
    return {(r["door"], r["kind"], r["place"]) for _, r in kept() if r.get("open")}


def file_away(finding: Finding) -> Path:
    """Write a finding to the corpus; findings of one door, kind and place share a file."""
    digest = hashlib.sha256(repr(finding.key).encode()).hexdigest()[:8]
    path = FOUND / f"{finding.door.replace(' ', '-')}-{digest}.json"
    FOUND.mkdir(exist_ok=True)
    path.write_text(text_of(finding), "utf-8")
    return path
