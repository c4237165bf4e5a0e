"""Printed numbers: digits, tolerances, ranges, bounds, prefixes, units and nominal sizes.

By hand: Llama 2 7B has 6,738,415,616 parameters, in two bytes 13.477 GB or 12.551 GiB, and 524,288
bytes of cache a token; Llama 3.1 8B 8,030,261,248 and 131,072 bytes; Llama 3.1 70B 70,553,706,496,
141.107 GB or 131.417 GiB, and 327,680 bytes; GPT-2 124,439,808; Mixtral 8x7B 46,702,792,704.
"""

from __future__ import annotations

from fractions import Fraction

import pytest

from edgesym.claims.check import check
from edgesym.claims.claim import Claim
from edgesym.claims.derive import Subject
from edgesym.claims.printed import read_printed, tolerance_of, unit_powers
from edgesym.claims.unit_of import unit_of
from edgesym.errors import ConfigError

WEIGHTS, CACHE, COUNT = "weight_storage_bytes", "kv_cache_bytes", "parameters"
SMALL, LARGE, GROUPED = "llama-2-7b", "llama-3.1-70b", "llama-3.1-8b"
TIME = "kv_cache_bytes/network_bandwidth"
LINK = {"network_bandwidth": "12.5 GB/s", "context": 8192}
FULL = {"context": 4096}


def judged(quantity, model, printed, words=(), **about):
    row = {"model": model, "printed": printed, **dict(words)}
    return check(Claim("1", quantity, {}, "plain", numbers=(row,), **about))


#: quantity, model, printed, words of the row, verdict, what explains it
NUMBERS = [
    # digits
    (COUNT, SMALL, "6.74B", {}, "exact", ""),
    (COUNT, SMALL, "6.7B", {}, "exact", ""),
    (COUNT, SMALL, "7B", {}, "exact", ""),
    (COUNT, SMALL, "6.73B", {}, "wrong", ""),
    (COUNT, SMALL, "6,738,415,616", {}, "exact", ""),
    (COUNT, SMALL, "6738415617", {}, "wrong", ""),
    (COUNT, SMALL, "6.738e9", {}, "exact", ""),
    (COUNT, SMALL, r"6.738 \times 10^{9}", {}, "exact", ""),
    (COUNT, SMALL, "6.738 x 10^9", {}, "exact", ""),
    (COUNT, SMALL, "6.74 billion parameters", {}, "exact", ""),
    (COUNT, "gpt2", "124M", {}, "exact", ""),
    (COUNT, "gpt2", "117M", {}, "wrong", ""),
    (COUNT, "mixtral-8x7b", "47B", {}, "exact", ""),
    (COUNT, "mixtral-8x7b", "56B", {}, "wrong", ""),  # 8 times 7 is no nominal size
    # nominal sizes
    (COUNT, LARGE, "71B", {}, "exact", ""),
    (COUNT, LARGE, "70B", {}, "approximation", "nominal 70B, the model has 70.55B"),
    (WEIGHTS, LARGE, "140 GB", {}, "approximation", "nominal 70B"),
    (WEIGHTS, SMALL, "14 GB", {}, "approximation", "nominal 7B"),
    (CACHE, SMALL, "2.23 GB", FULL, "wrong", ""),  # a cache does not scale with a nominal size
    # GB and GiB
    (WEIGHTS, SMALL, "13.5 GB", {}, "exact", ""),
    (WEIGHTS, SMALL, "12.55 GiB", {}, "exact", ""),
    (WEIGHTS, SMALL, "12.55 GB", {}, "wrong", "GB and GiB are mixed: 12.551 GiB are 13.477 GB"),
    (WEIGHTS, SMALL, "13.48 GiB", {}, "wrong", "GB and GiB are mixed"),
    (CACHE, SMALL, "2 GB", FULL, "exact", ""),
    (CACHE, SMALL, "2.0 GB", FULL, "wrong", "GB and GiB are mixed"),
    (CACHE, SMALL, "2.00 GiB", FULL, "exact", ""),
    (CACHE, SMALL, "512 KiB", {"context": 1}, "exact", ""),
    (CACHE, SMALL, "512 KB", {"context": 1}, "wrong", "mixed"),
    (CACHE, SMALL, "0.5 MB", {"context": 1}, "exact", ""),
    (CACHE, SMALL, "524288 bytes", {"context": 1}, "exact", ""),
    (CACHE, SMALL, "524288", {"context": 1}, "exact", ""),
    (CACHE, SMALL, "4.19 Mbit", {"context": 1}, "exact", ""),
    (CACHE, SMALL, "0.524 Mbit", {"context": 1}, "wrong", "bits and bytes"),
    (WEIGHTS, SMALL, "13.48 MB", {}, "wrong", "prefix is off by 1,000"),
    (WEIGHTS, SMALL, "6.74 GB", {}, "wrong", "twice, or half"),
    (WEIGHTS, SMALL, "6.74 GB", {"weight_bytes_per_element": 1}, "exact", ""),
    # units of formulas
    ("heads/kv_heads", GROUPED, "4", {}, "exact", ""),
    ("heads/kv_heads", GROUPED, "4x", {}, "exact", ""),
    ("heads/kv_heads", GROUPED, r"400 \%", {}, "exact", ""),
    ("1 - kv_heads/heads", GROUPED, "75 %", {}, "exact", ""),
    ("1 - kv_heads/heads", GROUPED, "74 %", {}, "wrong", ""),
    ("kv_cache_bytes/weight_storage_bytes", SMALL, "15.9 %", FULL, "exact", ""),
    (TIME, GROUPED, "85.9 ms", LINK, "exact", ""),
    (TIME, GROUPED, "0.0859 s", LINK, "exact", ""),
    (TIME, GROUPED, "85.9 s", LINK, "wrong", "prefix is off by 1,000"),
    ("1/step_time", GROUPED, "1 tokens/s", {
        "peak_flops": "100 TFLOP/s", "memory_bandwidth": "16.06 GB/s", "compute_utilisation": 1,
        "memory_utilisation": 1, "context": 1, "launch_overhead": 0}, "exact", ""),
    ("network_bandwidth/kv_cache_bytes", GROUPED, "11.6 /s", LINK, "exact", ""),
    # bounds, ranges
    (WEIGHTS, SMALL, "less than 14 GB", {}, "exact", ""),
    (WEIGHTS, SMALL, "under 13 GB", {}, "wrong", ""),
    (WEIGHTS, SMALL, "> 13 GB", {}, "exact", ""),
    (WEIGHTS, SMALL, "13-14 GB", {}, "exact", ""),
    (WEIGHTS, SMALL, "14 to 15 GB", {}, "approximation", "nominal"),
    ("1 - kv_heads/heads", GROUPED, "60-70 %", {}, "wrong", ""),
    ("1 - kv_heads/heads", GROUPED, "70-80%", {}, "exact", ""),
    (WEIGHTS, SMALL, "about 13 GB", {}, "exact", ""),
    # tolerances
    (WEIGHTS, SMALL, "13 GB", {"tolerance": "5 %"}, "exact", ""),
    (WEIGHTS, SMALL, "13 GB", {"tolerance": "1 %"}, "wrong", ""),
    (WEIGHTS, SMALL, "12.9 GB", {"tolerance": 0.05}, "exact", ""),
]  # fmt: skip


