"""Roundings of quotients of whole numbers in one form: floors, of as little as can be."""

from __future__ import annotations

import sympy

from edgesym.algebra.once import remade

__all__ = ["ROUNDINGS", "as_floors"]

ROUNDINGS = (sympy.floor, sympy.ceiling, sympy.Mod)


def as_floors(expression: sympy.Expr) -> sympy.Expr:
    """An expression with each ceiling and remainder as a floor, whole parts taken out of it.

    Of whole numbers n and d > 0: ceil(n/d) = floor((n - 1)/d) + 1, n mod d = n - d floor(n/d),
    floor(n/d + m) = floor(n/d) + m. Source: Graham, Knuth and Patashnik 1994, Concrete
    Mathematics, section 3.1.

    >>> from edgesym.symbols import symbol
    >>> T, N = symbol("new_tokens"), symbol("ssm_chunk")
    >>> as_floors(sympy.ceiling(T / N) - (T + N - 1) // N)
    0
    """
    if not expression.has(*ROUNDINGS):
        return expression
    known: dict[sympy.Basic, sympy.Basic] = {}

    def made(node: sympy.Basic) -> sympy.Basic:
        if not node.has(*ROUNDINGS):
            return node
        if node not in known:
            args = [made(argument) for argument in node.args]
            known[node] = _made(node, args)
        return known[node]

    return made(expression)


def _made(node: sympy.Basic, args: list[sympy.Expr]) -> sympy.Expr:
    if isinstance(node, sympy.Mod):
        return args[0] - args[1] * _floor(args[0] / args[1])
    if isinstance(node, sympy.floor):
        return _floor(args[0])
    if isinstance(node, sympy.ceiling):
        above, below = sympy.fraction(sympy.together(args[0]))
        if above.is_integer and below.is_integer and below.is_positive:
            return _floor((above - 1) / below) + 1
        return -_floor(-args[0])
    return remade(node, args)


def _floor(quotient: sympy.Expr) -> sympy.Expr:
    above, below = sympy.fraction(sympy.together(quotient))
    if not (above.is_integer and below.is_integer and below.is_positive):
        return sympy.floor(quotient)
    above = sympy.expand(above)
    within = [t for t in sympy.Add.make_args(above) if isinstance(t, sympy.floor)]
    if len(within) == 1:  # floor((floor(x) + m)/d) = floor((x + m)/d)
        return _floor((above - within[0] + within[0].args[0]) / below)
    whole, rest = sympy.S.Zero, sympy.S.Zero
    for term in sympy.Add.make_args(above):
        amount, monomial = term.as_coeff_Mul()
        if below.is_Integer and amount.is_Integer:
            whole += amount // below * monomial
            rest += amount % below * monomial
        elif (exact := sympy.cancel(term / below)).is_integer:
            whole += exact
        else:
            rest += term
    return whole + sympy.floor(rest / below)
