"""Drafted tokens: what a step yields, and what drafting and checking take, held against sums."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edgesym import Run, Setup, load
from edgesym.analysis.crossovers.regimes import COLUMNS, REGIMES, regime_map
from edgesym.analysis.crossovers.waits import waits
from edgesym.analysis.estimate import estimate
from edgesym.analysis.explanation.explain import explain
from edgesym.analysis.sensitivity import sensitivity
from edgesym.analysis.sweep.sweep import sweep
from edgesym.architectures.reader import read_model
from edgesym.catalogue import Case, find_quantity
from edgesym.devices import find_device
from edgesym.engine.evaluate import evaluate
from edgesym.errors import ConfigError, UnknownNameError
from edgesym.graph.convention import convention
from edgesym.symbols import describe, symbol
from edgesym.workload import phase

A, K, S = symbol("acceptance"), symbol("draft_tokens"), symbol("context")
#: Dense and with experts; the same device, and one whose runtime schedules sequences.
PAIRS = (
    ("qwen3-8b", "qwen3-0.6b", "raspberry-pi-5"),
    ("qwen3-30b-a3b", "qwen3-0.6b", "jetson-orin-nano-8gb"),
    ("llama-3.1-8b", "llama-3.2-1b:q4_0", "raspberry-pi-5"),
)


def setup(model: str, draft: str, device: str = "", **run: object) -> Setup:
    asked = {"draft_tokens": 4, "acceptance": 0.8, "weights": "q8_0", **run}
    machine = find_device(device) if device else None
    return Setup(load(model), machine, Run(draft=draft, **asked))  # type: ignore[arg-type]


def step_time(one: Setup, new: int, cached: int, batch: int = 1) -> float:
    """What a step of the model alone takes, with the logits of every token."""
    plain = replace(one.run, draft="", draft_tokens=None, acceptance=None)
    alone = replace(one, run=replace(plain, counting=convention("default,logits=all")))
    case = replace(alone.case("decode"), workload=phase("step"))
    numbers = {symbol("batch"): batch, symbol("new_tokens"): new, symbol("cached_tokens"): cached}
    return float(evaluate(find_quantity("step_time").expression(case), alone.values() | numbers))


def round_time(one: Setup, context: int) -> float:
    """Drafting token by token, and checking."""
    run, draft = one.run, one.draft
    assert run.draft_tokens is not None
    drafting = 0.0 if draft is None else step_time(draft, 1, context - 1, run.batch)
    checking = step_time(one, run.draft_tokens + 1, context - 1, run.batch)
    return run.draft_tokens * drafting + checking


def simulated(tokens: int, acceptance: float, drafted: int, seed: int = 7) -> float:
    """Steps until so many tokens are made, on average over many runs."""
    chance, steps, runs = np.random.default_rng(seed), 0, 4000
    for _ in range(runs):
        made = 0
        while made < tokens:
            steps += 1
            made += 1
            for _ in range(drafted):
                if chance.random() >= acceptance:
                    break
                made += 1
    return steps / runs


def yields(acceptance: float, drafted: int) -> float:
    form = find_quantity("expected_tokens_per_step").expression(Case(load("llama-3.2-1b")))
    return float(evaluate(form, {A: acceptance, K: drafted}))


@pytest.mark.parametrize(("acceptance", "drafted"), [(0.8, 4), (0.3, 2), (0.95, 8), (0.0, 3)])
def test_a_step_yields_what_a_simulation_does(acceptance: float, drafted: int) -> None:
    tokens = 2000
    found = tokens / simulated(tokens, acceptance, drafted) if acceptance else 1.0
    assert yields(acceptance, drafted) == pytest.approx(found, rel=0.01)
    assert yields(1, drafted) == drafted + 1


def test_steps_of_a_generation_are_at_most_one_more_than_counted() -> None:
    """What the last step yields beyond the tokens wanted is left out."""
    for tokens, acceptance, drafted in ((127, 0.8, 4), (31, 0.6, 3), (127, 0.9, 8)):
        counted = tokens / yields(acceptance, drafted)
        assert counted <= simulated(tokens, acceptance, drafted) <= counted + 1


@pytest.mark.parametrize(("model", "draft", "device"), PAIRS)
@pytest.mark.parametrize("batch", [1, 3])
def test_a_step_is_what_its_parts_take(model: str, draft: str, device: str, batch: int) -> None:
    one = setup(model, draft, device, batch=batch)
    made, context = yields(0.8, 4), one.run.timed_at
    taken = round_time(one, context)
    assert one.number("time_per_output_token") == pytest.approx(taken / made)
    assert one.number("tokens_per_second") == pytest.approx(batch * made / taken)
    parts = one.number("drafting_time") + one.number("verification_time")
    assert parts == pytest.approx(taken)
    plain = step_time(one, 1, context - 1, batch)
    assert one.number("speculative_speedup") == pytest.approx(made * plain / taken)
    assert sum(waits(one).values()) == pytest.approx(taken)


@pytest.mark.parametrize(("model", "draft", "device"), PAIRS)
def test_the_first_token_waits_for_both_prefills(model: str, draft: str, device: str) -> None:
    one = setup(model, draft, device, prompt=300)
    run = replace(one.run, draft="", draft_tokens=None, acceptance=None)
    alone = replace(one, run=run)
    both = alone.number("time_to_first_token") + one.draft.number("time_to_first_token")
    assert one.number("time_to_first_token") == pytest.approx(both)


@pytest.mark.parametrize(("model", "draft", "device"), PAIRS)
def test_a_generation_is_the_sum_of_its_steps(model: str, draft: str, device: str) -> None:
    one = setup(model, draft, device, prompt=60, generate=40)
    steps = sum(round_time(one, context) for context in range(61, 100))
    whole = one.number("time_to_first_token") + steps / yields(0.8, 4)
    assert one.number("generation_time") == pytest.approx(whole)
    terms = explain(one, "generation_time").chain[0].terms
    assert sum(float(term.value) for term in terms) == pytest.approx(whole)
    assert {"draft prefill", "draft decode"} <= {
        term.name.partition(" (")[2][:-1] for term in terms
    }


def test_experts_make_checking_dearer() -> None:
    """8 of 128 experts a token: five tokens read more than one does, as a dense model's do not."""
    dense = setup("qwen3-8b", "lookup", "jetson-orin-nano-8gb", weights="bf16")
    sparse = setup("qwen3-30b-a3b", "lookup", "jetson-orin-nano-8gb", weights="bf16")
    ratios = [
        float(one.number("verification_time")) / step_time(one, 1, one.run.timed_at - 1)
        for one in (dense, sparse)
    ]
    assert ratios[0] < 1.1
    assert ratios[1] > 2
    experts = 128 * (1 - (1 - 8 / 128) ** 5)
    form = find_quantity("weight_bytes").expression(sparse.case("decode"))
    one_expert = 3 * 2048 * 768 * 2 * 48
    none = evaluate(form, {**sparse.values(), symbol("experts_per_token"): 1e-12})
    read = evaluate(form, sparse.values())
    assert float(read - none) == pytest.approx(experts * one_expert, rel=1e-6)


