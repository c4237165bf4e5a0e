"""Formulas kept as text: what they may say, and that nothing else runs."""

from __future__ import annotations

import re
import warnings

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from edgesym.errors import ExpressionError
from edgesym.expression import read
from tests.support import assert_equal_expression, letters

H, I, L = letters("H I L")
NAMES = {
    "n": 7,
    "types": ["full", "sliding"],
    "flag": True,
    "nothing": None,
    "H": H,
    "I": I,
    "L": L,
}

VALUES = [
    ("2 + 3*4", 14),
    ("2048 // 32", 64),
    ("7 % 4", 3),
    ("1 / 4", 0.25),
    ("-n", -7),
    ("2**10", 1024),
    ("2**-1", 0.5),
    ("n if flag else 0", 7),
    ("(n + 1) % 2 == 0", True),
    ("not flag or n > 3", True),
    ("flag and n < 3", False),
    ("nothing is None", True),
    ("n is not None", True),
    ("types[1]", "sliding"),
    ("'full' in types", True),
    ("3 not in [1, 2]", True),
    ("len(types)", 2),
    ("count(types, 'full')", 1),
    ("min(3, n) + max(3, n)", 10),
    ("  n  ", 7),
    ("((((n))))", 7),
]


@pytest.mark.parametrize(("text", "value"), VALUES)
def test_a_formula_has_its_value(text, value):
    found = read(text, NAMES)
    assert found == value
    assert type(found) is type(value)


def test_a_formula_over_symbols_is_an_expression():
    assert_equal_expression(read("L*(6*H**2 + 2*H*I)", NAMES), 6 * L * H**2 + 2 * L * H * I)


def test_capital_letters_are_symbols_and_nothing_of_sympys():
    assert read("I*I", NAMES) == I**2
    assert read("I", NAMES).is_positive
    with pytest.raises(ExpressionError, match="'pi' is not declared"):
        read("pi", NAMES)


REFUSED = [
    ("", "is not a formula"),
    ("2 +", "is not a formula"),
    ("(1", "is not a formula"),
    ("n = 3", "is not a formula"),
    ("import os", "is not a formula"),
    ("n; n", "is not a formula"),
    ("\0", "is not a formula"),
    ("\ud800", "is not a formula"),
    ("__import__('os').system('x')", "not allowed|unknown function"),
    ("__import__('os')", "unknown function '__import__'"),
    ("eval('1')", "unknown function 'eval'"),
    ("open('x')", "unknown function 'open'"),
    ("n.real", "Attribute is not allowed"),
    ("H.func", "Attribute is not allowed"),
    ("().__class__.__bases__", "Attribute is not allowed"),
    ("(lambda: 1)()", "Call is not allowed"),
    ("lambda: 1", "Lambda is not allowed"),
    ("f'{n}'", "JoinedStr is not allowed"),
    ("[i for i in types]", "ListComp is not allowed"),
    ("(i for i in types)", "GeneratorExp is not allowed"),
    ("{1: 2}", "Dict is not allowed"),
    ("{1, 2}", "Set is not allowed"),
    ("(m := 3)", "NamedExpr is not allowed"),
    ("types[0:1]", "Slice is not allowed"),
    ("[*types]", "Starred is not allowed"),
    ("max(*types)", "Starred is not allowed"),
    ("min(1, 2, key=len)", "Call is not allowed"),
    ("n @ n", "BinOp is not allowed"),
    ("n << 99", "BinOp is not allowed"),
    ("~n", "UnaryOp is not allowed"),
    ("1 < n < 9", "Compare is not allowed"),
    ("1j", "Constant is not allowed"),
    ("b'x'", "Constant is not allowed"),
    ("...", "Constant is not allowed"),
    ("await n", "not a formula|not allowed"),
    ("m + 1", "'m' is not declared"),
    ("typs", "'typs' is not declared; nearest: types"),
    ("10**10**10", "power 10000000000 is higher than 64"),
    ("2**-65", "power -65 is higher than 64"),
    ("n / 0", "division by zero"),
    ("n // 0", "division by zero"),
    ("0**-1", "division by zero"),
    ("(10.0**64)**64", "cannot be computed"),
    ("types[9]", "cannot be computed"),
    ("'a' + 1", "cannot combine"),
    ("n[0]", "cannot be computed"),
    ("((7**64)**64)**40", "more than 4096 bits"),
    ("'a' * 10**8", "cannot combine"),
    ("types * 10**8", "cannot combine"),
    ("'%99999999d' % 1", "cannot combine"),
    ("2**(H - H + 10**8)", "higher than 64"),
    ("H / 0", "division by zero"),
    ("min()", "cannot be computed"),
    ("len(n)", "cannot be computed"),
    ("1 if H > I else 2", "cannot be computed"),
    ("1 + " * 600 + "1", "formula of 2401 characters; 2000 at most"),
    ("(" * 10_000 + "1" + ")" * 10_000, "characters; 2000 at most"),
    ("(" * 900 + "1" + ")" * 900, "not a formula|nested deeper"),
    ("-" * 900 + "1", "not a formula|nested deeper"),
    ("1 + (" * 99 + "1" + ")" * 99, "nested deeper than 60"),
]


@pytest.mark.parametrize(
    ("text", "message"), REFUSED, ids=lambda v: v[:30].encode("unicode_escape")
)
def test_what_is_no_formula_is_refused(text, message):
    with pytest.raises(ExpressionError, match=message):
        read(text, NAMES)


def test_nothing_of_the_text_is_ever_run(tmp_path):
    made = tmp_path / "made"
    call = f"__import__('pathlib').Path({str(made)!r}).touch()"
    for text in (call, f"[{call}]", f"n if {call} else 2", f"max(1, {call})", f"{{{call}}}"):
        with pytest.raises(ExpressionError):
            read(text, NAMES)
    assert not made.exists()


TOKENS = re.findall(
    r"\S+",
    "n H types len( max( ( ) [ ] 'a' 2 1.5 , if else + - * / // % ** == < . : lambda \\ { } "
    "not in is or f' \" = := for None True \xe9 _",
)


@given(st.one_of(st.text(max_size=40), st.lists(st.sampled_from(TOKENS)).map(" ".join)))
def test_any_text_is_a_value_or_an_error_of_ours(text):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        try:
            found = read(text, NAMES)
        except ExpressionError:
            return
    assert isinstance(found, int | float | complex | str | list | None | sympy.Basic)


def test_functions_of_others_are_handed_no_text():
    """sympy.Max would evaluate it as Python."""
    with pytest.raises(ExpressionError, match="max takes numbers and symbols"):
        read("max(\"__import__('os')\", 1)", {}, {"max": sympy.Max})
