"""Closed forms of a model, as an answer: what is asked, the forms, and the symbols in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sympy

from edgesym.algebra.substitute import put_in
from edgesym.algebra.tidy import tidy
from edgesym.architectures.traced.domain import Condition
from edgesym.architectures.traced.plan import holding
from edgesym.catalogue import REGISTRY, Case, Quantity
from edgesym.symbols import symbol

__all__ = ["ClosedForms", "closed_forms"]


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
        return sorted({s for form in self.forms.values() for s in form.free_symbols}, key=str)

    @property
    def holds(self) -> tuple[Condition, ...]:
        """Where the forms hold, of a model out of its own code."""
        return holding(self.case.model, self.case.workload)

    def fixed_phase(self, name: str) -> str:
        """What a quantity is of, whatever phase is asked for; nothing where it follows that."""
        whole = symbol("generated_tokens") in self.forms[name].free_symbols
        return "generation" if whole else REGISTRY[name].phase


def closed_forms(
    case: Case, phase: str, quantities: Sequence[Quantity], *, symbolic: bool = True
) -> ClosedForms:
    """The closed forms of quantities, with letters or with the model's integers put in."""
    forms = {}
    for quantity in quantities:
        form = quantity.expression(case)
        forms[quantity.name] = tidy(form if symbolic else put_in(form, case.model.values))
    return ClosedForms(case, phase, forms)
