"""Formulas over quantities: one of each kind of layer, format or device, and optima.

``parameters[experts]/parameters`` is a ratio of two parts, ``step_time[weights = int8]`` a time
under an assumption of its own, ``argmin(activation_memory, recompute_interval)`` an optimum.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import sympy

from edgesym.catalogue import REGISTRY
from edgesym.claims.optimum import ArgMin, Minimum
from edgesym.claims.words import over_words
from edgesym.errors import ExpressionError, UnknownNameError

__all__ = ["Asked", "Formula", "asked", "is_quantity", "placed"]

#: Quantities that are formulas over others, and so have the parts of those.
_COMPOSED = {
    "memory_footprint": "weight_storage_bytes + kv_cache_bytes + activation_bytes",
    "storage_bytes": "weight_storage_bytes + kv_cache_bytes",
    "arithmetic_intensity": "flops/memory_traffic",
}
_QUALIFIED = re.compile(r"\b([a-z_][a-z_0-9]*)\s*\[([^\[\]]*)\]")
#: Quantities multiplied in a formula: a product of sums is expanded for each set of assumptions.
#: Papers ask for ratios, and for energy times delay.
_MOST_FACTORS = 4
_KEYS = ("part", "phase", "per", "model", "under")
_FUNCTIONS: dict[str, Callable[..., Any]] = {"argmin": ArgMin, "minimum": Minimum}


@dataclass(frozen=True, slots=True)
class Asked:
    """A quantity, and in what it differs from the rest of the formula.

    Attributes:
        name: a row of the registry.
        part: part of the model; that of the claim where empty, as phase and per.
        model: a card to derive it for, with its dimensions put in.
        weights: a recipe of number formats for the weights of that card.
        assumptions: texts of assumptions that hold for it besides.
    """

    name: str
    part: str = ""
    phase: str = ""
    per: str = ""
    model: str = ""
    weights: str = ""
    assumptions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula of quantities, each of them a placeholder in the expression."""

    expression: sympy.Expr
    places: tuple[tuple[sympy.Dummy, Asked], ...]


def is_quantity(name: str) -> bool:
    """Whether a name is that of a quantity, qualified or not.

    >>> is_quantity("flops[phase = decode]"), is_quantity("layers")
    (True, False)
    """
    return name.partition("[")[0].strip() in REGISTRY


@cache
def asked(text: str) -> Asked:
    """A quantity with its qualifiers: a part, and ``key = value`` or assumptions after it.

    >>> asked("flops[attention, phase = decode, kv_heads = 1]")
    Asked(name='flops', part='attention', phase='decode', per='', model='', weights='', \
assumptions=\
('kv_heads = 1',))

    Raises:
        UnknownNameError: no such quantity.
    """
    name, _, inside = text.strip().rstrip("]").partition("[")
    if name.strip() not in REGISTRY:
        raise UnknownNameError("quantity", name.strip(), REGISTRY)
    given: dict[str, str] = {}
    assumptions = []
    for item in filter(None, (piece.strip() for piece in inside.split(","))):
        key, sign, value = (piece.strip() for piece in item.partition("="))
        if not sign and ">" not in item:
            key, value = "part", item
        if key not in _KEYS:
            assumptions.append(item)
        elif key == "under":
            assumptions.append(value)
        elif key in given:
            raise ExpressionError(f"{text!r}: {key} is given twice; keep one")
        else:
            given[key] = value
    chosen = [item for item in assumptions if item.partition("=")[0].strip() == "weights"]
    if chosen and "model" in given:
        assumptions = [item for item in assumptions if item not in chosen]
        given["weights"] = chosen[-1].partition("=")[2].strip()
    return Asked(name.strip(), assumptions=tuple(assumptions), **given)


@cache
def placed(text: str) -> Formula:
    """A formula over quantities and words, the quantities in it as placeholders.

    Raises:
        ExpressionError: it is no such formula; the unknown name is in the text.
    """
    whole = _COMPOSED.get(text.strip(), text)
    found: dict[str, tuple[sympy.Dummy, Asked]] = {}

    def place(wanted: Asked, name: str) -> str:
        if name not in found:
            found[name] = (sympy.Dummy(wanted.name, positive=True), wanted)
        return name

    def qualified(match: re.Match[str]) -> str:
        wanted = asked(match[0])
        same = [name for name, (_, other) in found.items() if other == wanted]
        return same[0] if same else place(wanted, f"quantity_{len(found)}_")

    whole = _QUALIFIED.sub(qualified, whole)
    for name in REGISTRY:
        if re.search(rf"\b{name}\b", whole):
            place(Asked(name), name)
    made = over_words(whole, {name: dummy for name, (dummy, _) in found.items()}, _FUNCTIONS)
    many = _multiplied(made, {dummy for dummy, _ in found.values()})
    if many > _MOST_FACTORS:
        raise ExpressionError(
            f"{text!r} multiplies {many} quantities; {_MOST_FACTORS} at most: write it with lower "
            "powers, as an equation of the quantity itself"
        )
    return Formula(made, tuple(pair for pair in found.values() if pair[0] in made.free_symbols))


def _multiplied(node: sympy.Basic, quantities: set[sympy.Dummy]) -> int:
    """How many quantities are multiplied or divided by in a term, at most."""
    if node in quantities:
        return 1
    parts = [_multiplied(part, quantities) for part in node.args]
    if node.is_Pow and node.exp.is_Integer:
        return parts[0] * abs(int(node.exp))
    return sum(parts) if node.is_Mul else max(parts, default=0)
