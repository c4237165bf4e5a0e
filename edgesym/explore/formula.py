"""Formulas as the page shows them: MathML whose letters can be exchanged for numbers, and LaTeX."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import sympy

from edgesym.algebra.repeats import spelled_out
from edgesym.algebra.tidy import tidy
from edgesym.document.latex import latex
from edgesym.render.formulas import with_names
from edgesym.render.mathml import mathml
from edgesym.symbols import in_table

__all__ = ["Named", "Shown", "shown"]


@dataclass(frozen=True, slots=True)
class Shown:
    """A formula as it is shown.

    Attributes:
        terms: its summands, each a ``math`` element, so that a line can end between them.
        latex: the whole in LaTeX.
        where: what letters in it stand for besides symbols.
    """

    terms: tuple[str, ...]
    latex: str
    where: tuple[Named, ...] = ()


@dataclass(frozen=True, slots=True)
class Named:
    """A part of a formula that has a letter.

    Attributes:
        letter: as it stands in the formula; ``mathml`` the same as an element.
        form: what it stands for, over symbols alone.
        shown: the same as it is shown, over letters.
    """

    letter: str
    mathml: str
    form: sympy.Expr
    shown: Shown


@lru_cache(maxsize=1024)
def shown(form: sympy.Expr) -> Shown:
    """A closed form, tidied, or a definition as it is; what a long one repeats is named.

    >>> from edgesym.symbols import symbol
    >>> found = shown(symbol("hidden") * symbol("layers") + 1)
    >>> found.latex, len(found.terms), str(found.terms[1])
    ('H L + 1', 2, '<math><mn>1</mn></math>')
    """
    tidied = tidy(form) if all(map(in_table, form.free_symbols)) else form
    short, names = with_names(tidied)
    full = spelled_out(names)
    where = tuple(
        Named(name.name, mathml(name, marked=True), full[name], _written(of))
        for name, of in names.items()
    )
    written = _written(short)
    return Shown(written.terms, written.latex, where)


def _written(form: sympy.Expr) -> Shown:
    """An expression by its summands."""
    terms = form.as_ordered_terms() if form.is_Add else [form]
    return Shown(tuple(mathml(term, marked=True) for term in terms), latex(form))
