"""Simplification as an ordered list of named rewrites.

A closed form is brought to the shape in which a person recognises its terms: one
bracket per count of layers, what is common to its terms in front of it, and inside it
one term per part of the model: ``L*b*(4*A*D*S + 6*H*I + ...)``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache, reduce

import sympy

from edgesym.symbols import describe

__all__ = ["REWRITES", "multiply_out", "tidy"]

#: Above so many terms a sum is not searched for factors: it takes longer than the formula.
_MOST_TERMS = 50

Rewrite = Callable[[sympy.Expr], sympy.Expr]


def expand(expression: sympy.Expr) -> sympy.Expr:
    """A sum of products."""
    return sympy.expand(expression, power_base=False, power_exp=False)


def collect_formats(expression: sympy.Expr) -> sympy.Expr:
    """One bracket per number format: bytes of weights, of activations, of the cache."""
    groups = _grouped(expression, "_bytes_per_element")
    if len(groups) == 1:
        return collect_layers(expression)
    return sympy.Add(*(factor_common(collect_layers(group)) for group in groups))


def collect_layers(expression: sympy.Expr) -> sympy.Expr:
    """One bracket per symbol that counts layers, and what is left outside of all."""
    groups = _grouped(expression, "layers")
    if len(groups) == 1:
        return expression
    return sympy.Add(*(factor_difference(group) for group in groups))


def factor_difference(expression: sympy.Expr) -> sympy.Expr:
    """A sum with negative terms as the product that was multiplied out; of others, what is common.

    >>> from edgesym.symbols import symbol
    >>> H, D, T_g = symbol("hidden"), symbol("head_dim"), symbol("generated_tokens")
    >>> factor_difference(2 * H * T_g + D * T_g - 2 * H - D)
    (D + 2*H)*(T_g - 1)
    """
    terms = sympy.Add.make_args(expression)
    negative = any(term.as_coeff_Mul()[0].is_negative for term in terms)
    if negative and len(terms) <= _MOST_TERMS:
        return sympy.factor(expression)
    return factor_common(expression)


def factor_common(expression: sympy.Expr) -> sympy.Expr:
    """What all terms of a sum have in common, put in front of it.

    >>> from edgesym.symbols import symbol
    >>> H, I, L = symbol("hidden"), symbol("intermediate"), symbol("layers")
    >>> factor_common(4 * L * H**2 + 6 * L * H * I)
    2*H*L*(2*H + 3*I)
    """
    terms = sympy.Add.make_args(expression)
    if len(terms) < 2:
        return expression
    split = [term.as_coeff_Mul() for term in terms]
    number = reduce(sympy.gcd, (coefficient for coefficient, _ in split))
    if all(coefficient.is_negative for coefficient, _ in split):
        number = -number
    powers = [rest.as_powers_dict() for _, rest in split]
    shared = [
        base ** min(p[base] for p in powers)
        for base in powers[0]
        if all(base in p and p[base].is_Integer for p in powers)
    ]
    common = sympy.Mul(number, *shared)
    if common == 1:
        return expression
    inner = sympy.Add(*(term / common for term in terms))
    # sympy multiplies a bare number into a sum; what cannot be factored visibly stays as it is.
    return sympy.Mul(common, inner, evaluate=not common.is_number)


#: The rewrites, in the order they are applied.
REWRITES: tuple[tuple[str, Rewrite], ...] = (
    ("expand to a sum of products", expand),
    ("collect by format, and in it by counts of layers", collect_formats),
    ("put common factors in front", factor_common),
)


@lru_cache(maxsize=4096)
def tidy(expression: sympy.Expr) -> sympy.Expr:
    """The closed form as a person would write it; equal to ``expression`` everywhere.

    Maxima, minima, remainders and powers with a symbolic exponent are left as they
    are inside; a sum of maxima (a time) keeps each of them.
    """
    if expression.has(sympy.Max):
        return _tidy_maxima(expression)
    above, below = _fraction(expression)
    if below != 1:
        return tidy(above) / tidy(below)
    hidden, names = _hide(expression)
    for _, rewrite in REWRITES:
        hidden = rewrite(hidden)
    return hidden.xreplace(names)


def multiply_out(expression: sympy.Expr) -> sympy.Expr:
    """A sum of products; maxima, minima, roundings and remainders are factors as they stand.

    >>> from edgesym.symbols import symbol
    >>> S, W, H = symbol("context"), symbol("window"), symbol("hidden")
    >>> multiply_out(H * (sympy.Min(S, W) + 2) - 2 * H)
    H*Min(S, W)
    """
    names: dict[sympy.Basic, sympy.Basic] = {}

    def visit(node: sympy.Basic) -> sympy.Basic:
        if isinstance(node, _STEPPED) or (node.is_Add and any(map(_is_power, _factors(node)))):
            return names.setdefault(node, sympy.Dummy(positive=True))
        return node.func(*map(visit, node.args)) if node.args else node

    flat = expand(visit(expression))
    return flat.xreplace({name: node for node, name in names.items()})


def _fraction(expression: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr]:
    """Numerator and denominator of a product, sums left as they are."""
    below = [
        factor
        for factor in sympy.Mul.make_args(expression)
        if isinstance(factor, sympy.Pow) and factor.exp.is_negative
    ]
    return expression * sympy.Mul(*(1 / f for f in below)), sympy.Mul(*(1 / f for f in below))


def _grouped(expression: sympy.Expr, word: str) -> list[sympy.Expr]:
    """The terms of a sum, by the first of the symbols called ``word`` that they contain."""
    groups: dict[str, list[sympy.Expr]] = {}
    for term in sympy.Add.make_args(expression):
        found = [str(s) for s in term.free_symbols if _is_called(s, word)]
        groups.setdefault(min(found, default=""), []).append(term)
    return [sympy.Add(*terms) for terms in groups.values()]


def _is_called(made: sympy.Basic, word: str) -> bool:
    if isinstance(made, sympy.Dummy) or not isinstance(made, sympy.Symbol):
        return False
    return describe(made).word.partition(".")[0].endswith(word)


_STEPPED = (sympy.Max, sympy.Min, sympy.Mod, sympy.floor, sympy.ceiling)


def _is_opaque(node: sympy.Basic) -> bool:
    """Whether a sub-expression is no polynomial and is best left as it stands.

    A sum with such a term (1 - (1 - k/E)^n, the place of a token in its chunk) stays whole.
    """
    if isinstance(node, sympy.Add):
        return any(_is_opaque(f) for f in _factors(node) if not isinstance(f, sympy.Add))
    return isinstance(node, _STEPPED) or _is_power(node)


def _factors(sum_: sympy.Basic) -> Iterator[sympy.Basic]:
    """The factors of the terms of a sum."""
    for term in sympy.Add.make_args(sum_):
        yield from sympy.Mul.make_args(term)


def _is_power(node: sympy.Basic) -> bool:
    """Whether a symbol is in the exponent."""
    return isinstance(node, sympy.Pow) and not node.exp.is_number


def _hide(expression: sympy.Expr) -> tuple[sympy.Expr, dict[sympy.Basic, sympy.Basic]]:
    """The expression with its opaque parts replaced by names, and the way back."""
    names: dict[sympy.Basic, sympy.Basic] = {}

    def visit(node: sympy.Basic, inside: bool) -> sympy.Basic:
        if not node.args:
            return node
        if _is_opaque(node) and (inside or not isinstance(node, sympy.Add)):
            content, rest = node.primitive() if isinstance(node, sympy.Add) else (1, node)
            return content * names.setdefault(rest, sympy.Dummy(positive=True))
        return node.func(*(visit(a, isinstance(node, sympy.Mul) or inside) for a in node.args))

    hidden = visit(expression, False)
    return hidden, {name: node for node, name in names.items()}


def _tidy_maxima(expression: sympy.Expr) -> sympy.Expr:
    """A sum of maxima with the arguments of each tidied, equal ones counted together."""
    if isinstance(expression, sympy.Max):
        return sympy.Max(*(tidy(a) for a in expression.args), evaluate=False)
    if isinstance(expression, sympy.Add | sympy.Mul):
        return expression.func(*(tidy(a) for a in expression.args))
    return expression
