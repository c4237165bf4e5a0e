"""Numbers given by hand: absolute or relative, told by the setup, and refused where idle."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from edgesym.architectures.locate import load
from edgesym.devices import find_device
from edgesym.errors import ConfigError, DeviceError, ExpressionError, UnitError
from edgesym.override import Change, read_change
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup
from edgesym.scenario.unused import refuse_unused
from edgesym.symbols import symbol

P, H, W_m = (symbol(word) for word in ("peak_flops", "hidden", "memory_bandwidth"))


def setup(settings=(), given=(), **run):
    device = find_device("raspberry-pi-5").with_settings(settings)
    return Setup(load("llama-3.2-1b"), device, Run(weights="q4_0", given=given, **run))


def change(text, unit="1"):
    return read_change(text, unit, lambda name: name == "x")


CHANGES = [
    ("0.5*x", 10, 5),
    ("x * 2", 10, 20),
    ("x/4", 10, 2.5),
    ("1e3*x", 2, 2000),
    ("x + 8", 10, 18),
    ("x-8k", 10000, 1808),
]


@pytest.mark.parametrize(("text", "number", "expected"), CHANGES)
def test_a_change_is_read(text, number, expected):
    assert change(text).of(number) == expected
    assert change(text).of(float(number)) == pytest.approx(expected)


@pytest.mark.parametrize(
    "text", ["12", "1.5", "20GB/s", "16+-1GB/s", "15..17", "-3", "", "fast", "f(x)"]
)
def test_a_plain_number_is_no_change(text):
    assert change(text) is None


BAD = [
    ("2*y", ExpressionError, "neither a number nor a change"),
    ("x*x", ExpressionError, "neither a number nor a change"),
    ("2*x+1", ExpressionError, "neither a number nor a change"),
    ("x**2", ExpressionError, "neither a number nor a change"),
    ("0*x", ExpressionError, "nothing is left"),
    ("x/0", ExpressionError, "nothing is left"),
    ("1e999*x", ExpressionError, "larger than any number"),
    ("x/1e-999", ExpressionError, "larger than any number"),
    ("x+1GB", UnitError, "GB"),
]


@pytest.mark.parametrize(("text", "error", "message"), BAD)
def test_what_is_no_change_of_the_number_itself_is_refused(text, error, message):
    with pytest.raises(error, match=message):
        change(text)


FIGURES = [
    ("memory_bandwidth=2*memory_bandwidth", "memory_bandwidth", lambda x: 2 * x),
    ("idle_power=idle_power+1W", "idle_power", lambda x: x + 1),
    ("memory_utilisation=memory_utilisation*0.5", "memory_utilisation", lambda x: 0.5 * x),
]


@pytest.mark.parametrize(("text", "word", "expected"), FIGURES)
def test_a_figure_is_changed_and_its_spread_with_it(text, word, expected):
    old, new = (d.figures[word] for d in (setup().device, setup([text]).device))
    assert new.value == pytest.approx(expected(old.value))
    times = new.value / old.value if "*" in text else 1
    assert new.std == pytest.approx(times * old.std)
    assert (new.kind, new.condition) == ("override", text.partition("=")[2])


def test_a_symbol_is_changed_whatever_it_was():
    half = setup(given=((P, read_change("0.5*P", "FLOP/s", lambda n: n == "P")),))
    assert half.values()[P] == setup().values()[P] / 2
    wide = setup(given=((H, read_change("2*H", "1", lambda n: n == "H")),))
    assert wide.values()[H] == 4096
    assert type(wide.values()[H]) is int


def test_a_change_must_leave_what_the_symbol_can_be():
    with pytest.raises(ConfigError, match=r"hidden = 0\.3\*H = 614.* whole number"):
        setup(given=((H, read_change("0.3*H", "1", lambda n: n == "H")),)).values()
    made = symbol("tensor_parallel")
    none = setup(given=((made, read_change("2*t", "1", lambda n: n == "t")),))
    with pytest.raises(ConfigError, match="has no tensor_parallel to change"):
        none.values()
    with pytest.raises(DeviceError, match=r"Raspberry Pi 5.* has none to change"):
        setup(["link_bandwidth=2*link_bandwidth"])


def test_what_was_given_is_told_in_the_header_and_in_the_labels():
    halved = Change(Fraction(1, 2), Fraction(0), "0.5*P")
    made = setup(["memory_bandwidth=20GB/s", "peak.int8=1TFLOP/s"], given=((H, 1024),))
    assert made.labels()["given"] == {
        "memory_bandwidth": 2e10,
        "peak.int8": 1e12,
        "hidden": 1024.0,
    }
    for told in ("memory_bandwidth = 20 GB/s", "peak.int8 = 1 TFLOP/s", "hidden = 1024"):
        assert told in made.describe()
    assert "(0.5*P)" in setup(given=((P, halved),)).describe()
    assert "given" not in setup().labels()


STEP = "time_per_output_token"
IDLE = [
    ((), ((symbol("tensor_parallel"), 4),), [STEP], "tensor_parallel_traffic"),
    (("idle_power=9W",), (), [STEP], "what does is energy_per_step"),
    (("idle_power=9W",), (), [STEP, "memory_time"], "none of time_per_output_token, memory_time"),
    (("peak.fp16=1TFLOP/s",), (), [STEP], "computes in int8; choose the dtype with --compute"),
    (("link_bandwidth=1GB/s",), (), ["transfer_time"], "without link_utilisation; set that too"),
    ((), ((symbol("vocab"), 10),), ["kv_cache_bytes"], "kv_cache_bytes does not depend on it"),
]


@pytest.mark.parametrize(("settings", "given", "names", "message"), IDLE)
def test_what_changes_nothing_is_refused_with_what_it_would_change(settings, given, names, message):
    with pytest.raises(ConfigError, match=message):
        refuse_unused([setup(settings, given)], names)


def test_what_changes_one_of_several_setups_is_not_refused():
    settings = ["peak.fp32=1TFLOP/s"]
    several = [setup(settings), setup(settings, compute="fp32")]
    refuse_unused(several, [STEP])
    refuse_unused([setup(["memory_size=4GiB"])], [STEP], used=["memory_size"])
    with pytest.raises(ConfigError, match=r"peak\.fp32"):
        refuse_unused(several[:1], [STEP])


@pytest.mark.parametrize(
    ("model", "given", "message"),
    [
        ("llama-3.2-1b", {"layers": 10**300}, r"layers = 1e\+300 must lie between 1 and"),
        ("llama-3.2-1b", {"kv_heads": 7}, "32 heads, no multiple of 7 kv_heads"),
        ("gpt-oss-20b", {"experts_per_token": 33}, "32 experts, fewer than 33 experts_per_token"),
        ("gpt-oss-20b", {"experts": 3}, "3 experts, fewer than 4 experts_per_token"),
    ],
)
def test_extents_that_make_no_model_are_refused(model, given, message):
    run = Run(given=tuple((symbol(word), number) for word, number in given.items()))
    with pytest.raises(ConfigError, match=message):
        Setup(load(model), run=run).number("active_parameters")


def test_extents_that_fit_one_another_may_be_given_together():
    run = Run(given=((symbol("heads"), 48), (symbol("kv_heads"), 12)))
    assert Setup(load("llama-3.2-1b"), run=run).number("kv_cache_bytes") > 0


def test_a_price_of_a_dtype_not_computed_in_is_refused_where_the_device_has_none():
    board = find_device("raspberry-pi-5")
    bare = replace(board, figures={n: f for n, f in board.figures.items() if "per_flop" not in n})
    made = Setup(load("llama-3.2-1b"), bare.with_settings(["energy_per_flop.int8=1pJ/FLOP"]))
    assert [(o.word, o.symbol) for o in made.overrides] == [("energy_per_flop.int8", None)]
    with pytest.raises(ConfigError, match="changes nothing here"):
        refuse_unused([made], ["step_time"])
