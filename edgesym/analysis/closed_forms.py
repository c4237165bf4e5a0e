"""Closed forms of a model, as an answer: what is asked, the forms, and the symbols in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import sympy

from edgesym.algebra.leading import leading
from edgesym.algebra.substitute import put_in
from edgesym.algebra.tidy import tidy
from edgesym.architectures.traced.domain import Condition
from edgesym.architectures.traced.plan import holding
from edgesym.catalogue import REGISTRY, Case, Quantity
from edgesym.errors import ExpressionError
from edgesym.symbols import symbol

__all__ = ["ClosedForms", "closed_forms", "media_forms"]


@dataclass(frozen=True, slots=True)
class ClosedForms:
    """Quantities of a model in closed form.

    Attributes:
        case: the model and how it is counted.
        phase: the name of the phase asked for.
        forms: quantity name -> closed form.
        prune: what is pruned of the model, as it is written; empty where nothing is.
        weights: the recipe of its weights, as it is written; empty where they share one symbol.
        dropped: quantity name -> terms of lower order that its form was asked to be without.
        growing: the symbols that these are of lower order in; empty for all extents.
    """

    case: Case
    phase: str
    forms: Mapping[str, sympy.Expr]
    prune: str = ""
    weights: str = ""
    dropped: Mapping[str, sympy.Expr] = field(default_factory=dict)
    growing: tuple[sympy.Symbol, ...] = ()

    @property
    def symbols(self) -> list[sympy.Symbol]:
        """The symbols of all forms, by name."""
        forms = (*self.forms.values(), *self.dropped.values(), *media_forms(self.case).values())
        return sorted({s for form in forms for s in form.free_symbols}, key=str)

    @property
    def holds(self) -> tuple[Condition, ...]:
        """Where the forms hold, of a model out of its own code."""
        return holding(self.case.model, self.case.workload)

    def fixed_phase(self, name: str) -> str:
        """What a quantity is of, whatever phase is asked for; nothing where it follows that."""
        whole = symbol("generated_tokens") in self.forms[name].free_symbols
        return "generation" if whole else REGISTRY[name].phase


def media_forms(case: Case) -> dict[sympy.Symbol, sympy.Expr]:
    """What an image or a piece of audio is to the towers of a case that is given some."""
    return {
        made: form
        for tower in case.model.towers
        if tower.medium in case.workload.media
        for made, form in tower.sizes.items()
    }


def closed_forms(
    case: Case,
    phase: str,
    quantities: Sequence[Quantity],
    *,
    symbolic: bool = True,
    growing: Sequence[sympy.Symbol] | None = None,
) -> ClosedForms:
    """The closed forms of quantities, with letters or with the model's integers put in.

    Args:
        case: the model and how it is counted.
        phase: the name of the phase.
        quantities: what is derived.
        symbolic: whether letters are kept.
        growing: terms of lower order in these symbols are left out, or, where it is empty, in
            extents; None keeps all terms.

    Raises:
        ExpressionError: terms are not told apart by their order; see
            :func:`edgesym.algebra.leading.leading`.
    """
    forms, dropped = {}, {}
    for quantity in quantities:
        form = quantity.expression(case)
        if growing is not None:
            try:
                found = leading(form, growing)
            except ExpressionError as error:
                raise ExpressionError(f"--leading: {quantity.name}: {error}") from error
            form = found.kept
            if found.dropped != 0:
                dropped[quantity.name] = found.dropped
        forms[quantity.name] = tidy(form if symbolic else put_in(form, case.model.values))
    return ClosedForms(case, phase, forms, dropped=dropped, growing=tuple(growing or ()))
