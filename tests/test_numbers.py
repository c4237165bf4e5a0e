"""Numbers at the door: converted exactly, or refused with the symbol, the value and the need."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import sympy

from edgesym import Run, derive, load, symbol
from edgesym.errors import ConfigError, EdgesymError
from edgesym.numbers import checked_column, checked_number

#: (word, what a user gives, what it is).
TAKEN = [
    ("batch", 3, 3),
    ("batch", 3.0, 3),
    ("batch", np.int32(70000), 70000),
    ("batch", np.uint8(200), 200),
    ("batch", np.float32(2), 2),
    ("batch", sympy.Integer(7), 7),
    ("batch", Fraction(4, 2), 2),
    ("batch", Decimal(5), 5),
    ("batch", 2**80, 2**80),
    ("cached_tokens", 0, 0),
    ("launch_overhead", 0.0, 0.0),
    ("memory_reserve", 0, 0),
    ("power_limit", float("inf"), float("inf")),
    ("weight_bytes_per_element", Fraction(9, 16), Fraction(9, 16)),
    ("weight_bytes_per_element", sympy.Rational(9, 16), Fraction(9, 16)),
    ("weight_bytes_per_element", Decimal("0.5625"), Fraction(9, 16)),
    ("memory_bandwidth", np.float32(0.5), 0.5),
]


@pytest.mark.parametrize(("word", "given", "number"), TAKEN)
def test_a_number_is_converted_exactly(word, given, number):
    found = checked_number(symbol(word), given)
    assert found == number
    assert type(found) is type(number)


WHOLE, POSITIVE = "a whole number of 1 or more", "a finite number above 0"
#: (word, what a user gives, what the error says is needed).
REFUSED = [
    *(("batch", value, WHOLE) for value in ("two", "2", None, True, np.True_, [1], (1,), {}, 1j)),
    *(("batch", value, WHOLE) for value in (1.5, Fraction(1, 2), Decimal("2.5"), 0, -1)),
    *(("batch", value, WHOLE) for value in (float("nan"), float("inf"), np.float64("nan"))),
    *(("batch", value, WHOLE) for value in (np.array([1, 2]), np.array(3), sympy.oo, sympy.pi)),
    *(("cached_tokens", value, "a whole number of 0 or more") for value in (-1, 0.5)),
    *(("peak_flops", value, POSITIVE) for value in (0, -1e12, float("nan"), float("inf"), "1TB")),
    *(("peak_flops", value, POSITIVE) for value in (Decimal("NaN"), sympy.nan, -(10**5000))),
    *(("power_limit", value, POSITIVE) for value in (0, -1, float("nan"))),
    *(("idle_power", value, "a finite number of 0 or more") for value in (-0.5, float("inf"))),
]


@pytest.mark.parametrize(
    ("word", "given", "wanted"), REFUSED, ids=lambda value: type(value).__name__
)
def test_what_is_no_number_of_the_symbol_is_refused(word, given, wanted):
    with pytest.raises(ConfigError) as refused:
        checked_number(symbol(word), given)
    text = str(refused.value)
    assert text.startswith(f"{word} = ")
    assert wanted in text
    assert len(text) < 200


def test_an_error_shows_the_value_the_need_and_the_meaning():
    with pytest.raises(ConfigError) as refused:
        checked_number(symbol("memory_bandwidth"), "fast", "bandwidth")
    assert str(refused.value) == (
        "bandwidth = 'fast' must be a finite number above 0 (peak memory bandwidth, in B/s)"
    )


@pytest.mark.parametrize("column", [[1, 2], range(1, 3), (1.5, 2), [Fraction(1, 2), 2**70], 3])
def test_a_column_is_in_double_precision(column):
    found = checked_column(symbol("batch"), column)
    assert found.dtype == np.float64
    assert found.tolist() == np.array(column, dtype=np.float64).tolist()


BAD_COLUMNS = [
    ("two", "batch = 'two' must"),
    (["1", "2"], r"batch = \['1', '2'\] must"),
    ([True], "batch"),
    ([1, None], "batch"),
    ([[1, 2], [3]], "batch"),
    ([1, 10**400], "batch"),
    ([1, 0, -7], "batch = 0 must"),
    ([1.0, float("nan")], "batch = nan must"),
    ([1, float("inf")], "batch = inf must"),
]


@pytest.mark.parametrize(("column", "message"), BAD_COLUMNS)
def test_a_column_of_what_the_symbol_cannot_be_is_refused(column, message):
    with pytest.raises(ConfigError, match=message):
        checked_column(symbol("batch"), column)
    with pytest.raises(ConfigError, match=message):
        FLOPS.compile(context=100)(batch=column)


FLOPS = derive("llama-3.1-8b", "flops")
DOORS = {
    "evaluate": FLOPS.evaluate,
    "compile": FLOPS.compile,
    "elasticities": FLOPS.elasticities,
    "run": lambda **point: Run(given=tuple((symbol(w), v) for w, v in point.items())),
}


@pytest.mark.parametrize("value", ["two", True, float("nan"), -1, 0, 1.5, [1]])
@pytest.mark.parametrize("door", DOORS)
def test_every_door_checks_the_numbers_given(door, value):
    with pytest.raises(ConfigError, match=r"batch = .* must be a whole number of 1 or more"):
        DOORS[door](batch=value, context=100)


def test_a_narrow_integer_does_not_wrap_around():
    exact = FLOPS.evaluate(batch=70000, context=70000)
    assert exact > 2**50
    assert FLOPS.evaluate(batch=np.int32(70000), context=np.int32(70000)) == exact


@pytest.mark.parametrize("field", ["batch", "prompt", "generate", "context", "source"])
def test_a_run_takes_whole_counts_alone(field):
    assert getattr(Run(**{field: np.int16(9)}), field) == 9
    assert type(getattr(Run(**{field: 9.0}), field)) is int
    for value in (1.5, True, "8", float("nan"), -1):
        with pytest.raises(ConfigError, match=rf"{field} = .* must be a whole number of 1 or more"):
            Run(**{field: value})


def test_a_kind_of_a_symbol_is_given_by_the_names_that_are_printed():
    formula = derive(load("gemma-3-1b"), "kv_cache_bytes")
    base = {"batch": 1, "context": 100, "cache_bytes_per_element": 2}
    doubled = 2 * formula.evaluate(**base)
    there = formula.expression.free_symbols
    kinds = {str(s): 2 * formula.values[s] for s in there if str(s).startswith("L")}
    assert len(kinds) > 1
    assert formula.evaluate(**base, **kinds) == doubled
    with pytest.raises(EdgesymError, match="unknown symbol 'L_slidin'"):
        formula.evaluate(**base, L_slidin=3)
    for way in (formula.evaluate, formula.compile, formula.elasticities):
        with pytest.raises(ConfigError, match="vocab changes nothing of kv_cache_bytes: its symbo"):
            way(**base, vocab=9)
