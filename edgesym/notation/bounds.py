"""How large an expression out of text may be: counted on it, so that a text is refused anywhere.

What a text of 6,000 characters builds may be far larger than the text: a sum to a power within a
sum to a power, products of products, a fraction within a fraction. Every later step (expanding,
proving, printing) takes as much as the expression is large, and some take twice as much for each
level of what is nested; so the reader refuses here what no step after it would come to an end of.
"""

from __future__ import annotations

from typing import NamedTuple

import sympy

from edgesym.notation.errors import NotationError

__all__ = ["DEGREE", "NESTED", "NODES", "Weight", "bounded", "weight"]

#: Symbols, numbers and operations of an expression, repeats counted each time. The closed forms
#: of our own that have 6,000 characters are of 2,736 at most, published equations of some dozens.
NODES = 10_000
#: Fractions of sums, roots, logarithms, roundings, maxima, sums over an index and powers with a
#: symbolic exponent within one another. Ours nest 8 deep at most (the energy of a generation with
#: a sliding window), published equations 2.
NESTED = 12
#: Powers with a symbolic exponent in such an exponent: 2^(2^n) is no number at any n of a model.
TOWER = 1
#: Powers of powers and products of powers, multiplied out: the degree of the whole. Ours have 10.
DEGREE = 64
_ENDLESS = (sympy.zoo, sympy.nan, sympy.oo, -sympy.oo, sympy.I)
_STEPPED = (sympy.Max, sympy.Min, sympy.floor, sympy.ceiling, sympy.Mod)
#: Weights remembered, of the parts of an expression while it is built.
_REMEMBERED = 50_000


class Weight(NamedTuple):
    """What an expression amounts to.

    Attributes:
        nodes: its symbols, numbers and operations, those of repeated parts each time.
        opaque: how many of these are no polynomial of their parts: fractions of sums, maxima.
        stepped: how many of these are maxima, minima and roundings, which no step after the
            reader brings over one denominator.
        nested: how deep what is no polynomial stands in what is none.
        tower: how high exponents with symbols stand on one another.
        degree: the degree as powers nest and multiply.
        finite: whether it holds no infinity and nothing that is not real.
    """

    nodes: int
    opaque: int
    stepped: int
    nested: int
    tower: int
    degree: float
    finite: bool


_seen: dict[sympy.Basic, Weight] = {}


def weight(expression: sympy.Basic) -> Weight:
    """The weight of an expression, each of its parts weighed once.

    >>> x = sympy.Symbol("x")
    >>> weight(1 / (1 + 1 / (1 + x)))
    Weight(nodes=9, opaque=2, stepped=0, nested=2, tower=0, degree=1.0, finite=True)
    """
    found: dict[sympy.Basic, Weight] = {}  # its own: other threads may forget meanwhile
    waiting = [expression]
    while waiting:  # no recursion: text may build deep ones
        node = waiting[-1]
        missing = [part for part in node.args if not _is_known(part, found)]
        if missing and not _is_known(node, found):
            waiting += missing
        else:
            waiting.pop()
            if node not in found:
                found[node] = _weighed(node, [found[part] for part in node.args])
    if len(_seen) > _REMEMBERED:
        _seen.clear()
    _seen.update(found)
    return found[expression]


def _is_known(node: sympy.Basic, found: dict[sympy.Basic, Weight]) -> bool:
    """Whether a weight is found, or was remembered, which makes it found."""
    if node not in found and (there := _seen.get(node)) is not None:
        found[node] = there
    return node in found


def _weighed(node: sympy.Basic, parts: list[Weight]) -> Weight:
    opaque = _is_opaque(node)
    nested = max((part.nested for part in parts), default=0)
    tower = max((part.tower for part in parts), default=0)
    if node.is_Pow and not node.exp.is_number:
        tower = max(tower, 1 + parts[1].tower)
    return Weight(
        1 + sum(part.nodes for part in parts),
        sum(part.opaque for part in parts) + opaque,
        sum(part.stepped for part in parts) + isinstance(node, _STEPPED),
        nested + opaque,
        tower,
        _degree(node, [part.degree for part in parts]),
        node not in _ENDLESS and all(part.finite for part in parts),
    )


def _degree(node: sympy.Basic, parts: list[float]) -> float:
    """The degree, without sympy's questions to towers of powers, which take forever."""
    if node.is_Mul:
        return sum(parts)
    if node.is_Pow and node.exp.is_Rational:
        return parts[0] * abs(float(node.exp))
    return max(parts, default=float(node.is_Symbol))


def _is_opaque(node: sympy.Basic) -> bool:
    """Whether it is no polynomial of its parts, and no quotient of products."""
    if node.is_Pow:
        if not node.exp.is_number:
            return True
        return not (node.exp.is_Integer and node.exp > 0) and not node.base.is_Atom
    return bool(node.args) and not (node.is_Add or node.is_Mul or isinstance(node, sympy.Tuple))


def bounded(
    expression: sympy.Expr,
    nodes: int = NODES,
    nested: int = NESTED,
    opaque: int = NODES,
    stepped: int = NODES,
) -> sympy.Expr:
    """The expression itself, if it is finite, real, and of a size that can be worked with.

    Args:
        nodes: symbols, numbers and operations that it may have.
        nested: how deep what is no polynomial may stand in what is none.
        opaque: how much of that there may be in all, but for maxima, minima and roundings.
        stepped: how many of these there may be.

    Raises:
        NotationError: saying which bound it is beyond, and what to do.
    """
    found = weight(expression)
    remedy = "give a part of it a name of its own"
    if not found.finite:
        raise NotationError("this divides by zero, or is not a real number")
    if found.nodes > nodes:
        raise NotationError(
            f"written out, this is of {found.nodes:,} symbols and operations; {nodes:,} at most: "
            f"{remedy}"
        )
    roots, steps = "fractions of sums, roots and logarithms", "roundings and maxima"
    for number, most, how in (
        (found.nested, nested, f"{roots}, {steps} nest {found.nested:,} deep"),
        (found.opaque - found.stepped, opaque, f"{roots} stand {found.opaque - found.stepped:,}"),
        (found.stepped, stepped, f"{steps} stand {found.stepped:,}"),
    ):
        if number > most:
            raise NotationError(f"{how} here; {most:,} at most: {remedy}")
    if found.degree > DEGREE:
        raise NotationError(f"powers of powers go beyond degree {DEGREE}")
    if found.tower > TOWER:
        raise NotationError(
            "an exponent with symbols within an exponent with symbols is no number of a model: "
            f"{remedy}"
        )
    return expression