def test_the_speedup_is_the_papers_where_checking_is_a_step() -> None:
    """(1 - a^(k + 1)) / ((1 - a) (k c + 1)), Leviathan et al. 2023, theorem 3.8."""
    one = setup("qwen3-8b", "qwen3-0.6b", "raspberry-pi-5")
    plain = step_time(one, 1, one.run.timed_at - 1)
    c = float(one.number("drafting_time")) / 4 / plain
    paper = (1 - 0.8**5) / ((1 - 0.8) * (4 * c + 1))
    checked = float(one.number("verification_time")) / plain
    ours = float(one.number("speculative_speedup"))
    assert ours < paper
    assert ours == pytest.approx(paper * (4 * c + 1) / (4 * c + checked))


def test_memory_holds_the_draft_too() -> None:
    one = setup("qwen3-8b", "qwen3-0.6b", "raspberry-pi-5", weights="bf16")
    alone = replace(one, run=replace(one.run, draft="", draft_tokens=None, acceptance=None))
    assert one.draft is not None
    for name in ("weight_storage_bytes", "weight_memory_bytes"):
        assert one.number(name) == alone.number(name) + one.draft.number(name)
    assert one.number("parameters") == alone.number("parameters")
    longer = replace(alone, run=replace(alone.run, context=one.run.timed_at + 4))
    held = longer.number("kv_cache_bytes") + one.draft.number("kv_cache_bytes")
    assert one.number("kv_cache_bytes") == held
    assert one.number("load_time") > alone.number("load_time")


def test_energy_is_of_both() -> None:
    one = setup("qwen3-8b", "qwen3-0.6b", "raspberry-pi-5")
    values, case = one.values(), one.case("decode")
    spent = find_quantity("energy_per_step").expression(case)
    assert one.number("energy_per_token") == pytest.approx(
        float(evaluate(spent, values)) / yields(0.8, 4)
    )
    free = one.number("energy_per_token") < setup("qwen3-8b", "lookup", "raspberry-pi-5").number(
        "energy_per_token"
    )
    assert not free


def test_drafts_have_symbols_of_their_own() -> None:
    one = setup("qwen3-8b", "qwen3-0.6b:q4_0", "raspberry-pi-5")
    free = one.expression("time_per_output_token").free_symbols
    words = {describe(s).word for s in free}
    assert {"hidden", "hidden.draft", "layers.draft", "memory_bandwidth"} <= words
    assert {"acceptance", "draft_tokens"} <= words
    assert "memory_bandwidth.draft" not in words
    assert free <= one.values().keys()
    smaller = replace(one, run=replace(one.run, given=((symbol("layers", "draft"), 7),)))
    assert smaller.number("time_per_output_token") < one.number("time_per_output_token")


