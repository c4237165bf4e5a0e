"""An explanation: what a number is made of, down to the graph, and where each input comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy

from edgesym.algebra.tidy import tidy
from edgesym.analysis.explanation.kernel_terms import OVER_KERNELS, kernel_terms, peak_terms
from edgesym.analysis.explanation.part_terms import part_terms
from edgesym.analysis.explanation.provenance import Given, given
from edgesym.analysis.explanation.term import Term
from edgesym.architectures.default import Default
from edgesym.architectures.model import Model
from edgesym.catalogue import Case, Quantity, find_quantity
from edgesym.document.shown import Shown
from edgesym.domain import checked_but
from edgesym.engine.evaluate import evaluate
from edgesym.quantities.registry import REGISTRY, quantities_in
from edgesym.scenario.defaults import defaults_of
from edgesym.scenario.setup import Setup, as_setup
from edgesym.scenario.silent import HELD
from edgesym.symbols import declared, symbol

__all__ = ["Explanation", "Link", "explain"]


@dataclass(frozen=True, slots=True)
class Link:
    """A quantity in the chain from the one asked for to the graph.

    Attributes:
        definition: it in terms of the quantities below it in the chain.
        formula: it in closed form, in symbols alone.
        value: its number, exact where no device figure enters.
        terms: where it comes from the graph, what it is the sum of.
    """

    quantity: Quantity
    definition: sympy.Expr
    formula: sympy.Expr
    value: Any
    terms: tuple[Term, ...] = ()

    @property
    def made_of(self) -> list[str]:
        """Names of the quantities that its definition speaks of."""
        return quantities_in(self.definition)


@dataclass(frozen=True, slots=True, repr=False)
class Explanation(Shown):
    """All that is needed to recompute a number by hand.

    Attributes:
        phase: what is counted: ``prefill``, ``decode`` or ``generation``.
        chain: the quantity, then those that it is made of.
        symbols: the number of every symbol, and who gives it.
        defaults: what was taken for it that nobody gave.
    """

    setup: Setup
    phase: str
    chain: tuple[Link, ...]
    symbols: tuple[Given, ...]
    defaults: tuple[Default, ...] = ()

    @property
    def value(self) -> Any:
        """The number."""
        return self.chain[0].value

    @property
    def sources(self) -> tuple[str, ...]:
        """What the numbers rest on, each once, in the order of the symbols."""
        return tuple(dict.fromkeys(source for row in self.symbols for source in row.sources))


@checked_but("setup")
def explain(setup: Setup | Model | str, name: str) -> Explanation:
    """What a quantity of a setup is made of.

    >>> from edgesym import load
    >>> found = explain(Setup(load("llama-3.2-1b")), "memory_footprint")
    >>> [link.quantity.name for link in found.chain][:3]
    ['memory_footprint', 'weight_storage_bytes', 'kv_cache_bytes']

    Raises:
        UnknownNameError: no such quantity.
        DeviceError, ConfigError: a symbol has no number.
    """
    setup = as_setup(setup, "explain")
    quantity = find_quantity(name)
    case = setup.case(quantity.phase or "decode")
    values = setup.values()
    setup.require(name, quantity.expression(case).free_symbols)
    chain = tuple(_link(each, case, values) for each in _chain(quantity, case))
    used = chain[0].formula.free_symbols.union(*(_letters(link) for link in chain))
    over_all = symbol("generated_tokens") in chain[0].formula.free_symbols
    phase = "generation" if over_all else case.workload.name
    named = used & values.keys()
    is_held = any(link.quantity.name in HELD for link in chain)
    taken = defaults_of(setup, named, is_held=is_held)
    return Explanation(setup, phase, chain, tuple(given(setup, named)), taken)


def _chain(quantity: Quantity, case: Case) -> list[Quantity]:
    """The quantity and those that it is made of, each once, a whole before its parts."""
    found = [quantity]
    for each in found:
        below = [] if each.name in OVER_KERNELS else quantities_in(each.definition(case))
        found += [REGISTRY[name] for name in below if REGISTRY[name] not in found]
    return found


def _link(quantity: Quantity, case: Case, values: dict[sympy.Symbol, Any]) -> Link:
    formula = quantity.expression(case)
    definition = quantity.definition(case)
    composed = quantities_in(definition) and quantity.name not in OVER_KERNELS
    value = evaluate(formula, values)
    if composed:
        return Link(quantity, definition, tidy(formula), value)
    return Link(quantity, tidy(formula), tidy(formula), value, _terms(quantity, case, values))


def _terms(quantity: Quantity, case: Case, values: dict[sympy.Symbol, Any]) -> tuple[Term, ...]:
    """What a quantity that comes from the graph is the sum of; none where it is no sum."""
    if quantity.name in OVER_KERNELS:
        return tuple(kernel_terms(quantity.name, case, values))
    if quantity.name == "activation_bytes":
        return tuple(peak_terms(case, values))
    return tuple(part_terms(quantity, case, values)) if quantity.of_part else ()


def _letters(link: Link) -> set[sympy.Symbol]:
    """The letters that a link shows: of its terms, and of the shapes of what runs there."""
    shown = [form for term in link.terms for form in (term.formula, term.repeat)]
    for term in link.terms:
        operations = () if term.run else term.operations
        tensors = [t for op in operations for t in (*op.inputs, *op.outputs)]
        shown += [extent for tensor in tensors for extent in tensor.shape]
    names = {declared(name) for name in link.made_of}
    return set().union(*(form.free_symbols for form in shown), link.definition.free_symbols - names)
