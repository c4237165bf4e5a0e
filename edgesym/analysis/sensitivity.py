"""Sensitivity: how a quantity of a setup answers to each symbol that it depends on."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import sympy

from edgesym.algebra.elasticity import Partial, interactions, partials
from edgesym.architectures.model import Model
from edgesym.catalogue import Quantity, find_quantity
from edgesym.document.shown import Shown
from edgesym.domain import checked_but
from edgesym.engine.evaluate import evaluate
from edgesym.errors import ConfigError, EdgesymError, UnknownNameError
from edgesym.frozen import Frozen
from edgesym.numbers import Number
from edgesym.scenario.setup import Setup, as_setup
from edgesym.symbols import TABLE, describe, find

__all__ = ["Sensitivity", "Swing", "sensitivity"]

_SCOPES = tuple(dict.fromkeys(row.scope for row in TABLE.values()))
#: Symbols that second order looks at.
_MOST = 10


@dataclass(frozen=True, slots=True)
class Swing:
    """What becomes of a quantity when one symbol is a fraction smaller, and larger."""

    symbol: sympy.Symbol
    smaller: float
    larger: float


@dataclass(frozen=True, slots=True, repr=False)
class Sensitivity(Shown, Frozen):
    """How a quantity answers to its symbols at a setup.

    Attributes:
        values: the number of every symbol there.
        value: the quantity there, in its unit.
        partials: derivatives and elasticities, the strongest first.
    """

    setup: Setup
    quantity: Quantity
    expression: sympy.Expr
    values: Mapping[sympy.Symbol, Number]
    value: float
    partials: tuple[Partial, ...]

    def interactions(self, most: int = _MOST) -> list[tuple[sympy.Symbol, sympy.Symbol, float]]:
        """d^2 ln Q / (d ln x d ln y) of every two of the strongest symbols, strongest first."""
        strongest = [p.symbol for p in self.partials[:most]]
        return interactions(self.expression, self.values, strongest)

    def swings(self, fraction: float = 0.1) -> Iterator[Swing]:
        """The quantity with each symbol a fraction smaller and larger, all else as it is.

        It is evaluated anew, kinks and steps included.
        """
        for made in (partial.symbol for partial in self.partials):
            ends = (float(self.values[made]) * (1 + side * fraction) for side in (-1, 1))
            numbers = (evaluate(self.expression, {**self.values, made: end}) for end in ends)
            yield Swing(made, *map(float, numbers))


@checked_but("setup")
def sensitivity(
    setup: Setup | Model | str, name: str, with_respect_to: Iterable[str] = ()
) -> Sensitivity:
    """Derivatives and elasticities of a quantity at a setup.

    >>> from edgesym import load
    >>> from edgesym.scenario.run import Run
    >>> found = sensitivity(Setup(load("llama-3.2-1b"), run=Run(batch=2)), "kv_cache_bytes", ["S"])
    >>> [(p.derivative, p.value, p.elasticity) for p in found.partials]
    [(2*B_c*D*K*L*b, 65536.0, 1.0)]

    Args:
        with_respect_to: words or letters of symbols, or who gives them: model, workload,
            format, device, cluster; all that the quantity depends on if none are given.

    Raises:
        UnknownNameError: no such quantity or symbol.
        DeviceError, ConfigError: a symbol has no number or an infinite one, or the quantity
            does not depend on it.
        EdgesymError: the quantity is 0.
    """
    setup = as_setup(setup, "sensitivity")
    quantity, expression, values = find_quantity(name), setup.expression(name), setup.values()
    chosen = _chosen(name, expression, with_respect_to)
    setup.require(name, expression.free_symbols)
    value = float(evaluate(expression, values))
    if value == 0:
        zero = [describe(s).word for s in expression.free_symbols if values[s] == 0]
        because = f": {', '.join(sorted(zero))} is 0; give it a number with --set" if zero else ""
        raise EdgesymError(f"{name} is 0 here, and what is 0 has no elasticities{because}")
    limited = [made for made in chosen if values[made] != math.inf]
    if not limited:
        words = ", ".join(describe(made).word for made in chosen)
        raise ConfigError(f"{words} is infinite here, and nothing limits {name}; set it with --set")
    found = tuple(partials(expression, values, limited))
    return Sensitivity(setup, quantity, expression, values, value, found)


def _chosen(name: str, expression: sympy.Expr, asked: Iterable[str]) -> list[sympy.Symbol]:
    """The symbols of an expression that are meant."""
    present = sorted(expression.free_symbols, key=str)
    by_name = {given: s for s in present for given in (describe(s).word, describe(s).letter)}
    chosen: dict[sympy.Symbol, None] = {}
    for given in asked:
        if given in _SCOPES:
            found = [s for s in present if describe(s).scope == given]
        else:
            found = [by_name[given]] if given in by_name else []
        if not found:
            _refuse(name, given, [describe(s).word for s in present])
        chosen.update(dict.fromkeys(found))
    return list(chosen) or present


def _refuse(name: str, given: str, present: list[str]) -> None:
    """Say why a name stands for no symbol of the quantity."""
    if given not in _SCOPES:
        try:
            find(given.partition(".")[0])
        except UnknownNameError as error:
            known = [*present, *TABLE, *_SCOPES]
            raise UnknownNameError("symbol", given, known) from error
    what = f"a symbol of the {given}" if given in _SCOPES else given
    depends = f"it depends on {', '.join(sorted(present))}" if present else "it is a constant"
    raise ConfigError(f"{name} does not depend on {what}; {depends}")
