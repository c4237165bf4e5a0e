"""The unit of what a claim speaks of, also of a formula over quantities and words."""

from __future__ import annotations

from collections.abc import Mapping

import sympy

from edgesym.catalogue import REGISTRY
from edgesym.claims.asked import placed
from edgesym.claims.derive import Subject
from edgesym.claims.optimum import ArgMin
from edgesym.claims.printed import Unit, unit_powers, written
from edgesym.errors import ConfigError
from edgesym.symbols import describe, in_table

__all__ = ["unit_of"]


def unit_of(subject: Subject, *, elements: bool = False) -> Unit:
    """The powers of base units of a quantity or formula; what it is per changes nothing.

    >>> unit_of(Subject("kv_cache_bytes/(network_bandwidth*network_utilisation)"))
    (('s', 1),)
    >>> unit_of(Subject("heads/kv_heads")), unit_of(Subject("flops/step_time"))
    ((), (('FLOP', 1), ('s', -1)))

    Args:
        subject: what the claim speaks of.
        elements: whether bytes are counted at one each.

    Raises:
        ConfigError: it adds amounts of different units.
    """
    formula = placed(subject.quantity)
    if subject.quantity in REGISTRY:  # memory_footprint is one, though it is a sum of parts
        powers = dict(unit_powers(REGISTRY[subject.quantity].unit))
    else:
        units = {place: REGISTRY[wanted.name].unit for place, wanted in formula.places}
        powers = _powers(formula.expression, units, subject.quantity)
    if elements or subject.unit == "elements":
        powers.pop("B", None)
    return tuple(sorted((name, p) for name, p in powers.items() if p))


def _powers(node: sympy.Expr, units: Mapping[sympy.Dummy, str], text: str) -> dict[str, int]:
    if node in units:
        return dict(unit_powers(units[node]))
    if node.is_Symbol:
        return dict(unit_powers(describe(node).unit)) if in_table(node) else {}
    if node.is_Pow and node.exp.is_Rational:
        inner = _powers(node.base, units, text)
        return {name: p * node.exp for name, p in inner.items()}
    if isinstance(node, ArgMin):
        return _powers(node.args[1], units, text)
    if not node.args:
        return {}
    found = [_powers(argument, units, text) for argument in node.args]
    if node.is_Mul:
        powers: dict[str, int] = {}
        for factor in found:
            for name, power in factor.items():
                powers[name] = powers.get(name, 0) + power
        return {name: p for name, p in powers.items() if p}
    kinds = {tuple(sorted(one.items())) for one in found}
    if node.is_Add and len(kinds) > 1:
        listed = " and ".join(sorted(written(kind) for kind in kinds))
        raise ConfigError(f"quantity = {text!r} adds {listed}; a number of it has no unit")
    return found[0]
