"""Closed forms as text and as LaTeX."""

import pytest
import sympy

from edgesym.document.breaking import broken, width_of
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


def test_factors_are_never_parted():
    """Lines end at sums alone, in columns and in long products too."""
    words = ("layers", "batch", "heads", "kv_heads", "head_dim", "vocab", "experts", "intermediate")
    product = sympy.Mul(*map(symbol, words)) * H * S * W
    for inline in (False, True):
        assert "allowbreak" not in latex(product, inline=inline)
    formula = latex(product + 2 * product * H)
    assert all(line.lstrip("+ ") in formula for line in broken(formula, 10, 10))
    assert len(broken(formula, 10, 10)) == 2
    assert len(broken(formula, 1000, 1000)) == 1


def test_estimated_widths_are_those_of_tex():
    """Set with pdflatex and Latin Modern at 10 points: display style, in points."""
    measured = {
        r"2 D K L X_{1} b (B_a + B_c)": 90.72,
        r"\frac{H (2 B_a b + B_w)}{U_m W_m}": 67.30,
    }
    for formula, points in measured.items():
        assert points <= width_of(formula) + 0.05 <= 1.06 * points
