"""Operators that PyTorch knows neither shape nor cost of: a named positive symbol for each."""

from __future__ import annotations

from pathlib import Path

import pytest
import sympy

pytest.importorskip("torch")
pytest.importorskip("transformers")

from edgesym import Run, Setup
from edgesym.architectures.model import Model
from edgesym.architectures.traced.saved import of_data
from edgesym.catalogue import REGISTRY, Case
from edgesym.errors import ConfigError, EdgesymError
from edgesym.graph.convention import convention
from edgesym.runtimes import find_runtime
from edgesym.symbols import describe, symbol
from edgesym.tracing.job import Job, read_input, read_operator
from edgesym.tracing.worker import traced
from edgesym.workload import phase

FILE = Path(__file__).parents[1] / "data" / "own_operators" / "own.py"
SIZES = {"hidden": 64, "intermediate": 96}
FUSED = "edgesym_own::fused: (x[0], x[1], w[1])"

b, H, I = map(symbol, ("batch", "hidden", "intermediate"))


def answer(name: str, *operators: str) -> dict[str, object]:
    sizes = SIZES if name in ("Net", "Twice", "Looped") else {"hidden": 64}
    inputs = (read_input("x: (batch, context, hidden)", sizes),)
    given = tuple(map(read_operator, operators))
    return traced(Job(name, name, {}, f"{FILE}:{name}", sizes, {}, inputs, operators=given))


def model_of(name: str, *operators: str) -> Model:
    found = answer(name, *operators)
    assert "traced" in found, found
    return of_data(found["traced"], name).model  # type: ignore[arg-type]


def form(model: Model, quantity: str) -> sympy.Expr:
    case = Case(model, phase("prefill"), convention("pytorch"), find_runtime("unfused"))
    return REGISTRY[quantity].expression(case)


def own(kind: str) -> sympy.Symbol:
    return symbol("operator_flops", kind)


def test_an_operator_costs_its_symbol_and_the_bytes_that_it_reads_and_writes():
    model = model_of("Net", FUSED)
    S = symbol("context")
    assert model.operators == (own("edgesym_own_fused"),)
    assert form(model, "flops") - (own("edgesym_own_fused") + 2 * b * S * H * I) == 0
    a, w = symbol("activation_bytes_per_element"), symbol("weight_bytes_per_element")
    fused = a * b * S * (H + I) + w * H * I
    rest = a * b * S * (I + H) + w * H * I + 3 * a * b * S * H
    assert sympy.expand(form(model, "memory_traffic") - fused - rest) == 0


def test_its_symbol_is_a_row_of_the_table():
    row = describe(own("edgesym_own_fused"))
    assert (row.word, row.unit) == ("operator_flops.edgesym_own_fused", "FLOP")
    assert own("edgesym_own_fused").is_positive


def test_what_needs_its_number_says_which_symbol_has_none():
    setup = Setup(model_of("Net", FUSED))
    with pytest.raises(EdgesymError, match=r"--set operator_flops\.edgesym_own_fused=\.\.\."):
        setup.number("flops")
    with pytest.raises(EdgesymError, match=r"operator_flops\.edgesym_own_fused"):
        setup.known(["parameters", "flops"])
    assert setup.number("parameters") == 2 * 64 * 96


def test_its_number_is_given_as_those_of_sizes_are():
    model = model_of("Net", FUSED)
    with_it = Setup(model, run=Run(context=8, given=((own("edgesym_own_fused"), 1000),)))
    assert with_it.number("flops") - 1000 == 2 * 8 * 64 * 96 + 8 * 64
    with pytest.raises(EdgesymError, match="unknown symbol of Net"):
        Setup(model, run=Run(given=((own("another"), 1000),)))


def test_calls_with_other_shapes_have_another_symbol():
    model = model_of("Twice", FUSED)
    kinds = (own("edgesym_own_fused"), own("edgesym_own_fused_2"))
    assert model.operators == kinds
    assert form(model, "flops") == 2 * kinds[0] + kinds[1]


def test_an_operator_that_has_a_shape_is_given_by_its_name():
    assert form(model_of("Shaped", "edgesym_own::shaped"), "flops") == own("edgesym_own_shaped")


def test_an_operator_that_writes_to_its_argument_is_read():
    model = model_of("Writes", "edgesym_own::writes")
    assert form(model, "flops") == own("edgesym_own_writes")
    a, S = symbol("activation_bytes_per_element"), symbol("context")
    assert form(model, "memory_traffic") == 4 * a * b * S * H


def test_results_have_each_their_shape():
    assert model_of("Pair", "edgesym_own::pair: x; (batch, x[1]) bfloat16").operators


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("Unsaid", "--op 'edgesym_own::unsaid: (x[0], x[1], x[2])'"),
        ("Shaped", "--op 'edgesym_own::shaped'"),
        ("Writes", "--op 'edgesym_own::writes'"),
    ],
)
def test_without_it_the_error_shows_what_to_add(name: str, line: str):
    reason = str(answer(name)["reason"])
    assert reason.startswith("own.py:")
    assert reason.endswith(line)
    text = line.removeprefix("--op ").strip("'")
    assert model_of(name, text).operators


@pytest.mark.parametrize(
    ("operator", "said"),
    [
        ("edgesym_own::fused: (x[0], q)", "'q' is not declared; names are sizes and arguments"),
        ("edgesym_own::fused: (x[0], w[2])", "list index out of range"),
        ("edgesym_own::fused: (x[0], hidden / 2)", "a quotient is written with //"),
        ("edgesym_own::fused: (x[0], -3)", "no whole number"),
        ("edgesym_own::fused: (__import__('os'), x[0])", "unknown function '__import__'"),
        ("edgesym_own::fused: x; x", "2 results are given, and it returns 1"),
        ("edgesym_own::fused: x float99", "'float99' is no dtype of PyTorch"),
        ("edgesym_own::nothing: x", "no such operator is registered"),
        ("edgesym_none::fused: x", "no such operator is registered"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(operator: str, said: str):
    reason = str(answer("Net", operator)["reason"])
    assert reason.startswith("--op edgesym_")
    assert said in reason
    assert "\n" not in reason


def test_an_operator_that_the_code_does_not_run_is_refused():
    reason = str(answer("Net", FUSED, "edgesym_own::shaped")["reason"])
    assert "--op edgesym_own::shaped: the code runs no such operator" in reason
    assert reason.endswith("it runs edgesym_own::fused")


def test_a_loop_over_tokens_of_them_is_refused():
    reason = str(answer("Looped", "edgesym_own::fused: (x[0], w[1])")["reason"])
    assert "runs in a loop over tokens" in reason


@pytest.mark.parametrize("text", ["fused: x", "a::b:", "a::b: (x[0]", "a::b (x)", "a::b: x Y", ""])
def test_an_operator_that_is_none_is_refused(text: str):
    with pytest.raises(ConfigError, match=r"--op .*: write 'NAMESPACE::NAME"):
        read_operator(text)
