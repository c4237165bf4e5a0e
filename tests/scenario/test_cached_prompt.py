"""A prompt of which the first tokens are cached already."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edgesym import Run, Setup, load
from edgesym.analysis.crossovers.passing import crossings
from edgesym.analysis.estimate import estimate
from edgesym.analysis.inverse.solve import solve
from edgesym.analysis.pictures.axis import along, read_axis
from edgesym.analysis.sweep.sweep import sweep
from edgesym.architectures.reader import read_model
from edgesym.catalogue import find_quantity
from edgesym.devices import find_device
from edgesym.engine.evaluate import evaluate
from edgesym.errors import ConfigError, ExpressionError
from edgesym.graph.convention import convention
from edgesym.symbols import symbol
from edgesym.workload import phase

C, T, S_p = symbol("cached_tokens"), symbol("new_tokens"), symbol("prompt_tokens")
#: Full attention, a window, a chunk, a latent cache, experts, and recurrent states.
MODELS = (
    *("llama-3.2-1b", "gemma-3-1b", "llama-4-scout", "deepseek-v2-lite", "qwen3-30b-a3b"),
    *("nemotron-3-nano-4b", "qwen3.5-0.8b"),
)


def _setup(model: str, prompt: int, cached: int | None, **run: object) -> Setup:
    return Setup(load(model), None, Run(prompt=prompt, cached=cached, **run))  # type: ignore[arg-type]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(("cached", "prompt"), [(1, 2), (900, 1000), (5000, 9000)])
def test_the_prefill_is_the_step_on_what_is_cached(model: str, cached: int, prompt: int) -> None:
    setup = _setup(model, prompt, cached, batch=3)
    case = setup.case("prefill")
    for name in ("flops", "memory_traffic", "kv_cache_bytes"):
        step = find_quantity(name).expression(replace(case, workload=phase("step")))
        numbers = {**setup.values(), T: prompt - cached, C: cached}
        numbers |= {symbol(f"{which}source_tokens"): 0 for which in ("", "new_", "cached_")}
        form = find_quantity(name).expression(case)
        assert evaluate(form, setup.values()) == evaluate(step, numbers)


@pytest.mark.parametrize("model", MODELS)
def test_two_halves_of_a_prompt_are_the_whole(model: str) -> None:
    """FLOPs without logits: those of the first 700 tokens, and of 300 on these."""
    counting = convention("default,logits=none")

    def flops(prompt: int, cached: int | None) -> int:
        setup = _setup(model, prompt, cached, counting=counting)
        return evaluate(find_quantity("flops").expression(setup.case("prefill")), setup.values())

    assert flops(700, None) + flops(1000, 700) == flops(1000, None)
    assert flops(1000, 0) == flops(1000, None)


def test_a_generation_saves_what_the_prefix_costs() -> None:
    whole, rest = _setup("gemma-3-1b", 1000, None), _setup("gemma-3-1b", 1000, 600)

    def number(setup: Setup, name: str, which: str) -> int:
        return evaluate(find_quantity(name).expression(setup.case(which)), setup.values())

    saved = number(whole, "flops", "prefill") - number(rest, "flops", "prefill")
    assert whole.number("generation_flops") - rest.number("generation_flops") == saved > 0
    assert whole.number("kv_cache_bytes") == rest.number("kv_cache_bytes")


def test_a_window_reads_no_more_of_the_prefix_than_it_holds() -> None:
    def read(cached: int) -> int:
        setup = _setup("gemma-3-1b", cached + 1, cached)
        form = find_quantity("cache_traffic").expression(replace(setup.case("prefill"), part="*"))
        return evaluate(form, {**setup.values(), symbol("layers", "full"): 0})

    assert read(511) == read(5110)  # a window of 512 with the token itself


def test_first_tokens_come_sooner() -> None:
    device = find_device("raspberry-pi-5")

    def first(cached: int | None, **run: int) -> float:
        asked = Run(prompt=1024, cached=cached, weights="q4_0", **run)  # type: ignore[arg-type]
        return estimate(Setup(load("llama-3.2-1b"), device, asked)).quantities[
            "time_to_first_token"
        ]

    assert first(0) == pytest.approx(first(None))
    assert first(0) > first(512) > first(1023)
    assert first(1023, batch=4) > first(1023)


def test_what_is_cached_is_solved_for_and_swept() -> None:
    setup = Setup(load("llama-3.2-1b"), find_device("raspberry-pi-5"), Run(prompt=1024, cached=0))
    found = solve(setup, "cached_tokens", ["time_to_first_token <= 5s"])
    assert 0 < found.answer < 1023
    assert setup.run.prompt == 1024
    rows = sweep(
        setup,
        {"cached_tokens": "0,256,512,2000", "prompt": "512,1024"},
        ["time_to_first_token"],
    ).columns
    assert list(zip(rows["cached_tokens"], rows["prompt"], strict=True)) == [
        *((0, 512), (0, 1024), (256, 512), (256, 1024), (512, 1024))
    ]
    solved = solve(
        replace(setup, run=replace(setup.run, cached=1000)), "prompt", ["time_to_first_token <= 5s"]
    )
    assert solved.low is not None
    assert solved.low.value == 1001


def test_crossovers_of_the_prefill_begin_after_what_is_cached() -> None:
    found, _ = crossings(_setup("llama-3.2-1b", 1000, 900))
    assert all(c.passings == () or c.passings[0].first > 1 for c in found)


@pytest.mark.parametrize(
    ("run", "said"),
    [
        ({"prompt": 128, "cached": 128}, "cached = 128 leaves nothing of a prompt of 128 tokens"),
        ({"context": 256, "cached": 200}, "give 127 at most"),
        ({"prompt": 128, "cached": -1}, "cached"),
        ({"prompt": 128, "cached": 1.5}, "cached"),
    ],
)
def test_a_prefix_that_is_none_is_refused(run: dict[str, int], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Run(**run)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["t5", "bert"])
def test_encoders_cache_no_prefix(kind: str) -> None:
    model = read_model({"model_type": kind}, name=kind, origin=kind)
    with pytest.raises(ConfigError, match="leave --cached out"):
        Setup(model, None, Run(cached=64))


def test_an_axis_of_what_is_cached_is_open_where_it_is_given() -> None:
    closed, open_ = _setup("llama-3.2-1b", 1024, None), _setup("llama-3.2-1b", 1024, 0)
    with pytest.raises(ConfigError, match="--cached 0 or more"):
        sweep(closed, {"cached_tokens": "0,1"}, ["generation_flops"])
    with pytest.raises(ExpressionError, match="--cached 0 or more"):
        solve(closed, "cached_tokens", ["generation_flops <= 1TFLOP"])
    with pytest.raises(ConfigError, match="leave nothing to run"):
        along(open_, [read_axis("cached_tokens=0..2000")], "generation_flops")
    assert C in along(open_, [read_axis("cached_tokens=0..1000")], "generation_flops").free_symbols
