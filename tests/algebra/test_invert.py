"""A root in closed form, put back, makes the expression zero: proved by sympy, not by us."""

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from edgesym.algebra.derivative import branch_at
from edgesym.algebra.invert import closed_form_root, constant_terms, root_formula
from edgesym.architectures.locate import load
from edgesym.document.plain import plain
from edgesym.engine.grid import Range
from edgesym.engine.roots import root_between, scan
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup
from edgesym.symbols import declared, symbol
from tests.support import unfitted

S, b, L, H, P = (symbol(w) for w in ("context", "batch", "layers", "hidden", "peak_flops"))
TARGET = declared("target")


def real_root(expression, unknown, values, within):
    """The root that a scan finds, as a real number."""
    (found,) = scan(expression, "<=", unknown, values, within).intervals
    value, other = (
        (found.high, found.high + 1) if found.high < within.high else (found.low - 1, found.low)
    )
    if not within.whole:
        return found.high if found.high < within.high else found.low
    return root_between(expression, unknown, values, value, other)


#: A quantity that is at most (or, below 0, at least) a number, and what is solved for.
QUESTIONS = [
    ("llama-3.2-1b", "memory_footprint", 2**33, "context"),
    ("llama-3.2-1b", "time_per_output_token", 0.5, "context"),
    ("llama-3.2-1b", "time_per_output_token", 0.4, "batch"),
    ("llama-3.2-1b", "time_per_output_token", 0.1, "memory_bandwidth"),
    ("llama-3.2-1b", "time_per_output_token", 0.3, "launch_overhead"),
    ("llama-3.2-1b", "time_to_first_token", 30, "prompt_tokens"),
    ("llama-3.2-1b", "weight_storage_bytes", 2**31, "vocab"),
    ("llama-3.2-1b", "energy_per_token", 1.5, "batch"),
    ("gemma-3-1b", "kv_cache_bytes", 2**30, "context"),
    ("gemma-3-1b", "time_to_first_token", 30, "prompt_tokens"),
    ("mixtral-8x7b", "kv_cache_bytes", 2**33, "context"),
    ("mixtral-8x7b", "time_per_output_token", 3.0, "memory_bandwidth"),
]
REALS = {"memory_bandwidth": Range(1.0, 1e18), "launch_overhead": Range(1e-12, 1e3)}


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: " ".join(map(str, q)))
def test_the_formula_put_back_is_a_root(question):
    card, name, number, word = question
    run = Run(prompt=300, context=5000, kernels="fused")
    setup = Setup(load(card), unfitted("raspberry-pi-5"), run)
    unknown, expression = symbol(word), setup.expression(name)
    within = REALS.get(word, Range(1, 10**9, whole=True))
    bound = sympy.nsimplify(number)
    root = real_root(expression - bound, unknown, setup.values(), within)
    near = {**setup.values(), unknown: root, TARGET: number}
    formula = closed_form_root(expression - TARGET, unknown, near)
    assert formula is not None
    assert unknown not in formula.free_symbols
    smooth = branch_at(expression, near) - TARGET
    put_back = sympy.together(smooth.xreplace({unknown: formula}))
    assert sympy.expand(sympy.numer(put_back)) == 0


def test_a_mixture_has_no_formula_for_its_batch():
    """The experts that b tokens hit are 1 - (1 - k/E)^b of all."""
    setup = Setup(load("mixtral-8x7b"))
    expression = setup.expression("weight_bytes")
    root = real_root(expression - 7 * 10**10, b, setup.values(), Range(1, 10**9, whole=True))
    assert (
        closed_form_root(expression - TARGET, b, {**setup.values(), b: root, TARGET: 7e10}) is None
    )


@pytest.mark.parametrize(
    ("expression", "near", "expected"),
    [
        (4 * S * L - TARGET, {S: 5, L: 2, TARGET: 40}, TARGET / (4 * L)),
        (sympy.Max(S * L, H) - TARGET, {S: 5, L: 8, H: 3, TARGET: 40}, TARGET / L),
        (sympy.Max(S * L, S**3 + H) - TARGET, {S: 2, L: 1, H: 32, TARGET: 40}, None),
        (L / (S + H) - TARGET, {S: 1, L: 8, H: 3, TARGET: 2}, (-H * TARGET + L) / TARGET),
        (S**2 - L, {S: 3, L: 9}, sympy.sqrt(L)),
        (H**S - L, {S: 2, H: 3, L: 9}, None),
        (sympy.floor(S / H) - L, {S: 12, H: 4, L: 3}, None),
        (L - H, {S: 2, H: 3, L: 3}, None),
    ],
    ids=str,
)
def test_small_formulas(expression, near, expected):
    found = closed_form_root(expression, S, near)
    if expected is None:
        assert found is None
    else:
        assert sympy.simplify(found - expected) == 0


@pytest.mark.parametrize(
    ("expression", "near", "written"),
    [
        (S * L * TARGET - S * L * H - 8, 4 / 3, "8/(L*(-H + target))"),
        (S * 9 / 10 - L - 2 * H, 110 / 9, "10/9*(2*H + L)"),
        (S - L - 2 * H, 11, "2*H + L"),
    ],
    ids=str,
)
def test_what_terms_share_stands_before_a_bracket(expression, near, written):
    values = {L: 3, H: 4, TARGET: 6, S: near}
    assert plain(closed_form_root(expression, S, values)) == written


def test_coefficients_of_a_quadratic_have_names():
    found = root_formula(3 * L * S**2 + H * S - TARGET, S, {S: 2, L: 1, H: 4, TARGET: 20})
    assert {str(name): form for name, form in found.where.items()} == {
        "a_0": -TARGET,
        "a_1": H,
        "a_2": 3 * L,
    }


@given(st.integers(-20, 20), st.integers(-20, 20), st.integers(1, 9), st.integers(1, 30))
def test_either_root_of_a_quadratic_is_found(constant, slope, curve, at):
    """The polynomial is shifted so that it is 0 at the number that is looked for."""
    polynomial = curve * S**2 + slope * S + constant
    shifted = polynomial - polynomial.subs(S, at)
    if sympy.diff(shifted, S).subs(S, at) == 0:
        return
    found = closed_form_root(shifted - L + 7, S, {S: at, L: 7})
    assert found is not None
    assert sympy.simplify(found.subs(L, 7) - at) == 0


def test_what_the_unknown_does_not_move():
    expression = sympy.Max(4 * S * H + H**2, 7) + L * (S + H)
    found = constant_terms(expression, S, {S: 2, H: 8, L: 1})
    assert sympy.expand(found - H**2 - L * H) == 0
    assert constant_terms(P * S, S, {S: 2, P: 3.0}) == 0
