"""What Python hands over that is nearly right: refused by name, or taken for what it is."""

import copy
import pickle
from datetime import timedelta

import numpy as np
import pytest
import sympy

import edgesym
from edgesym import Queries, Run, Setup, sweep, symbol
from edgesym.errors import ConfigError, EdgesymError, ExpressionError, UnknownNameError
from edgesym.plain import shown

PI = Setup("llama-3.2-1b", "raspberry-pi-5", Run(weights="q4_0"))
KV = edgesym.derive("llama-3.2-1b", "kv_cache_bytes")
SPAN = np.timedelta64(5, "s")


@pytest.mark.parametrize("value", [SPAN, timedelta(seconds=5), np.datetime64("2020-01-01")])
def test_spans_of_time_are_no_numbers(value):
    for call in (
        lambda: Run(batch=value),
        lambda: KV.evaluate(batch=value),
        lambda: Queries.of([value], [1]),
        lambda: sweep(PI, {"batch": [value]}, ["step_time"]),
    ):
        with pytest.raises(ConfigError):
            call()


def test_what_errors_show_is_one_line():
    assert "\n" not in shown(np.arange(100).reshape(10, 10))


@pytest.mark.parametrize("number", [2**63, 1e300, np.uint64(2**63), 10**10])
def test_more_than_can_be_run_is_no_axis(number):
    with pytest.raises(ConfigError, match=r"axis batch: 1?9?\S+ must be 1000000000 at most"):
        sweep(PI, {"batch": [1, number]}, ["step_time"])


def test_an_extent_beyond_all_models_is_no_axis():
    with pytest.raises(ConfigError, match=r"axis hidden: 1e\+18 must be 1099511627776 at most"):
        sweep(PI, {"hidden": "64..1e18:log:4"}, ["parameters"])
    with pytest.raises(ConfigError, match="a number of thousands of digits"):
        _ = Setup("llama-3.2-1b", None, Run(given=((symbol("hidden"), 10**5000),))).values()


def test_bytes_are_no_list_of_numbers():
    with pytest.raises(ConfigError, match="b'5' must be a whole number"):
        sweep(PI, {"batch": b"5"}, ["step_time"])


def test_queries_have_a_most():
    with pytest.raises(ConfigError, match="cached tokens = 10000000000 must be 1000000000"):
        Queries.of([10**10], [1])
    with pytest.raises(ConfigError, match="batch size = 2000000000"):
        Queries(((0, 1, 2 * 10**9),))


def test_a_symbol_is_given_by_one_of_its_names():
    with pytest.raises(ConfigError, match="b and batch are one symbol"):
        KV.evaluate(b=1, batch=2, context=8, cache_bytes_per_element=2)
    with pytest.raises(ConfigError, match="S and context are one symbol"):
        KV.compile(batch=1)(S=8, context=8, cache_bytes_per_element=2)


def test_columns_have_as_many_rows_each():
    with pytest.raises(ConfigError, match="cache_bytes_per_element 3, context 2"):
        KV.compile(batch=1)(context=[1, 2], cache_bytes_per_element=[1, 2, 3])


def test_symbols_of_other_assumptions_are_not_proven_to_differ():
    plain = KV.expression.xreplace(
        {made: sympy.Symbol(made.name) for made in KV.expression.free_symbols}
    )
    with pytest.raises(ExpressionError, match="two symbols are called B_c"):
        edgesym.prove_equal(KV.expression, plain)
    dummy = sympy.Dummy("b")
    assert edgesym.prove_equal(symbol("batch") + dummy, dummy + symbol("batch"))
    with pytest.raises(UnknownNameError, match=r'take edgesym.symbol\("hidden"\)'):
        Run(given=((sympy.Symbol("H"), 64),))


def test_the_registry_holds_quantities_alone():
    before = list(edgesym.REGISTRY)
    with pytest.raises(EdgesymError, match="@quantity"):
        edgesym.REGISTRY["mine"] = 1
    with pytest.raises(EdgesymError, match="@quantity"):
        edgesym.REGISTRY["mine"] = edgesym.REGISTRY["flops"]
    assert list(edgesym.REGISTRY) == before


def _sent(made):
    return pickle.loads(pickle.dumps(made))  # noqa: S301 - made here


def test_answers_are_values():
    found = sweep(PI, {"batch": [1, 2]}, ["step_time"])
    with pytest.raises(ValueError, match="read-only"):
        found["step_time"][0] = -1
    again = sweep(PI, {"batch": [1, 2]}, ["step_time"])
    other = sweep(PI, {"batch": [1, 3]}, ["step_time"])
    assert found == again == _sent(found) == copy.deepcopy(found)
    assert hash(found) == hash(again)
    assert found != other
    for made in (edgesym.sensitivity(PI, "step_time"), edgesym.explain(PI, "step_time")):
        assert _sent(made) == made
    flops = edgesym.REGISTRY["flops"]
    assert _sent(flops) is flops
