"""How answers are displayed: their documents as text, HTML, Markdown and LaTeX, their pictures."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from edgesym.document.nodes import Amount, Column, Document, Mark, Math, Text, table
from edgesym.document.shown import Shown
from edgesym.errors import OutputError
from edgesym.render.write import write
from edgesym.symbols import describe

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from edgesym.architectures.model import Model
    from edgesym.ledger import Ledger

__all__ = [
    "dataframe",
    "document_of",
    "html",
    "latex",
    "ledger_markdown",
    "markdown",
    "model_markdown",
    "plotted",
    "text",
]

#: Characters of a text that is displayed.
_LONGEST = 6000
#: Class of an answer -> module and name of what tells of it.
_DOCUMENTS = {
    "Bars": ("analysis.documents.pictures", "bars_document"),
    "Chart": ("analysis.documents.pictures", "chart_document"),
    "Comparison": ("analysis.documents.comparison.document", "comparison_document"),
    "Design": ("analysis.documents.sweep", "design_document"),
    "Estimate": ("analysis.documents.estimate", "estimate_document"),
    "Explanation": ("analysis.documents.explanation.document", "explanation_document"),
    "HeatMap": ("analysis.documents.pictures", "heat_document"),
    "OperatorTable": ("analysis.documents.operators", "operator_document"),
    "Optimization": ("analysis.documents.optimization", "optimization_document"),
    "Roofline": ("analysis.documents.pictures", "roofline_document"),
    "Solution": ("analysis.documents.solution", "solution_document"),
    "Validation": ("validation.document", "validation_document"),
    "WhatIf": ("validation.whatif_document", "what_if_document"),
}
#: Class of an answer whose document is told of several -> module and name of what tells of them.
_OF_SEVERAL = {
    "Sensitivity": ("analysis.documents.sensitivity", "sensitivity_document"),
    "Verdict": ("claims.documents.verdict", "verdict_document"),
}
#: Class of an answer -> module and name of what draws it.
_DRAWN = {
    "Bars": ("bars_plot", "bars_figure"),
    "Chart": ("chart_plot", "chart_figure"),
    "HeatMap": ("chart_plot", "heat_figure"),
    "Optimization": ("pareto_plot", "pareto_figure"),
    "RegimeMap": ("pictures", "regimes_figure"),
    "Roofline": ("roofline_plot", "roofline_figure"),
    "Sensitivity": ("tornado_plot", "tornado"),
    "Validation": ("scatter_plot", "scatter_figure"),
}


def document_of(answer: Shown) -> Document:
    """The document of an answer."""
    name = type(answer).__name__
    told: Document
    if name in _OF_SEVERAL:
        told = _named(_OF_SEVERAL[name])([answer])
    elif name == "Sweep":
        told = _named(("analysis.documents.sweep", "sweep_document"))(answer, "Sweep")
    else:
        told = _named(_DOCUMENTS[name])(answer)
    return told


def _named(place: tuple[str, str]) -> Callable[..., Any]:
    module, name = place
    found: Callable[..., Any] = getattr(import_module(f"edgesym.{module}"), name)
    return found


def text(answer: Shown) -> str:
    """What fits a screen; a longer text ends where it says so."""
    told = write(answer.document.briefly(), "text").rstrip("\n")
    if len(told) <= _LONGEST:
        return told
    lines = told[:_LONGEST].splitlines()[:-1]
    return "\n".join([*lines, f"... ({len(told):,} characters; .document has all)"])


def html(answer: Shown) -> str:
    """What fits a screen, as an element."""
    return write(answer.document.briefly(), "html")


def markdown(answer: Shown) -> str:
    """What fits a screen, as Markdown."""
    return write(answer.document.briefly(), "markdown")


def latex(answer: Shown) -> str:
    """What fits a screen, as LaTeX to be put into a document."""
    return write(answer.document.briefly(), "latex")


def model_markdown(model: Model) -> str:
    """The symbols of a model and their numbers."""
    columns = (Column("", "formula"), "", Column("", "number"))
    rows = (
        (Math(symbol), describe(symbol).meaning, Amount(number, form=","))
        for symbol, number in model.values.items()
    )
    title = Text((Mark(model.name), f" ({model.architecture})"))
    return write(Document("", (title, table(columns, rows)), dict), "markdown")


def ledger_markdown(ledger: Ledger) -> str:
    """The merged rows of a ledger."""
    columns = (
        *("block", "part", "kind", "role"),
        *(Column("repeat", "formula"), Column("amount", "formula")),
    )
    rows = (
        (
            row.block,
            row.part,
            str(row.kind),
            str(row.role or ""),
            Math(row.repeat),
            Math(row.amount),
        )
        for row in ledger.merged()
    )
    return write(Document("", (table(columns, rows),), dict), "markdown")


def dataframe(answer: Shown) -> Any:
    """The records of an answer as a table of pandas.

    Raises:
        OutputError: pandas is not installed, or there is no table.
    """
    from edgesym.render.data import records

    try:
        import pandas as pd
    except ImportError as error:
        raise OutputError("a DataFrame needs pandas: pip install 'edgesym[notebook]'") from error
    header, *rows = records(answer.document)
    return pd.DataFrame(rows, columns=header)


def plotted(answer: Shown, ax: Any = None) -> Any:
    """A picture of an answer, in axes if some are given; see :meth:`Shown.plot`.

    Raises:
        OutputError: matplotlib is not installed, or there is no such picture.
    """
    name = type(answer).__name__
    if name not in _DRAWN:
        known = ", ".join(_DRAWN)
        raise OutputError(f"there is no picture of this {name}; there are of {known}")
    module, draw = _DRAWN[name]
    return drawn_on(ax, lambda: _named((f"render.{module}", draw))(answer))


def drawn_on(ax: Any, draw: Callable[[], Figure]) -> Any:
    """What is drawn, on axes if some are given: these, else the figure."""
    if ax is None:
        return draw()
    from edgesym.render.style import drawing_on, inert

    with drawing_on(ax):
        draw()
    inert(ax)
    return ax