@pytest.mark.parametrize(("quantity", "model", "printed", "words", "verdict", "why"), NUMBERS)
def test_a_printed_number_gets_its_verdict(quantity, model, printed, words, verdict, why):
    given = {"context": 2048, **words} if quantity == TIME else words
    found = judged(quantity, model, printed, given)
    assert found.verdict == verdict, found.reasons
    assert why in found.numbers[0].why


def test_the_tolerance_of_a_claim_is_that_of_its_numbers():
    assert judged(WEIGHTS, SMALL, "13 GB", tolerance="5 %").verdict == "exact"
    assert judged(WEIGHTS, SMALL, "13 GB", {"tolerance": "1 %"}, tolerance="5 %").verdict == "wrong"


EQUATION = {"S": "context", "L": "layers", "K": "kv_heads", "D": "head_dim", "N": "parameters"}


def equation(*rows, text="4*L*S*K*D", **about):
    about = {"quantity": CACHE, "assumptions": ("bytes_per_element = 2", "batch = 1"), **about}
    numbers = tuple({"model": m, "printed": p, **more} for m, p, more in rows)
    return check(Claim(text, symbols=EQUATION, notation="plain", numbers=numbers, **about))


def test_each_printed_number_is_judged_and_one_that_does_not_round_makes_it_inexact():
    good, other = (SMALL, "2.147 GB", FULL), (GROUPED, "0.54 GB", FULL)
    bad = (GROUPED, "0.64 GB", FULL)
    assert equation().verdict == "exact under assumptions"
    assert equation(good, other).verdict == "exact under assumptions"
    found = equation(good, bad)
    assert found.verdict == "wrong"
    assert [number.agrees for number in found.numbers] == [True, False]
    assert any("0.64 GB printed for llama-3.1-8b" in reason for reason in found.reasons)


