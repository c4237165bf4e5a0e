"""Closed forms as text and as LaTeX."""

import pytest
import sympy

from edgesym.document.latex import latex
from edgesym.document.plain import plain
from edgesym.symbols import symbol

S, W, N, H = (symbol(w) for w in ("context", "window", "chunk", "hidden"))


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (sympy.Max(S, W, evaluate=False), "max(S, W)"),
        (H * sympy.Min(S, W), "H*min(S, W)"),
        (sympy.ceiling(S / N), "ceil(S/N)"),
        (sympy.Mul(2, S + W, evaluate=False), "2*(S + W)"),
    ],
)
def test_plain(expression, text):
    assert plain(expression) == text


def test_latex_names_the_kind_of_a_symbol():
    assert latex(symbol("layers", "sliding_window")) == r"L_{\mathrm{sliding\_window}}"


def test_latex_has_brackets_that_tex_may_break():
    assert r"\left" not in latex(H * (S + W) * sympy.Max(S, W))


def test_factors_may_be_parted_only_where_they_are_many_or_the_column_is_narrow():
    short = H * S * W
    assert "allowbreak" not in latex(short, breakable=True)
    assert "allowbreak" in latex(short, breakable=True, inline=True)
    words = ("layers", "batch", "heads", "kv_heads", "head_dim", "vocab", "experts", "intermediate")
    assert "allowbreak" in latex(sympy.Mul(*map(symbol, words)) * short, breakable=True)
