"""The page of the text types of transformers: traced, read, beside PyTorch's counts.

``python -m reports.types`` writes it of ``tests/data/types.json``, which
``python -m benchmarks.traced_types --to tests/data/types.json`` measures.
"""

import json
from collections import Counter
from pathlib import Path

from edgesym.architectures.recipe import find_recipe
from edgesym.document.nodes import Code, Column, Document, Section, Text, table
from edgesym.errors import EdgesymError
from edgesym.render.write import write

ROWS = Path(__file__).parent.parent / "tests" / "data" / "types.json"
FAMILIES = {"causal": "causal", "masked": "masked", "seq2seq": "sequence to sequence"}
VERDICTS = ("equal", "different", "refused", "cannot run")


def facts() -> dict:
    """What was measured, and of which versions."""
    found: dict = json.loads(ROWS.read_text(encoding="utf-8"))
    return found


def is_read(model_type: str) -> bool:
    """Whether an architecture file reads the type, without tracing."""
    try:
        find_recipe(model_type, model_type)
    except EdgesymError:
        return False
    return True


def tally(rows: list[dict]) -> dict[str, int]:
    """How many types there are of each verdict, and read or traced."""
    counted = Counter(row["verdict"] for row in rows)
    read = {row["type"] for row in rows if is_read(row["type"])}
    equal = {row["type"] for row in rows if row["verdict"] == "equal"}
    return {
        "types": len(rows),
        **{verdict: counted[verdict] for verdict in VERDICTS},
        "read": len(read),
        "read or traced": len(read | equal),
    }


def types() -> str:
    """The page as Markdown."""
    found = facts()
    rows, versions = found["types"], found["versions"]
    counts = [
        (title, *tally([row for row in rows if family in row["families"]]).values())
        for family, title in FAMILIES.items()
    ]
    counts.append(("all", *tally(rows).values()))
    heads = ("family", "types", *VERDICTS, "architecture file", "read or traced")
    numbers = tuple(Column(head, "number") for head in heads[1:])
    seconds = sorted(row["seconds"] for row in rows if "seconds" in row)
    points = Counter(row["points"] for row in rows if row["verdict"] == "equal")
    compared = ", ".join(f"{points[n]} at {n}" for n in sorted(points, reverse=True))
    slow = sum(1 for second in seconds if second > 10)
    said = Text(
        (
            "FLOPs of a prefill and of a step of one token, bytes of the cache and parameters of ",
            "the class of each text type that transformers has, by its traced form and by ",
            f"FlopCounterMode (torch {versions['torch']}, transformers ",
            f"{versions['transformers']}): the class's default config, a few layers of it, ",
            "and random points inside the domain.",
            f" Of the equal ones so many were compared at so many points besides: {compared}. A ",
            f"trace took {seconds[len(seconds) // 2]} CPU s in the median and {seconds[-1]} at ",
            f"most; {slow} of {len(seconds)} took more than 10. What cannot run is a class that ",
            "PyTorch itself cannot run on token ids. Written by ",
            Code("python -m reports.types"),
            " of what ",
            Code("python -m benchmarks.traced_types --to tests/data/types.json"),
            " measured.",
        )
    )
    others = [
        (row["type"], row["verdict"], "yes" if is_read(row["type"]) else "no", _reason(row))
        for row in rows
        if row["verdict"] != "equal"
    ]
    whole = [
        (
            row["type"],
            ", ".join(row["families"]),
            row["on"],
            str(row["points"]),
            str(sum(row["class_refused"].values())),
            str(row["conditions"]),
            str(row["seconds"]),
        )
        for row in rows
        if row["verdict"] == "equal"
    ]
    sections = (
        said,
        table(("family", *numbers), [tuple(map(str, row)) for row in counts]),
        Section(
            "Not equal",
            (table(("type", "verdict", "architecture file", "why"), others),),
        ),
        Section(
            "Equal",
            (
                Text(
                    (
                        "The class ran on tensors without values (meta), or on small real ones ",
                        "(cpu) where it looks at values. Points at which the class itself raised ",
                        "are counted, and others were drawn.",
                    )
                ),
                table(
                    (
                        *("type", "families", "on"),
                        *(
                            Column(head, "number")
                            for head in ("points", "raised", "conditions", "CPU s")
                        ),
                    ),
                    whole,
                ),
            ),
        ),
    )
    return write(Document("Types of transformers", sections, dict), "markdown")


def _reason(row: dict) -> Code:
    return Code(str(row.get("reason") or row.get("gaps")))


def main() -> None:
    """Write the page beside this file."""
    (Path(__file__).parent / "types.md").write_text(types(), encoding="utf-8")


if __name__ == "__main__":
    main()
