"""Units: SI for rates and decimal sizes, IEC for memory, and errors that name the unit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgesym.errors import UnitError
from edgesym.units import UNITS, canonical, count, human, parse, to_base

#: Source of the prefixes: BIPM SI brochure, 9th edition; IEC 80000-13.
PARSED = [
    ("20GB/s", "B/s", 20e9),
    ("20 GB/s", "B/s", 20e9),
    (" 20e9 B/s", "B/s", 20e9),
    ("1_000B", "B", 1000),
    ("0", "B/s", 0),
    ("8 GiB", "B", 8 * 2**30),
    ("8GB", "B", 8e9),
    ("1KiB", "B", 1024),
    ("1kB", "B", 1000),
    ("1TiB", "B", 2**40),
    ("50 ms", "s", 0.05),
    ("5us", "s", 5e-6),
    ("5ns", "s", 5e-9),
    ("40 TOP/s", "FLOP/s", 40e12),
    ("1.5PFLOP/s", "FLOP/s", 1.5e15),
    ("475.6 pJ/FLOP", "J/FLOP", 475.6e-12),
    ("1.6W", "W", 1.6),
    ("0.435", "1", 0.435),
    (".5", "1", 0.5),
    ("5.", "1", 5.0),
    ("-3 GB/s", "B/s", -3e9),
    ("2.5E-3 s", "s", 0.0025),
]


@pytest.mark.parametrize(("text", "unit", "value"), PARSED)
def test_a_number_with_a_unit_is_read_in_the_base_unit(text, unit, value):
    assert parse(text, unit) == value


BAD = [
    ("", "B", "not a number"),
    ("fast", "B/s", "not a number with a unit .for example 20GB/s"),
    ("GB/s", "B/s", "not a number"),
    ("1e9999", "B", "1e9999"),
    ("1e999k", "tokens", "larger than any number"),
    ("nan", "B", "not a number"),
    ("inf s", "s", "not a number"),
    ("0x10", "B", "unknown unit 'x10'"),
    ("20 GB / s", "B/s", "not a number"),
    ("20 gb/s", "B/s", "unknown unit 'gb/s'; nearest: .*GB/s"),
    ("20 parsec", "B/s", "unknown unit 'parsec'; known: "),
    ("20 GB", "B/s", "unit 'GB' measures B, where B/s is needed"),
    ("20 GB/s", "FLOP/s", "measures B/s, where FLOP/s is needed"),
    ("5 W", "J", "measures W, where J is needed"),
    ("20", "B/s", "20 has no unit; write one behind it: B/s, kB/s, .*GB/s"),
    ("8e9", "B", "8e9 has no unit; write one behind it: B, kB, .*GiB"),
    (" 3e-6 ", "s", "3e-6 has no unit; write one behind it: ns, us, ms, s$"),
]


@pytest.mark.parametrize(("text", "unit", "message"), BAD)
def test_what_is_no_such_number_is_refused(text, unit, message):
    with pytest.raises(UnitError, match=message):
        parse(text, unit)


def test_an_unknown_unit_is_refused():
    with pytest.raises(UnitError, match=r"unknown unit 'GiBs'; nearest: .*GiB"):
        canonical("GiBs")


@pytest.mark.parametrize("unit", UNITS)
def test_one_of_each_unit_is_its_factor(unit):
    base, factor = canonical(unit)
    assert to_base(1, unit, base) == float(factor)
    assert canonical(base) == (base, 1)


READABLE = [
    (2_471_493_632, "FLOP", "2.471 GFLOP"),
    (2_471_493_632, "B", "2.302 GiB"),
    (1024, "B", "1 KiB"),
    (1000, "B", "1000 B"),
    (0, "B", "0 B"),
    (0.00042, "s", "420 us"),
    (75.25, "s", "75.25 s"),
    (3e-9, "J", "3 nJ"),
    (20e9, "B/s", "20 GB/s"),
    (1.5, "tokens/s", "1.5 tokens/s"),
    (12_345_678, "1", "12,345,678"),
    (0.25, "1", "0.25"),
    (0.4273, "FLOP/B", "0.4273 FLOP/B"),
    (float("inf"), "s", "inf s"),
    (-2048, "B", "-2 KiB"),
]


@pytest.mark.parametrize(("value", "unit", "text"), READABLE)
def test_a_number_is_written_with_the_prefix_that_makes_it_readable(value, unit, text):
    assert human(value, unit) == text


READ_BACK = ["B", "FLOP", "s", "B/s", "FLOP/s", "tokens", "tokens/s", "FLOP/B"]


@given(st.floats(1, 1e14), st.sampled_from(READ_BACK))
def test_what_is_written_can_be_read_again(value, unit):
    assert parse(human(value, unit, 12).replace(",", ""), unit) == pytest.approx(value, rel=1e-5)


COUNTS = [
    ("8k", 8192),
    ("128k", 131072),
    ("1M", 1048576),
    ("1.5k", 1536),
    ("512", 512),
    ("2_048", 2048),
]


@pytest.mark.parametrize(("text", "number"), COUNTS)
def test_counts_may_be_in_k_and_M(text, number):
    assert count(text) == number
    assert parse(text, "tokens") == number


@pytest.mark.parametrize("text", ["8q", "k", "", "1.5", "8kB", "0.3k", "8 G"])
def test_what_is_no_count_is_refused(text):
    with pytest.raises(UnitError, match="8k = 8192"):
        count(text)


def test_letters_behind_a_number_that_counts_nothing_are_no_count():
    with pytest.raises(UnitError, match="'k'"):
        parse("8k", "B/s")
