"""A fit of synthetic rows finds the numbers that made them; its parts are what they say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edgesym import load
from edgesym.devices import find_device
from edgesym.errors import ConfigError
from edgesym.fits.levels import Place, held
from edgesym.fits.lookup import fitted, place_in
from edgesym.fitting.classes import fit_class, with_scatter
from edgesym.fitting.design import Design
from edgesym.fitting.fit import fit_rows, refit
from edgesym.fitting.folds import folds
from edgesym.fitting.predict import predictions
from edgesym.fitting.priors import priors
from edgesym.fitting.sample import sample_of
from edgesym.fitting.solve import solve
from edgesym.fitting.steps import Steps
from edgesym.frozen import FrozenMap
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup
from edgesym.symbols import symbol
from edgesym.validation import read_corpus, shipped_corpus

pytest.importorskip("scipy")

RUNTIMES = ("llama.cpp-cuda", "llama.cpp-cpu", "torch-eager", "torch-cudagraph", "vllm")
TRUE = {
    "memory_utilisation": 0.62,
    "compute_utilisation": 0.31,
    "compute_utilisation.attention": 0.08,
    "launch_overhead": 6e-6,
}


def setup(runtime="llama.cpp-cuda", device="rtx-3090", card="llama-3.2-1b", **run):
    weights = {"weights": "q4_k_m"} if runtime.startswith("llama") else {"weights": "bf16"}
    return Setup(load(card), find_device(device), Run(kernels=runtime, **{**weights, **run}))


def logs_of(numbers, count):
    return {word: np.full(count, np.log(value)) for word, value in numbers.items()}


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("phase", ["decode", "prefill"])
def test_a_step_takes_what_the_closed_form_says(runtime, phase):
    made = setup(runtime, device="h200", batch=4, prompt=300, context=700)
    steps = Steps([sample_of(made, phase, 1.0)])
    figures = {symbol(w.partition(".")[0], w.partition(".")[2]): w for w in TRUE}
    known = {
        w: float(made.values()[made_]) for made_, w in figures.items() if made_ in made.values()
    }
    for word in ("handover_overhead", "sequence_overhead"):
        known[word] = float(made.values().get(symbol(word), 1.0))
    times, _ = steps.times(logs_of({w: known[w] for w in steps.words}, 1))
    form = "time_per_output_token" if phase == "decode" else "time_to_first_token"
    assert np.exp(times[0]) == pytest.approx(float(made.number(form)), rel=1e-9)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_derivatives_are_difference_quotients(runtime):
    some = [
        sample_of(setup(runtime, device="h200", batch=batch, prompt=200), phase, 1.0)
        for batch in (1, 16)
        for phase in ("decode", "prefill")
    ]
    steps = Steps(some)
    numbers = {**TRUE, "sequence_overhead": 1e-4, "handover_overhead": 1e-4}
    at = logs_of({word: numbers[word] for word in steps.words}, len(some))
    _, by = steps.times(at)
    for word in steps.words:
        moved = [steps.times({**at, word: at[word] + side * 1e-6})[0] for side in (1, -1)]
        assert by[word] == pytest.approx((moved[0] - moved[1]) / 2e-6, abs=1e-6), word
    # a step is twice as long where every part is
    if "sequence_overhead" not in steps.words:
        total = sum(by[w] if "overhead" in w else -by[w] for w in steps.words)
        assert total == pytest.approx(np.ones(len(some)))


def synthetic(noise=0.02, seed=7, **true):
    """Rows of three cards whose numbers are known, with some scatter."""
    numbers, rng, rows = {**TRUE, **true}, np.random.default_rng(seed), []
    for device in ("rtx-3090", "rtx-4090", "rtx-3080"):
        for card in ("llama-3.2-1b", "llama-3.2-3b", "llama-3.1-8b", "qwen3-0.6b"):
            for prompt in (64, 512, 4096):
                for phase in ("decode", "prefill"):
                    made = setup(device=device, card=card, prompt=prompt, generate=1)
                    bare = sample_of(made, phase, 1.0)
                    time = Steps([bare]).times(logs_of(numbers, 1))[0][0]
                    seconds = float(np.exp(time + noise * rng.standard_normal()))
                    rows.append(replace(bare, seconds=seconds))
    return rows


def test_a_fit_of_synthetic_rows_finds_what_made_them():
    rows = synthetic()
    fit = fit_class("geforce", rows, np.zeros(len(rows)), "test")
    found = place_in(fit, Place("rtx-3090", "llama.cpp-cuda", "q4_k", "llama"))
    for word, value in TRUE.items():
        figure = found.figures[word]
        assert figure.value == pytest.approx(value, rel=0.1), word
        assert abs(figure.value - value) < 3 * figure.std, word
    # another device of the class is predicted, and the fit is less sure of it
    new = place_in(fit, Place("rtx-3070", "llama.cpp-cuda", "q4_k", "llama"))
    word = "memory_utilisation"
    assert new.figures[word].value == pytest.approx(TRUE[word], rel=0.1)
    assert new.figures[word].std > found.figures[word].std
    assert np.median(np.abs(predictions(fit, rows).errors)) < 0.03


def test_rows_that_are_wrong_pull_little():
    rows = synthetic()
    bad = [
        replace(each, seconds=3 * each.seconds) if i % 12 == 0 else each
        for i, each in enumerate(rows)
    ]
    for some in (rows, bad):
        fit = fit_class("geforce", some, np.zeros(len(some)), "test")
        found = place_in(fit, rows[0].place)
        assert found.figures["memory_utilisation"].value == pytest.approx(0.62, rel=0.1)


def test_the_covariance_is_that_of_repeated_fits():
    """Of the time of a step, whose numbers trade off, the spread is that of fits of new noise."""
    asked = sample_of(setup(card="llama-3.2-3b", prompt=256), "decode", 1.0)
    times, variances = [], []
    for seed in range(12):
        rows = synthetic(noise=0.05, seed=seed)
        fit = fit_class("geforce", rows, np.zeros(len(rows)), "test")
        found = predictions(fit, [asked])
        times.append(found.errors[0])
        variances.append(found.variance[0])
    assert np.std(times) == pytest.approx(np.sqrt(np.mean(variances)), rel=0.7)


def test_the_scatter_makes_intervals_hold_nine_of_ten():
    rows = synthetic(noise=0.2)
    beside = np.zeros(len(rows))
    left_out = [
        predictions(
            fit_class("", [rows[i] for i in train], beside[train], ""), [rows[i] for i in test]
        )
        for train, test in folds(rows, "cell", 5)
    ]
    fit = with_scatter(fit_class("geforce", rows, beside, "test"), left_out)
    assert 0.8 <= np.mean(predictions(fit, rows).covered) <= 0.99
    assert fit.scatter["llama.cpp-cuda|decode"] == pytest.approx(0.2, rel=0.5)


def test_the_bound_of_columns_is_that_of_one():
    design = Design([Place("a", "b", "q4_k")], ["memory_utilisation"], priors())
    x = np.linspace(-1, 1, len(design.keys))
    logs, slopes = design.logs(x)
    one = held("memory_utilisation", priors().centres["memory_utilisation"] + float(x.sum()))
    assert (logs["memory_utilisation"][0], slopes["memory_utilisation"][0]) == pytest.approx(one)


@pytest.mark.parametrize("split", ["cell", "model", "device"])
def test_folds_keep_together_what_belongs_together(split):
    rows = synthetic()
    seen = []
    for train, test in folds(rows, split, 3):
        names = [{"cell": r.cell, "model": r.model, "device": r.place.device}[split] for r in rows]
        assert not {names[i] for i in train} & {names[i] for i in test}
        seen += list(test)
    assert sorted(seen) == list(range(len(rows)))


def h200(count=None, faster=1.0):
    rows = [row for row in read_corpus(shipped_corpus()) if row.kind in ("decode", "prefill")]
    return [replace(row, value=faster * row.value) for row in rows[:count]]


def test_too_few_rows_are_refused():
    with pytest.raises(ConfigError, match="a fit needs"):
        fit_rows(h200(3), "test")
    with pytest.raises(ConfigError, match="none of 3 rows"):
        refit(h200(3), device="raspberry-pi-5")


def test_rows_of_ones_own_move_the_device_and_leave_the_rest():
    def on_h100(faster):
        rows = h200(40, faster)
        return [replace(r, labels=FrozenMap({**r.labels, "device": "h100-sxm"})) for r in rows]

    place = Place("h100-sxm", "torch-cudagraph", "bf16", "llama")
    before, after = (
        refit(on_h100(faster), device="h100-sxm", runtime="torch-cudagraph").fits[
            "nvidia-data-centre"
        ]
        for faster in (0.7, 0.5)
    )
    shipped, word = fitted("nvidia-data-centre", place), "memory_utilisation"
    slower, same = (place_in(fit, place).figures[word] for fit in (after, before))
    assert slower.value < 0.97 * same.value
    assert same.std / same.value < shipped.figures[word].std / shipped.figures[word].value
    assert (shipped.own, place_in(after, place).own) == (0, 36)
    elsewhere = Place("h100-pcie", "llama.cpp-cuda", "q4_k", "llama")
    other, unmoved = (place_in(fit, elsewhere).figures[word].value for fit in (after, before))
    assert other == pytest.approx(unmoved, rel=0.05)


def test_no_row_is_no_fit():
    with pytest.raises(ConfigError, match="no row"):
        solve([], priors())
