"""Errors of rows that fits of the rest did not see, in some minutes: python -m reports.left_out."""

from pathlib import Path

from edgesym.document.nodes import Document, Text
from edgesym.fits import find_fit, fitted_classes
from edgesym.fitting.crossvalidate import cross_validate
from edgesym.fitting.document import left_out_table
from edgesym.fitting.sample import samples
from edgesym.render.write import write
from edgesym.validation import read_corpus
from reports.facts import CORPUS

#: The files that the fits that ship were made of.
FITTED = ("measurements.csv", "gpu_steps.csv", "cpu_steps.csv")


def left_out() -> str:
    """The report as Markdown."""
    rows = [row for file in FITTED for row in read_corpus(CORPUS / file)]
    fits = {name: fit for name in fitted_classes() if (fit := find_fit(name)) is not None}
    said = (
        "Each row is predicted by a fit of rows without its cell (a model in a recipe on a device "
        "in a runtime; five parts), without its model (five parts), or without its device (one "
        "by one): edgesym fit FILE.csv... --cross-validate. Levels, deviations and the scale of "
        "the intervals were chosen by such figures, which are a little better for it."
    )
    table = left_out_table(cross_validate(list(samples(rows)), fits))
    return write(Document("Rows left out", (Text(said), table), dict), "markdown")


def main() -> None:
    """Write the report beside this file."""
    (Path(__file__).parent / "left_out.md").write_text(left_out(), encoding="utf-8")


if __name__ == "__main__":
    main()
