"""Blocks that predict further tokens: their weights, against published sizes and by hand."""

from __future__ import annotations

from typing import Any

import pytest

from edgesym import Run, Setup, load
from edgesym.architectures.model import Model
from edgesym.architectures.reader import read_model
from edgesym.catalogue import Case, find_quantity
from edgesym.devices import find_device
from edgesym.engine.evaluate import evaluate
from edgesym.errors import ConfigError
from edgesym.symbols import symbol

MIMO = {
    "model_type": "mimo",
    "num_hidden_layers": 36,
    "hidden_size": 4096,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "intermediate_size": 11008,
    "vocab_size": 151680,
    "tie_word_embeddings": False,
    "num_nextn_predict_layers": 1,
}


def parameters(model: Model | None) -> Any:
    assert model is not None
    return evaluate(find_quantity("parameters").expression(Case(model)), model.values)


def mtp(name: str, device: str = "", **run: object) -> Setup:
    asked = {"draft_tokens": 1, "acceptance": 0.85, **run}
    machine = find_device(device) if device else None
    return Setup(load(name), machine, Run(draft="mtp", **asked))  # type: ignore[arg-type]


def test_deepseek_v3_has_the_parameters_that_its_repository_tells() -> None:
    """README_WEIGHTS.md: 11.5B parameters of its own; 685B in all with both tables once more."""
    model = load("deepseek-v3")
    own = parameters(model.ahead)
    assert own == pytest.approx(11.5e9, rel=0.015)
    tables = 2 * 129280 * 7168
    assert parameters(model) + own + tables == pytest.approx(685e9, rel=0.002)
    experts = 257 * 3 * 7168 * 2048 + 256 * 7168
    down, up = 7168 * 1536 + 7168 * (512 + 64), 1536 * 128 * 192 + 512 * 128 * (128 + 128)
    attention = down + up + 128 * 128 * 7168 + 1536 + 512
    assert own == experts + attention + 2 * 7168 * 7168 + 5 * 7168


def test_mimo_has_the_parameters_of_a_layer_and_a_projection() -> None:
    model = read_model(MIMO, name="mimo", origin="mimo")
    query, key = 4096 * 32 * 128, 4096 * 8 * 128
    layer = 2 * query + 2 * key + (32 + 2 * 8) * 128 + 3 * 4096 * 11008 + 2 * 4096
    assert parameters(model.ahead) == layer + 2 * 4096 * 4096 + 3 * 4096


@pytest.mark.parametrize("count", [0, None])
def test_a_config_may_say_that_there_is_none(count: int | None) -> None:
    keys = {**MIMO, "num_nextn_predict_layers": count}
    assert read_model(keys, name="mimo", origin="mimo").ahead is None


def test_further_tokens_are_no_part_of_the_model_itself() -> None:
    one, none = load("deepseek-v3"), read_model(MIMO, name="mimo", origin="mimo")
    assert parameters(one) == 671_026_404_352
    assert parameters(none) == 7_622_619_136
    assert one.ahead is not None
    assert one.ahead != one
    assert one.ahead.plans[0].name == "mtp"


@pytest.mark.parametrize("name", ["qwen3-next-80b-a3b", "qwen3.5-27b", "glm-4.5-air"])
def test_a_draft_step_is_one_layer_and_the_head(name: str) -> None:
    """FLOPs of a token: of the products 2 for each weight that it uses."""
    model = load(name)
    assert model.ahead is not None
    case = Case(model.ahead)
    active = evaluate(find_quantity("active_parameters").expression(case), model.ahead.values)
    work = evaluate(
        find_quantity("projection_flops").expression(case),
        {**model.ahead.values, symbol("batch"): 1, symbol("context"): 100},
    )
    head = model.values[symbol("vocab")] * model.values[symbol("hidden")]
    assert work == pytest.approx(2 * (active + head), rel=1e-3)


def test_weights_are_stored_once_and_cached_by_each_module() -> None:
    one = mtp("qwen3.5-4b", weights="bf16")
    alone = Setup(one.model, None, Run(weights="bf16"))
    added = one.number("weight_storage_bytes") - alone.number("weight_storage_bytes")
    assert added == 2 * parameters(one.model.ahead)
    several = read_model({**MIMO, "num_nextn_predict_layers": 3}, name="mimo", origin="mimo")
    three = Setup(several, None, Run(draft="mtp", draft_tokens=3, acceptance=0.5))
    once = Setup(several, None, Run())
    added = three.number("weight_storage_bytes") - once.number("weight_storage_bytes")
    assert added == 3 * 2 * parameters(several.ahead)
    cached = three.number("kv_cache_bytes") - 36 * 2 * 2 * 8 * 128 * (256 + 3)
    assert cached == 3 * 2 * 2 * 8 * 128 * 256


def test_formats_hold_for_the_block_too() -> None:
    one = mtp("qwen3.5-4b", "raspberry-pi-5", weights="q4_k_m", draft_tokens=2)
    assert one.number("speculative_speedup") > 1
    assert one.drafting is not None
    assert symbol("hidden") not in one.drafting.own


def test_deepseek_v3_speeds_up_as_reported_where_many_sequences_run() -> None:
    """1.8 times, with 85 to 90 % accepted: arXiv:2412.19437, section 5.4.3."""
    many = mtp("deepseek-v3", "h200-sxm", weights="fp8", batch=64, context=2048)
    single = mtp("deepseek-v3", "h200-sxm", weights="fp8", context=2048)
    assert 1.5 < many.number("speculative_speedup") < 1.85
    assert single.number("speculative_speedup") < many.number("speculative_speedup")


def test_models_without_such_a_block_are_refused() -> None:
    for name in ("mixtral-8x7b", "qwen3-8b"):
        with pytest.raises(ConfigError, match="says of no block that predicts further tokens"):
            mtp(name)


def test_a_file_that_names_no_kind_for_a_slot_is_refused(tmp_path: Any) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        'extends = "deepseek_v3"\nmodel_types = ["mine"]\n[slots.attention]\neach = "\'full\'"\n'
        '[slots.attention.kinds]\nfull = { layer = "latent_attention" }\n'
    )
    keys = {"num_nextn_predict_layers": 1}
    with pytest.raises(ConfigError, match="the slots are feed_forward, attention"):
        read_model(keys, name="mine", origin="mine", architecture=str(file))