def test_a_nominal_size_leaves_an_equation_near():
    about = {"quantity": WEIGHTS, "text": "2*N"}
    assert equation((LARGE, "141 GB", {}), **about).verdict == "exact under assumptions"
    assert equation((LARGE, "140 GB", {}), **about).verdict == "approximation"
    given = {"parameters": "70B"}
    found = equation((LARGE, "140 GB", given), **about)
    assert found.numbers[0].follows
    assert found.numbers[0].theirs == 140e9


def test_numbers_of_the_text_that_differ_are_found():
    row = {"model": SMALL, "printed": "13.5 GB"}

    def text(latex):
        return check(Claim(latex, WEIGHTS, EQUATION, numbers=(row,)))

    assert text(r"2 \cdot 6.74e9 = 13.48\,\text{GB} \approx 13.5 GB").verdict == "exact"
    assert text(r"2 \cdot 6.74e9 = 13.5 GB \approx 12.6 GiB").verdict == "exact"
    found = text(r"2 \cdot 6.74e9 = 1.35 GB \approx 13.5 GB")
    assert found.verdict == "wrong"
    assert "its own numbers differ" in found.reasons[0]
    slip = text(r"M = 52e12 \cdot 2 = 104e12 \text{ bytes} \approx 104GB")
    assert slip.verdict == "wrong"
    assert "104GB" in slip.reasons[0]


def test_a_number_that_is_a_bound_is_held_to_the_models():
    row = {"model": SMALL, "printed": "14 GB"}
    assert check(Claim(r"M \le 14 GB", WEIGHTS, numbers=(row,))).verdict == "bound proved"
    row = {"model": SMALL, "printed": "13 GB"}
    assert check(Claim(r"M \le 13 GB", WEIGHTS, numbers=(row,))).verdict == "wrong"


UNITS = [
    ("kv_cache_bytes/weight_bytes", ""),
    ("kv_cache_bytes/(network_bandwidth*network_utilisation)", "s"),
    ("flops/step_time", "FLOP/s"),
    ("flops/peak_flops + memory_traffic/memory_bandwidth", "s"),
    ("flops/memory_traffic", "FLOP/B"),
    ("window*layers", ""),
    ("flops*energy_per_flop", "J"),
    ("sqrt(kv_cache_bytes**2)", "B"),
    ("max(flops/peak_flops, 2*memory_traffic/memory_bandwidth)", "s"),
    ("batch/step_time", "tokens/s"),
    ("idle_power*step_time", "J"),
]


@pytest.mark.parametrize(("quantity", "unit"), UNITS)
def test_the_unit_of_a_formula_follows_from_its_parts(quantity, unit):
    assert unit_of(Subject(quantity)) == (unit_powers(unit) if unit else ())


REFUSED = [
    ("many", "is not a number with a unit"),
    ("13 apples", "unknown unit 'apples'"),
    ("13 s", "is in s, where B is needed"),
    ("14-13 GB", "ends before it begins"),
    ("13 GBs", "unknown unit 'GBs'; nearest: "),
    ("9" * 500, "is not a number with a unit"),
]


@pytest.mark.parametrize(("printed", "message"), REFUSED)
def test_a_number_that_cannot_be_read_is_refused(printed, message):
    with pytest.raises(ConfigError, match="printed") as error:
        judged(WEIGHTS, SMALL, printed)
    assert message in str(error.value)


def test_what_else_a_row_may_not_say():
    with pytest.raises(ConfigError, match="contxt = 3 is no word of the table; nearest: context"):
        judged(WEIGHTS, SMALL, "13 GB", {"contxt": 3})
    with pytest.raises(ConfigError, match="is in s, where B/s is needed"):
        judged(WEIGHTS, SMALL, "13 GB", {"memory_bandwidth": "3 s"})
    with pytest.raises(ConfigError, match="tolerance = 'much'"):
        judged(WEIGHTS, SMALL, "13 GB", {"tolerance": "much"})
    with pytest.raises(ConfigError, match="adds B and FLOP"):
        judged("kv_cache_bytes + flops", SMALL, "13 GB")
    with pytest.raises(ConfigError, match="tolerance = 2"):
        tolerance_of(2)


def test_a_range_and_a_bound_are_read():
    found = read_printed(r"2-3\times", ())
    assert (found.low, found.high) == (2, 3)
    assert read_printed(r"\le 80\,GB", (("B", 1),)).bound == "<="
    day = read_printed("3640 PF-days", (("FLOP", 1),))
    assert day.low == Fraction(3640 * 10**15 * 86400)
