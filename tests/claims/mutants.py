"""Wrong equations made of right ones: one number, symbol, exponent, sign or term changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import sympy

from edgesym.claims.assumptions import assume, vocabulary
from edgesym.claims.claim import Claim
from edgesym.claims.equation import read_claim
from edgesym.claims.library import claims_of, papers

EXACT = ("exact", "exact under assumptions")


def exact_claims():
    """The claims of the library that hold, bare numbers left out."""
    return [
        claim
        for paper in papers()
        for claim in claims_of(paper)
        if claim.expected in EXACT and read_claim(claim).bound.free_symbols
    ]


def mutants(claim: Claim) -> Iterator[tuple[str, Claim]]:
    """Kind of change -> the claim with it; those that say the same as the claim are left out."""
    equation = read_claim(claim)
    stated = tuple(assume(text) for text in claim.assumptions)
    right = equation.under(claim.subject, stated)
    seen = {equation.printed}
    for kind, printed in changed(equation.printed):
        if printed in seen or printed == 0:
            continue
        seen.add(printed)
        made = equation.rebound(printed).under(claim.subject, stated)
        if (
            not printed.free_symbols
            or made.has(sympy.zoo, sympy.nan)
            or sympy.expand(made - right) == 0
        ):
            continue
        text = sympy.sstr(printed, order="none")
        yield kind, replace(claim, text=text, notation="plain", numbers=(), id=f"{claim.id}~{text}")


def with_opposites(claim: Claim) -> Claim:
    """The claim with all said that keeps the search from other models and ways of counting."""
    stated = [assume(text) for text in claim.assumptions]
    more = [
        a.name
        for a in vocabulary().values()
        if _is_opposite(a) and not any(a.contradicts(s) for s in stated)
    ]
    return replace(claim, assumptions=(*claim.assumptions, *more))


def _is_opposite(assumption) -> bool:
    """Whether it changes nothing but what the search may assume."""
    effects = ("option", "convention", "training", "substitute", "without", "times", "replace")
    changes = any(getattr(assumption, name) for name in (*effects, "factor", "per"))
    return not changes and assumption.name != "own elementwise"


def changed(node: sympy.Expr) -> Iterator[tuple[str, sympy.Expr]]:
    """An expression with one thing changed, anywhere in it."""
    others = sorted(node.free_symbols, key=str)
    yield from _within(node, others)


def _within(node: sympy.Expr, others: list[sympy.Symbol]) -> Iterator[tuple[str, sympy.Expr]]:
    if node.is_Add:
        for index, term in enumerate(node.args):
            rest = sympy.Add(*node.args[:index], *node.args[index + 1 :])
            yield "term left out", rest
            yield "sign", rest - term
            for kind, made in _within(term, others):
                yield kind, rest + made
        return
    number, rest = node.as_coeff_Mul()
    for wrong in (2 * number, number / 2, number + 1, 3 * number):
        yield "number", wrong * rest
    factors = sympy.Mul.make_args(rest) if rest != 1 else ()
    for index, factor in enumerate(factors):
        left = number * sympy.Mul(*factors[:index], *factors[index + 1 :])
        base, power = factor.as_base_exp()
        if base.is_Symbol:
            yield "symbol left out", left * base ** (power - 1)
            yield "exponent", left * base ** (power + 1)
            for other in others:
                if other != base:
                    yield "symbol", left * base ** (power - 1) * other
        elif factor.is_Add:
            for kind, made in _within(factor, others):
                yield kind, left * made
        elif base.is_Add and power == -1:
            for kind, made in _within(base, others):
                yield kind, left / made
