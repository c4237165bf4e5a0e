"""Closed forms of a model, as an answer: what is asked, the forms, and the symbols in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sympy

from edgesym.algebra.substitute import put_in
from edgesym.algebra.tidy import tidy
from edgesym.catalogue import REGISTRY, Case, Quantity
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
    """

    case: Case
    phase: str
    forms: Mapping[str, sympy.Expr]
    prune: str = ""
    weights: str = ""

    @property
    def symbols(self) -> list[sympy.Symbol]:
        """The symbols of all forms, by name."""
        forms = [*self.forms.values(), *media_forms(self.case).values()]
        return sorted({s for form in forms for s in form.free_symbols}, key=str)

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
    case: Case, phase: str, quantities: Sequence[Quantity], *, symbolic: bool = True
) -> ClosedForms:
    """The closed forms of quantities, with letters or with the model's integers put in."""
    forms = {}
    for quantity in quantities:
        form = quantity.expression(case)
        forms[quantity.name] = tidy(form if symbolic else put_in(form, case.model.values))
    return ClosedForms(case, phase, forms)
