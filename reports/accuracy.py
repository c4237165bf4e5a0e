"""The table of accuracy: every published and measured row, predicted and how far off."""

from collections import Counter
from pathlib import Path

from edgesym.document.nodes import Block, Code, Document, Items, Section, Text, table
from edgesym.files.parse import load_toml
from edgesym.render.write import write
from edgesym.validation import Validation, read_corpus, shipped_corpus, validate
from edgesym.validation.document import group_table, reason_table, worst_table
from edgesym.validation.statistics import Statistics
from edgesym.validation.validate import SPLITS
from reports.facts import CORPUS

PUBLISHED = CORPUS / "measurements.csv"
#: A median error from which a cell is called far off, and rows that it must have.
FAR, FEW = 0.25, 3
#: Why predictions are far off, by kind of measurement, runtime and beginning of a device's name.
WHY = load_toml(Path(__file__).parent / "far_off.toml")["why"]


def accuracy() -> str:
    """The report as Markdown."""
    published = validate(read_corpus(PUBLISHED))
    steps = validate(read_corpus(shipped_corpus()))
    sections = [
        Section("Published figures", tuple(_figures(published, "device"))),
        Section("Steps timed on one NVIDIA H200", tuple(_figures(steps, "runtime"))),
        Section("By what the fit stands on", (_splits(published, steps),)),
        Section("Far off, and why", tuple(_far(published, steps))),
        Section("Not compared", (reason_table(published),)),
        Section("What no formula can give", (_irreducible(),)),
    ]
    document = Document("Accuracy", (_method(), *sections), dict)
    return write(document, "markdown")


def _method() -> Block:
    said = (
        " says of rows that others published, and of steps timed on one card. The fit that ships "
        "stands on these same rows: these are errors of what was fitted. Those of rows that the "
        "fit did not see are in left_out.md. An error is "
        "predicted / measured - 1, of tokens per second (of all sequences), of bytes, or of "
        "joules per token. The interval is the 90 % that the fit and the device's figures "
        "give; its width is the factor by which it reaches up and down."
    )
    return Text(("What ", Code("edgesym validate --corpus FILE.csv"), said))


def _figures(found: Validation, by: str) -> list[Block]:
    """Errors of each kind, and by label."""
    blocks: list[Block] = [group_table("measured", found.groups)]
    for kind, groups in found.by(by).items():
        blocks.append(Section(f"{kind} by {by}", (group_table(by, groups),)))
    blocks.append(Section("Furthest off", (worst_table(found),)))
    return blocks


def _splits(*corpora: Validation) -> Block:
    """Errors of each split."""
    together = Validation(tuple(one for each in corpora for one in each.outcomes))
    meaning = {
        "seen": "the fit has rows of device, runtime and model",
        "model": "the fit has rows of the device in the runtime, of other models",
        "device": "the fit has no row of the device in the runtime",
    }
    groups: dict[str, Statistics] = {}
    for split in SPLITS:
        for kind, each in together.only(split).groups.items():
            if each.mapped:
                groups[f"{kind}, {meaning[split]}"] = each
    return group_table("measured", groups)


def _far(*corpora: Validation) -> list[Block]:
    """Cells of kind, runtime and device whose median error is large, with a reason where known."""
    rows = [one for each in corpora for one in each.outcomes if one.predicted]
    cells = Counter((o.row.kind, o.label("runtime"), o.label("device")) for o in rows)
    far = []
    for cell, count in cells.items():
        of_cell = [o for o in rows if (o.row.kind, o.label("runtime"), o.label("device")) == cell]
        each = Validation(tuple(of_cell)).groups[cell[0]]
        if count >= FEW and (each.median_abs_error or 0) > FAR:
            far.append((each.median_abs_error or 0, cell, count, each.bias or 0))
    shown = [
        (*cell, str(count), f"{error:.0%}", f"{bias:+.0%}", _why(cell))
        for error, cell, count, bias in sorted(far, reverse=True)
    ]
    columns = ("measured", "runtime", "device", "rows", "median error", "bias", "why")
    said = f"Cells of at least {FEW} rows whose median error is above {FAR:.0%}."
    return [Text(said), table(columns, shown)]


def _why(cell: tuple[str, str, str]) -> str:
    """The reason on record for a cell."""
    kind, runtime, device = cell
    for row in WHY:
        if (row["kind"], row["runtime"]) == (kind, runtime) and device.startswith(
            row.get("device", "")
        ):
            return row["says"]
    return "efficiencies of a class, not of this device" if kind != "memory" else "not known"


def _irreducible() -> Block:
    sources = (
        "Two sources of one cell (device, runtime, model, format) differ by 17 % in the median: "
        "half of that, 8 %, is left to any prediction of a row."
    )
    labels = (
        "Labels leave out what matters: builds, threads, clocks, flash attention, how full the "
        "cache was. What a row does not say and was taken for it is said with the row."
    )
    return Items((sources, labels))


def main() -> None:
    """Write the report beside this file."""
    (Path(__file__).parent / "accuracy.md").write_text(accuracy(), encoding="utf-8")


if __name__ == "__main__":
    main()
