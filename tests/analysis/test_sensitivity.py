"""Sensitivities of setups: which symbols are meant, what becomes of them, what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edgesym.analysis.sensitivity import sensitivity
from edgesym.architectures.locate import load
from edgesym.devices import find_device
from edgesym.errors import ConfigError, DeviceError, EdgesymError, UnknownNameError
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup
from edgesym.symbols import describe
from tests.support import CLUSTER, letters

S, S_p, L, H, W_m, t_0, b = letters("S S_p L H W_m t_0 b")
PI = find_device("raspberry-pi-5")


def setup_of(card="llama-3.2-1b", device=PI, **run):
    return Setup(load(card), device, Run(**{"kernels": "fused", **run}))


NAMED = [
    (["S"], {"context"}),
    (["context", "W_m"], {"context", "memory_bandwidth"}),
    (["layers.sliding", "L_full"], {"layers.sliding", "layers.full"}),
    (["format", "batch"], {"batch", *(f"{t}_bytes_per_element" for t in ("token", "weight"))}),
]


@pytest.mark.parametrize(("names", "words"), NAMED)
def test_symbols_are_named_by_word_letter_or_scope(names, words):
    found = sensitivity(setup_of("gemma-3-1b"), "time_per_output_token", names)
    assert words <= {describe(p.symbol).word for p in found.partials}
    scopes = {describe(p.symbol).scope for p in found.partials}
    assert "format" in names or len(found.partials) == len(words)
    assert "format" not in names or scopes == {"format", "workload"}


def test_all_symbols_without_names():
    found = sensitivity(setup_of(), "time_per_output_token")
    assert {p.symbol for p in found.partials} == found.expression.free_symbols
    assert found.value == found.setup.number("time_per_output_token")


def test_the_phase_of_a_quantity_names_its_tokens():
    first, token = (
        {p.symbol for p in sensitivity(setup_of(), name, ["workload"]).partials}
        for name in ("time_to_first_token", "time_per_output_token")
    )
    assert (first, token) == ({S_p, b}, {S, b})


@pytest.mark.parametrize(
    ("made", "moved"),
    [(S, lambda s: replace(s, run=replace(s.run, context=257))), (b, None)],
)
def test_a_derivative_is_what_one_more_costs(made, moved):
    """The footprint is linear in context and batch, as long as the peak of activations is."""
    setup = setup_of(device=None, context=256)
    moved = moved(setup) if moved else replace(setup, run=replace(setup.run, batch=2))
    (partial,) = sensitivity(setup, "memory_footprint", [str(made)]).partials
    more = moved.number("memory_footprint") - setup.number("memory_footprint")
    assert partial.value == pytest.approx(float(more))


def test_swings_are_the_quantity_of_changed_setups():
    found = sensitivity(setup_of(), "time_per_output_token", ["W_m", "t_0"])
    for swing in found.swings(0.25):
        for factor, number in ((0.75, swing.smaller), (1.25, swing.larger)):
            word = describe(swing.symbol).word
            unit = describe(swing.symbol).unit
            text = f"{word}={found.values[swing.symbol] * factor!r}{unit}"
            changed = replace(found.setup, device=PI.with_settings([text]))
            assert number == pytest.approx(changed.number("time_per_output_token"), rel=1e-12)


def test_swings_feel_the_kink_that_derivatives_do_not():
    """Above the window of 512 - 1 tokens the cache of sliding layers grows no more."""
    found = sensitivity(setup_of("gemma-3-1b", context=511), "kv_cache_bytes", ["S"])
    (swing,), (partial,) = found.swings(), found.partials
    assert found.value - swing.smaller == pytest.approx(0.1 * found.value * partial.below)
    assert swing.larger - found.value == pytest.approx(0.1 * found.value * partial.elasticity)
    assert (partial.below, partial.elasticity) == (1, pytest.approx(4 / 26))


def test_pairs_are_of_the_strongest_symbols():
    found = sensitivity(setup_of(), "time_per_output_token")
    pairs = found.interactions(3)
    assert len(pairs) == 6
    assert {s for x, y, _ in pairs for s in (x, y)} == {p.symbol for p in found.partials[:3]}


REFUSED = [
    ("flop", (), UnknownNameError, "unknown quantity 'flop'; nearest: flops"),
    ("flops", ["hiden"], UnknownNameError, "unknown symbol 'hiden'; nearest: hidden"),
    ("flops", ["divice"], UnknownNameError, "nearest: device"),
    ("flops", ["window"], ConfigError, "flops does not depend on window; it depends on batch, "),
    ("flops", ["W_m"], ConfigError, "flops does not depend on W_m"),
    ("flops", ["cluster"], ConfigError, "does not depend on a symbol of the cluster; it depends"),
    ("iteration_time", (), ConfigError, r"tensor_parallel \(.*--set .*tensor_parallel=\.\.\."),
    ("additional_expert_bytes", (), EdgesymError, "0 here, and what is 0 has no elasticities$"),
    ("additional_expert_bytes", ["S"], ConfigError, "it is a constant"),
]


@pytest.mark.parametrize(("quantity", "names", "error", "message"), REFUSED)
def test_what_has_no_sensitivity_is_refused(quantity, names, error, message):
    with pytest.raises(error, match=message):
        sensitivity(setup_of(), quantity, names)


def test_a_quantity_that_is_zero_names_what_makes_it_so():
    still = PI.with_settings(["launch_overhead=0s"])
    with pytest.raises(EdgesymError, match=r"launch_time is 0 here.*: launch_overhead is 0"):
        sensitivity(setup_of(device=still), "launch_time")


def test_what_is_zero_has_no_influence_and_breaks_nothing():
    still = PI.with_settings(["launch_overhead=0s"])
    (found,) = sensitivity(setup_of(device=still), "time_per_output_token", ["t_0"]).partials
    assert (found.elasticity, found.value) == (0, 13 * 16 + 3)


def test_a_time_without_a_device_asks_for_one():
    with pytest.raises(DeviceError, match=r"time_per_output_token needs .* of a device.*--device"):
        sensitivity(setup_of(device=None), "time_per_output_token")


def test_quantities_of_training_answer_to_the_numbers_given():
    given = tuple((letters(word)[0], number) for word, number in CLUSTER.items())
    found = sensitivity(setup_of(given=given), "iteration_time", ["cluster"])
    elasticity = {describe(p.symbol).word: p.elasticity for p in found.partials}
    assert elasticity["tensor_parallel"] == pytest.approx(-1)
