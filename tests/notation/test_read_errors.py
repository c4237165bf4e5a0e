"""Bad equations: one clear error each, in bounded time."""

from __future__ import annotations

import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgesym.errors import EdgesymError
from edgesym.notation import NotationError, read_equation
from tests.fuzz.doors.texts import EQUATION, EQUATIONS, FRAGMENTS
from tests.fuzz.doors.texts import LETTERS as NAMES


def attempt(text, names, notation="latex"):
    """Whether a text reads; an error of another kind goes through."""
    try:
        read_equation(text, names, notation)
    except NotationError:
        return False
    return True


CASES = [
    (r"2 n_{layer} d_{embd}", "n_layer d_model", "'d_embd' is not declared; nearest: d_model"),
    ("2 LHX", "L H", "'X' is not declared; declared: H, L"),
    ("2 hidden", "h", "'hidden' is not declared"),
    (r"\min(\text{Peak}, a)", "a", "'Peak' is not declared"),
    ("2T a", "a", "'T' is not declared"),
    ("2*(a+b", "a b", r"'\(' is never closed"),
    ("2*a)", "a", "closes what"),
    (r"\frac{1}{2", "", "'{' is never closed"),
    (r"\text{never", "", "never closed"),
    ("(a+b]", "a b", "closes what"),
    ("a", "a a", "'a' is declared twice"),
    ("a", r"d_{model} d_model", "declared twice, first as"),
    ("a", "__import__('os')", "not a name"),
    ("a", "max", "not a name"),
    ("__import__('os').system('true')", "a", "braces"),
    ("().__class__", "a", "belongs in braces"),
    (r"\input{/etc/passwd}", "a", r"command \\input is not understood"),
    ("a" * 1_000_000, "a", "1000000 characters"),
    ("(" * 1_000 + "a" + ")" * 1_000, "a", "nested deeper"),
    ("{" * 20_000, "a", "20000 characters"),
    ("1/0", "", "divides by zero"),
    (r"\frac{a}{b - b}", "a b", "divides by zero"),
    ("10^{10^{10}}", "", "too high"),
    ("a^{1000}", "a", "higher than 64"),
    ("(((a^9+1)^9+1)^9+1)", "a", "degree 64"),
    ("a^b^c", "a b c", "power of a power"),
    ("10^25", "", r"write \^\{25\}"),
    ("2 3", "", "side by side"),
    (r"\sum_i i", "", "index and bounds"),
    (r"\sum_{a=1}^{3} a", "a", "declared already"),
    (r"(\sum_{i=1}^{3} i) + i", "", "outside its sum"),
    (r"\sum_{i=1}^{3} 2 i_ a", "a", "'i_a' is not declared"),
    (r"\prod_{i=1}^{n} i", "n", "needs numbers as bounds"),
    (r"\prod_{i=1}^{99} i", "", "at most 64 apart"),
    ("2 |V| h", "h", r"'\|V\|' is not declared"),
    ("P(x | y)", "P x y", r"'\|' is not understood"),
    (r"\begin{pmatrix} a & b \end{pmatrix}", "a b", "'pmatrix' is not read"),
    ("a =", "a", "nothing stands"),
    ("", "", "nothing stands"),
    ("a, b", "a b", "several expressions"),
    ("(-2)^{1/2}", "", "negative number"),
]


@pytest.mark.parametrize(("text", "names", "message"), CASES, ids=lambda value: str(value)[:24])
def test_bad_equations_say_what_and_where(text, names, message):
    start = time.perf_counter()
    with pytest.raises(NotationError, match=message):
        read_equation(text, names.split())
    assert time.perf_counter() - start < 1


def test_an_error_points_at_the_token():
    with pytest.raises(NotationError) as caught:
        read_equation(r"2 n_{layer} d_{embd} + 1", ["n_layer"])
    error = caught.value
    assert (error.position, error.token, error.undeclared) == (12, "d_{embd}", "d_embd")
    assert ">>d_{embd}<<" in str(error)


@pytest.mark.parametrize(
    "power", ["Sum(2*i_*3, (i, 1, 9))", "10**10**10", "9**9**9**9", "2**(2**(2**(2**9)))"]
)
def test_plain_text_is_bounded_too(power):
    with pytest.raises(NotationError):
        read_equation(power, [], "plain")


def test_the_notation_and_the_text_are_checked():
    with pytest.raises(NotationError, match="'mathml' is unknown"):
        read_equation("a", ["a"], "mathml")
    with pytest.raises(NotationError, match="not bytes"):
        read_equation(b"a", ["a"])
    with pytest.raises(EdgesymError):
        read_equation("a", [3])


@given(st.text(max_size=80), st.sampled_from(("latex", "plain")))
def test_any_text_reads_or_is_an_error(text, notation):
    attempt(text, NAMES, notation)


@given(st.lists(st.sampled_from((*EQUATIONS, *FRAGMENTS)), max_size=12), st.booleans())
def test_any_pieces_read_or_are_an_error(parts, latex):
    attempt("".join(parts), NAMES, "latex" if latex else "plain")


_TREES = st.recursive(
    st.sampled_from(("L", "H", "s", "2", "0.5", "1/3", "(L-H)", "1e30")),
    lambda inner: st.one_of(
        st.builds("({}+{})".format, inner, inner),
        st.builds("({}*{})/({})".format, inner, inner, inner),
        st.builds("({})**({})".format, inner, inner),
        st.builds("max({},{})".format, inner, inner),
        st.builds("ceil({})".format, inner),
        st.builds("log({})".format, inner),
        st.builds("({})**2+{}".format, inner, inner),
    ),
    max_leaves=24,
)


@given(_TREES)
def test_nested_expressions_take_bounded_time(text):
    start = time.perf_counter()
    attempt(text, NAMES, "plain")
    assert time.perf_counter() - start < 3


def test_mutated_equations_read_or_are_an_error_and_run_no_code():
    seen, watching = set(), False
    sys.addaudithook(lambda event, _: watching and seen.add(event))
    for text in EQUATIONS:
        attempt(text, NAMES)
    watching = True
    read = sum(attempt(*EQUATION.given("no code", number)) for number in range(3_000))
    watching = False
    assert read > 100
    assert not seen & {"exec", "compile", "open", "os.system", "subprocess.Popen", "import"}