def test_a_map_of_steps_counts_what_they_make() -> None:
    one = setup("qwen3-8b", "qwen3-0.6b", "raspberry-pi-5")
    found = regime_map(one, [1, 3], [256, 1024])
    assert found.time[0, 0] == pytest.approx(float(one.number("time_per_output_token")))
    row = dict(zip(COLUMNS, next(found.rows()), strict=True))
    assert row["tokens_per_second"] == pytest.approx(float(one.number("tokens_per_second")))
    assert sum(row[f"{name}_share"] for name in REGIMES) == pytest.approx(1)


def test_a_draft_finds_the_prefix_cached_too() -> None:
    one = setup("qwen3-8b", "qwen3-0.6b", "raspberry-pi-5", prompt=300, cached=200)
    alone = replace(one, run=replace(one.run, draft="", draft_tokens=None, acceptance=None))
    assert one.draft is not None
    both = alone.number("time_to_first_token") + one.draft.number("time_to_first_token")
    assert one.draft.run.cached == 200
    assert one.number("time_to_first_token") == pytest.approx(both)


def test_every_verb_speaks_of_drafts() -> None:
    one = setup("qwen3-8b", "qwen3-0.6b", "raspberry-pi-5")
    found = sensitivity(one, "speculative_speedup")
    assert {"acceptance", "draft_tokens"} <= {describe(p.symbol).word for p in found.partials}
    rows = sweep(one, {"draft_tokens": "1..8", "acceptance": "0,0.5,1"}, ["speculative_speedup"])
    assert rows.kept == 24
    assert (rows["speculative_speedup"] > 0).all()
    asked = estimate(one)
    assert asked.quantities["time_per_output_token"] == pytest.approx(
        float(one.number("time_per_output_token"))
    )
    assert sum(asked.shares.values()) == pytest.approx(1)
    assert asked.as_json()["draft"] == "qwen3-0.6b"
    assert "4 tokens drafted by qwen3-0.6b" in one.describe()


def test_what_a_step_computes_is_explained() -> None:
    one = setup("qwen3-8b", "qwen3-0.6b", "raspberry-pi-5")
    for name in ("flops", "memory_traffic", "weight_storage_bytes", "time_per_output_token"):
        found = explain(one, name)
        for link in found.chain:
            if link.terms:
                assert sum(float(t.value) for t in link.terms) == pytest.approx(float(link.value))


_BAD: tuple[tuple[dict[str, object], str], ...] = (
    ({"draft": "lookup", "draft_tokens": 4, "acceptance": 1.2}, "acceptance"),
    ({"draft": "lookup", "draft_tokens": 4, "acceptance": -0.1}, "acceptance"),
    ({"draft": "lookup", "draft_tokens": 0, "acceptance": 0.5}, "draft_tokens"),
    ({"draft": "lookup", "draft_tokens": 1.5, "acceptance": 0.5}, "draft_tokens"),
    ({"draft_tokens": 4}, "says nothing without a draft"),
    ({"acceptance": 0.4}, "says nothing without a draft"),
)


@pytest.mark.parametrize(("run", "said"), _BAD)
def test_numbers_of_drafts_that_are_none_are_refused(run: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Run(**run)  # type: ignore[arg-type]


def test_drafts_that_cannot_draft_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"128,256 tokens and qwen3-8b one of 151,936"):
        _ = setup("qwen3-8b", "llama-3.2-1b").drafting
    with pytest.raises(UnknownNameError, match=r"qwen3-0\.6c"):
        _ = setup("qwen3-8b", "qwen3-0.6c").drafting
    with pytest.raises(UnknownNameError, match="q4_9"):
        setup("qwen3-8b", "qwen3-0.6b:q4_9")
    with pytest.raises(ConfigError, match="says of no block"):
        setup("qwen3-8b", "mtp")
    with pytest.raises(ConfigError, match="one token"):
        setup("qwen3-8b", "lookup", composition="edgeprofiler")
    bert = read_model({"model_type": "bert"}, name="bert", origin="bert")
    with pytest.raises(ConfigError, match="has an encoder"):
        Setup(bert, None, Run(draft="qwen3-0.6b"))


def test_vocabularies_may_differ_by_padding() -> None:
    padded = setup("qwen2.5-7b", "qwen2.5-0.5b")
    rows = [one.model.values[symbol("vocab")] for one in (padded, padded.draft)]
    assert rows == [152064, 151936]


def test_what_is_not_said_is_asked_for() -> None:
    one = setup("qwen3-8b", "lookup", "raspberry-pi-5", acceptance=None)
    with pytest.raises(ConfigError, match=r"give it with --acceptance"):
        one.number("time_per_output_token")
    plain = Setup(load("qwen3-8b"), find_device("raspberry-pi-5"), Run(weights="q8_0"))
    with pytest.raises(ConfigError, match="--draft MODEL, mtp or lookup, --acceptance"):
        plain.number("speculative_speedup")
