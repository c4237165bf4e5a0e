"""Answers that a notebook displays: tables, formulas and pictures, and a short text elsewhere."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edgesym.document.nodes import Document

__all__ = ["Shown"]

#: The module that turns answers into documents and draws them: it is imported when one is shown.
_DISPLAY = "edgesym.render.display"


class Shown:
    """An answer that is displayed as the document that the command line writes of it.

    The methods are those that IPython looks for
    (https://ipython.readthedocs.io/en/stable/config/integrating.html), and those that users of
    pandas and matplotlib expect.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        """What fits a screen, as text."""
        text: str = self._display().text(self)
        return text

    def _repr_html_(self) -> str:
        html: str = self._display().html(self)
        return html

    def _repr_markdown_(self) -> str:
        markdown: str = self._display().markdown(self)
        return markdown

    def _repr_latex_(self) -> str:
        latex: str = self._display().latex(self)
        return latex

    @property
    def document(self) -> Document:
        """All that is told of the answer; :func:`edgesym.render.write.write` writes it."""
        document: Document = self._display().document_of(self)
        return document

    def to_dataframe(self) -> Any:
        """The answer as a table of pandas: numbers in base units, which the columns name.

        Raises:
            OutputError: pandas is not installed, or there is no table in the answer.
        """
        return self._display().dataframe(self)

    def plot(self, ax: Any = None) -> Any:
        """Draw the answer with matplotlib, into axes where some are given.

        Returns:
            The axes, or the figure where none were given.

        Raises:
            OutputError: matplotlib is not installed, or there is no picture of such an answer.
        """
        return self._display().plotted(self, ax)

    def _display(self) -> Any:
        return import_module(_DISPLAY)
