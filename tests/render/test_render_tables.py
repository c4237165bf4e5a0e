"""Tables and printers."""

import csv
import io

import pytest
import sympy
from edgesym.render.tables import render_table

from edgesym.errors import UnknownNameError
from edgesym.render.latex import latex
from edgesym.render.text import plain
from edgesym.symbols import symbol

S, W, N, H = (symbol(w) for w in ("context", "window", "chunk", "hidden"))


def test_csv_reads_back():
    rows = [["a,b", "1"], ['say "x"', "2"]]
    text = render_table(["part", "n"], rows, "csv")
    assert list(csv.reader(io.StringIO(text)))[1:] == rows


def test_markdown_escapes_bars():
    assert r"a\|b" in render_table(["x"], [["a|b"]], "markdown")


def test_numbers_stand_right_and_formulas_left():
    rows = [["a", "2*H*L", "-1,024", "3.4 +- 0.2 s"], ["b", "2*H", "+2 MiB", ""]]
    _, rule, *_ = render_table(["part", "formula", "n", "time"], rows, "markdown").splitlines()
    assert rule == "|-|-|-:|-:|"


def test_unknown_format_is_named():
    with pytest.raises(UnknownNameError, match="html"):
        render_table(["x"], [["1"]], "html")


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
