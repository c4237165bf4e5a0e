"""The difference of a quantity between two setups: term by term, and part by part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isclose
from typing import Any

import sympy

from edgesym.algebra.derivative import branch_at
from edgesym.algebra.polynomial import monomials
from edgesym.algebra.substitute import put_in
from edgesym.catalogue import Case, Quantity, find_quantity
from edgesym.engine.evaluate import evaluate
from edgesym.quantities.registry import quantities_in
from edgesym.scenario.setup import Setup
from edgesym.symbols import describe

__all__ = ["Difference", "Pair", "Part", "Term", "difference"]

Values = Mapping[sympy.Symbol, Any]
Monomials = Mapping[sympy.Expr, sympy.Rational]

#: Parts whose sum is this close to the whole, relatively, add up to it.
_ADDS_UP = 1e-9


@dataclass(frozen=True, slots=True)
class Pair:
    """A number at each of two setups, in the unit of the quantity."""

    numbers: tuple[Any, Any]

    @property
    def difference(self) -> Any:
        """The second less the first."""
        return self.numbers[1] - self.numbers[0]


@dataclass(frozen=True, slots=True)
class Term(Pair):
    """A product of letters in two closed forms, with the coefficient that each gives it.

    Attributes:
        letters: the product, of all symbols but the model's.
        coefficients: what the integers of each model come to.
    """

    letters: sympy.Expr
    coefficients: tuple[sympy.Rational, sympy.Rational]


@dataclass(frozen=True, slots=True)
class Part(Pair):
    """What a part of the model, or one of the quantities that are summed, adds."""

    name: str


@dataclass(frozen=True, slots=True)
class Difference(Pair):
    """A quantity at two setups, and where the difference comes from.

    Attributes:
        forms: its closed form at each setup.
        on_branch: whether the terms are of the side of each maximum that holds there.
        terms: they add up to the numbers, the largest difference first; none where a closed
            form is no sum of products.
        parts: likewise, by part; none where parts do not add up.
    """

    quantity: Quantity
    setups: tuple[Setup, Setup]
    forms: tuple[sympy.Expr, sympy.Expr]
    on_branch: bool
    terms: tuple[Term, ...]
    parts: tuple[Part, ...]

    @property
    def shared(self) -> sympy.Expr | None:
        """The closed form of both, where they differ in the numbers of symbols alone."""
        return self.forms[0] if self.forms[0] == self.forms[1] else None

    @property
    def alike(self) -> bool:
        """Whether nothing differs, closed form or number."""
        one, other = (setup.values() for setup in self.setups)
        form = self.shared
        return form is not None and all(one[s] == other[s] for s in form.free_symbols)


def difference(one: Setup, other: Setup, name: str) -> Difference:
    """How a quantity differs between two setups.

    >>> from edgesym import load
    >>> one, other = (Setup(load(f"llama-3.2-{size}b")) for size in (1, 3))
    >>> for term in difference(one, other, "flops").terms:
    ...     print(term.letters, term.coefficients, term.difference)
    b (2472607744, 6427512832) 3954905088
    S*b (134144, 348096) 54771712

    Raises:
        EdgesymError: no such quantity, or a symbol of it has no number.
    """
    setups, quantity = (one, other), find_quantity(name)
    forms = (one.expression(name), other.expression(name))
    points = (one.values(), other.values())
    first, second = (evaluate(form, v) for form, v in zip(forms, points, strict=True))
    sums = [_monomials(form, values) for form, values in zip(forms, points, strict=True)]
    cases = (setup.case(quantity.phase or "decode") for setup in setups)
    parts = [_parts(quantity, case, values) for case, values in zip(cases, points, strict=True)]
    return Difference(
        (first, second),
        quantity,
        setups,
        forms,
        any(form.has(sympy.Max) for form in forms),
        tuple(_terms(sums, points)),
        tuple(_paired_parts(parts)),
    )


def _monomials(form: sympy.Expr, values: Values) -> Monomials | None:
    """The coefficient of each product of letters; None for a form that is no sum of them."""
    smooth = branch_at(form, values) if form.has(sympy.Max) else form
    of_model = {s: value for s, value in values.items() if describe(s).scope == "model"}
    found = monomials(put_in(smooth, of_model))
    return None if any(_divides_by_sum(letters) for letters in found) else found


def _divides_by_sum(letters: sympy.Expr) -> bool:
    return any(power.exp.is_negative and power.base.is_Add for power in letters.atoms(sympy.Pow))


def _terms(sums: Sequence[Monomials | None], points: Sequence[Values]) -> list[Term]:
    one, other = sums
    if one is None or other is None:
        return []
    terms = []
    for letters in dict.fromkeys((*one, *other)):
        pair = (one.get(letters, sympy.S.Zero), other.get(letters, sympy.S.Zero))
        first, second = (evaluate(c * letters, v) for c, v in zip(pair, points, strict=True))
        terms.append(Term((first, second), letters, pair))
    return sorted(terms, key=lambda term: -abs(term.difference))


def _paired_parts(parts: Sequence[Mapping[str, Any] | None]) -> list[Part]:
    one, other = parts
    if one is None or other is None:
        return []
    paired = [Part((one.get(n, 0), other.get(n, 0)), n) for n in dict.fromkeys((*one, *other))]
    return sorted(paired, key=lambda part: -abs(part.difference))


def _parts(quantity: Quantity, case: Case, values: Values) -> dict[str, Any] | None:
    """What each part adds, or each quantity of a sum; None where they do not add up."""
    if quantity.of_part:
        names = dict.fromkeys(part.partition(".")[0] for part in case.rows().parts())
        forms = {name: quantity.expression(replace(case, part=name)) for name in names}
    else:
        definition = quantity.definition(case)
        summed = [find_quantity(name) for name in quantities_in(definition)]
        if definition.is_Symbol and summed:
            return _parts(summed[0], case, values)
        forms = {q.name: q.expression(case) for q in summed}
    found = {name: evaluate(form, values) for name, form in forms.items()}
    total = float(evaluate(quantity.expression(case), values))
    adds_up = isclose(sum(map(float, found.values())), total, rel_tol=_ADDS_UP)
    return {name: number for name, number in found.items() if number} if adds_up else None
