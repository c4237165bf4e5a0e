"""Multiplying out part by part gives what sympy gives, and maxima are compared by numbers first."""

from __future__ import annotations

import random

import pytest
import sympy
from sympy.functions.elementary.miscellaneous import MinMaxBase

from edgesym.algebra.expansion import expanded
from edgesym.algebra.once import replaced
from edgesym.symbols import symbol

H, L, S, W = map(symbol, ("hidden", "layers", "context", "window"))
B = symbol("memory_bandwidth")
_LEAVES = (H, L, S, W, B, sympy.Integer(3), sympy.Rational(2, 3))
_POWERS = (2, 3, -1, -2, sympy.Rational(1, 2), sympy.Rational(-3, 2))


def _drawn(draw: random.Random, depth: int) -> sympy.Expr:
    if not depth:
        return draw.choice(_LEAVES)
    one, other = (_drawn(draw, depth - 1) for _ in range(2))
    kinds = (
        lambda: one + other,
        lambda: one - other,
        lambda: one * other,
        lambda: one * (other + 1),
        lambda: one ** draw.choice(_POWERS),
        lambda: draw.choice((sympy.Max, sympy.Min))(one, other),
        lambda: sympy.floor(one),
        lambda: sympy.log(one + 2),
        lambda: (1 - H / B) ** other,
    )
    return draw.choice(kinds)()


@pytest.mark.parametrize("seed", range(8))
def test_random_forms_are_multiplied_out_as_sympy_does(seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311 - reproducible forms, no secret
    tried = 0
    while tried < 40:
        try:
            form = _drawn(draw, draw.randint(1, 4))
        except ValueError:  # a maximum of what is no real number
            continue
        if form.has(sympy.zoo, sympy.nan, sympy.I, sympy.oo):
            continue
        assert expanded(form) == sympy.expand(form)
        tried += 1


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The pairs of arguments that sympy compares."""
    pairs: list[object] = []
    own = MinMaxBase._is_connected.__func__

    def counted(cls: type, x: sympy.Expr, y: sympy.Expr) -> object:
        pairs.append((x, y))
        return own(cls, x, y)

    monkeypatch.setattr(MinMaxBase, "_is_connected", classmethod(counted))
    return pairs


def test_maxima_of_what_is_greater_by_turns_are_not_compared_by_sympy(
    compared: list[object],
) -> None:
    form = sympy.Max(*(H**i * L ** (8 - i) / B for i in range(8)), evaluate=False)
    made = replaced(form, {L: 2 * W})
    assert not compared
    assert made == form.xreplace({L: 2 * W})
    assert compared  # as sympy makes it


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        (sympy.Max, H * S, H * S + 1),
        (sympy.Min, H, H * L + H),
        (sympy.Max, S, sympy.Max(S, W, evaluate=False)),
        (sympy.Min, S, sympy.Max(S, W, evaluate=False)),
        (sympy.Max, sympy.Integer(3), sympy.Integer(5)),
        (sympy.Max, sympy.Integer(0), H),
        (sympy.Min, sympy.Max(S, W, evaluate=False), sympy.Max(S, H, evaluate=False)),
    ],
)
def test_what_is_never_the_greater_is_left_out(
    kind: type, one: sympy.Expr, other: sympy.Expr
) -> None:
    batch = symbol("batch")
    form = kind(one * 1, other.xreplace({H: H}), evaluate=False)
    assert replaced(form, {S: S * batch, H: batch}) == form.xreplace({S: S * batch, H: batch})
