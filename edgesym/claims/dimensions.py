"""Units and degrees of a claim, compared before anything else."""

from __future__ import annotations

from collections.abc import Iterable

import sympy

from edgesym.algebra.polynomial import monomials, terms_at_most
from edgesym.symbols import describe, symbol

__all__ = ["compare_degrees", "compare_units", "forced"]

_MOST = 2_000
#: Units of counts: a formula that counts FLOPs has no symbol with a unit.
_PURE = ("1", "tokens", "sequences", "FLOP")

Unit = tuple[tuple[str, int], ...]


def compare_units(theirs: sympy.Expr, ours: sympy.Expr) -> list[str]:
    """What is wrong with the units of a claim, a sentence each; nothing if they fit.

    >>> from edgesym.symbols import symbol
    >>> H, B = symbol("hidden"), symbol("bytes_per_element")
    >>> compare_units(2 * H, 2 * H * B)
    ['units: the claim counts elements, the quantity is in bytes: a factor of bytes per element is \
missing']
    """
    if max(terms_at_most(theirs), terms_at_most(ours)) > _MOST:
        return []
    claimed, derived = _units(theirs), _units(ours)
    said = []
    if len(claimed) > 1 and len(derived) == 1:
        said.append(f"units: the claim adds terms in {_listed(claimed)}")
    if claimed and derived and not claimed & derived:
        if claimed == {()} and derived == {(("B", 1),)}:
            said.append(
                "units: the claim counts elements, the quantity is in bytes: a factor of bytes "
                "per element is missing"
            )
        elif claimed == {(("B", 1),)} and derived == {()}:
            said.append("units: the claim is in bytes, the quantity is not")
        else:
            said.append(f"units: the claim is in {_listed(claimed)}, ours in {_listed(derived)}")
    return said


def _units(expression: sympy.Expr) -> set[Unit]:
    """The units of the terms of an expression, as powers of base units."""
    return {_unit(monomial) for monomial in monomials(expression)}


def _unit(term: sympy.Expr) -> Unit:
    """The unit of a product; of a power of a sum, by the first of its terms."""
    powers: dict[str, int] = {}
    for base, power in term.as_powers_dict().items():
        if not power.is_Integer or isinstance(base, sympy.Dummy):
            continue
        if base.is_Symbol:
            places = _base_units(describe(base).unit)
        elif base.is_Add or isinstance(base, sympy.Max | sympy.Min):
            places = dict(_unit(base.args[0]))
        else:
            continue
        for name, times in places.items():
            powers[name] = powers.get(name, 0) + times * int(power)
    return tuple(sorted((name, p) for name, p in powers.items() if p))


def _base_units(unit: str) -> dict[str, int]:
    """The powers of the base units of ``B/s`` and the like."""
    places = enumerate(unit.split("/"))
    return {name: -1 if place else 1 for place, name in places if name not in _PURE}


def _listed(units: Iterable[Unit]) -> str:
    def name(unit: Unit) -> str:
        return " ".join(n if p == 1 else f"{n}^{p}" for n, p in unit) or "pure numbers"

    return " and ".join(sorted(name(unit) for unit in units))


def compare_degrees(theirs: sympy.Expr, ours: sympy.Expr) -> list[str]:
    """Symbols in which the claim grows otherwise than the quantity does.

    >>> from edgesym.symbols import symbol
    >>> H, L = symbol("hidden"), symbol("layers")
    >>> compare_degrees(12 * H**2, 12 * H**2 * L)
    ['degree: the claim has no layers (L), the quantity grows as L']
    """
    if max(terms_at_most(theirs), terms_at_most(ours)) > _MOST:
        return []
    claimed, derived = _degrees(theirs), _degrees(ours)
    said = []
    hidden = _inside(theirs) | _inside(ours)
    for s in sorted(claimed.keys() | derived.keys(), key=str):
        have, want = claimed.get(s, 0), derived.get(s, 0)
        if have == want or s in hidden:
            continue
        word = describe(s).word.replace("_", " ")
        if s not in theirs.free_symbols:
            said.append(f"degree: the claim has no {word} ({s}), the quantity grows as {s**want}")
        elif s not in ours.free_symbols:
            said.append(f"degree: the claim grows as {s**have}, the quantity has no {word} ({s})")
        else:
            said.append(
                f"degree: in {word} the claim grows as {s**have}, the quantity as {s**want}"
            )
    return said


def _inside(expression: sympy.Expr) -> set[sympy.Symbol]:
    """Symbols within maxima, roots and the like, where no power says how they grow."""
    found: set[sympy.Symbol] = set()
    for monomial in monomials(expression):
        for base, power in monomial.as_powers_dict().items():
            if not (base.is_Symbol and power.is_Integer):
                found |= base.free_symbols | power.free_symbols
    return found


def _degrees(expression: sympy.Expr) -> dict[sympy.Symbol, int]:
    """The highest power of each symbol over the terms."""
    found: dict[sympy.Symbol, int] = {}
    for monomial in monomials(expression):
        for base, power in monomial.as_powers_dict().items():
            if base.is_Symbol and not isinstance(base, sympy.Dummy) and power.is_Integer:
                found[base] = max(found.get(base, int(power)), int(power))
    return found


def forced(theirs: sympy.Expr, ours: sympy.Expr) -> list[str]:
    """Substitutions that the letters of a claim ask for: what it has no letter for.

    >>> from edgesym.symbols import symbol
    >>> H, A, K, D = (symbol(w) for w in ("hidden", "heads", "kv_heads", "head_dim"))
    >>> forced(4 * H**2, 2 * A * D * H + 2 * D * H * K)
    ['kv_heads = heads', 'head_dim = hidden/heads']
    """
    used, needed = theirs.free_symbols, ours.free_symbols
    rules = {
        "kv_heads": "kv_heads = heads",
        "head_dim": "head_dim = hidden/heads",
        "intermediate": "intermediate = 4*hidden",
        "batch": "batch = 1",
    }
    return [
        name for word, name in rules.items() if symbol(word) in needed and symbol(word) not in used
    ]
