"""Real configs hold keys of tools: those pass; what looks like a size or a switch does not."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from edgesym.architectures.keys import may_change_cost, slip_of
from edgesym.architectures.locate import find_config
from edgesym.architectures.reader import read_model
from edgesym.errors import ConfigError
from tests.support import varied_cards

DATA = Path(__file__).parent.parent / "data"
ROWS = tomllib.loads((DATA / "tool_keys.toml").read_text("utf-8"))["row"]


def read(config):
    # of the text part: keys of LLaVA name a tower, which is counted beside it
    return read_model(config, name="m", origin="config.json", text_only=True)


@pytest.fixture(scope="module")
def plain():
    """A config per architecture, and the values of its model."""
    configs = [find_config(name).config for name in varied_cards()]
    return [(config, read(config).values) for config in configs]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_keys_of_tools_change_no_model(row, plain):
    for config, values in plain:
        assert read({**row["keys"], **config}).values == values


def test_there_are_as_many_as_promised():
    assert len({row["name"] for row in ROWS}) == len(ROWS) >= 60


DOUBTFUL = [
    ("mystery", 3),
    ("mystery", 64.0),
    ("n_head_kv", 8),
    ("num_experts_shared", 1),
    ("num_experts_shared", True),
    ("mixture_layers", [1, 3, 5]),
    ("layer_pattern", ["full", "linear"]),
    ("mlp_ratios", [0.25, 0.5]),
    ("use_sliding_window", True),
    ("use_qk_norm", True),
    ("attention_kind", "linear"),
    ("norm_kind", "rmsnorm"),
    ("mlp_ratio", 0.5),
    ("mlp_ratio", 2.67),
    ("kv_lora_rank", 512),
    ("conv_kernel", 4),
    ("state_size", 16),
    ("extra", {"inner": {"hidden_size": 64}}),
    ("headDim", 1),
    ("sliding_window_size", 4096),
    ("attention_sink_size", 4),
    ("rope_head_dim", 64),
    ("partial_rotary_factor", 0.5),
    ("tie_encoder_decoder", True),
    ("add_cross_attention", True),
    ("cross_attention_hidden_size", 768),
    ("pruned_heads", {"0": [1, 2]}),
]


@pytest.mark.parametrize(("key", "value"), DOUBTFUL)
def test_what_could_be_a_size_or_a_switch_is_refused(key, value):
    assert may_change_cost(key, value)
    config = {**find_config("llama-3.2-1b").config, key: value}
    with pytest.raises(ConfigError, match=rf"unknown key '{key}' = .* --allow-unknown {key}"):
        read(config)


HARMLESS = [
    ("mystery", None),
    ("mystery", 0),
    ("mystery", -1),
    ("mystery", 0.5),
    ("mystery", "plain"),
    ("mystery", True),
    ("mystery", ["a", "b"]),
    ("mystery", {"a": {"b": False}}),
    ("norm_topk", 0.0),
    ("router_noise", 0.01),
    ("attention_window", 0),
    ("head_checkpoint", "runs/3/head.pt"),
    ("layer_release", "1.0.2rc1"),
    ("expert_storage", "bfloat16"),
]


@pytest.mark.parametrize(("key", "value"), HARMLESS)
def test_what_can_be_neither_passes(key, value):
    assert not may_change_cost(key, value)
    read({**find_config("llama-3.2-1b").config, key: value})


def test_all_unknown_keys_are_told_at_once():
    config = {**find_config("llama-3.2-1b").config, "hiden_size": 64, "mystery": 7, "fine": 0.5}
    told = (
        r"unknown keys 'hiden_size' = 64 \(did you mean hidden_size or hidden_act\?\); and "
        r"'mystery' = 7, which may be a size and is not called one\. "
        r".* --allow-unknown hiden_size --allow-unknown mystery$"
    )
    with pytest.raises(ConfigError, match=told):
        read(config)


def test_a_long_value_is_cut_in_the_message():
    config = {**find_config("llama-3.2-1b").config, "layer_map": list(range(500))}
    with pytest.raises(ConfigError) as caught:
        read(config)
    assert len(str(caught.value)) < 200


SLIPS = [
    ("num_key_value_head", "num_key_value_heads"),
    ("tie_word_embedding", "tie_word_embeddings"),
    ("use_sliding_window", ""),
    ("attention_head_dim", ""),
    ("hiden_sizes_note", ""),
    ("_name", ""),
]


@pytest.mark.parametrize(("key", "known"), SLIPS)
def test_a_slip_of_the_pen_is_one_of_a_structural_name(key, known):
    names = ["num_key_value_heads", "sliding_window", "head_dim", "tie_word_embeddings", "name"]
    assert slip_of(key, names) == known


HONOURED = [
    ("bert", {"pruned_heads": {"0": [1]}}, "pruned_heads = .* is not covered"),
    ("distilbert", {"pruned_heads": {"0": [1]}}, "pruned_heads = .* is not covered"),
    ("roberta", {"pruned_heads": {"0": [1]}}, "pruned_heads = .* is not covered"),
    ("gpt2", {"pruned_heads": {"0": [1]}}, "pruned_heads = .* is not covered"),
    ("t5", {"tie_encoder_decoder": True}, "tie_encoder_decoder = True is not covered"),
    ("whisper", {"tie_encoder_decoder": True}, "tie_encoder_decoder = True is not covered"),
    ("xglm", {"add_cross_attention": True}, "add_cross_attention = True is not covered"),
    ("gpt2", {"add_cross_attention": True}, "add_cross_attention = True is not covered"),
    ("gemma3_text", {"sliding_window_size": 512}, "unknown key 'sliding_window_size'"),
    ("llama", {"partial_rotary_factor": 0.5}, "unknown key 'partial_rotary_factor'"),
    ("llama", {"rotary_dim": 64}, "unknown key 'rotary_dim'"),
]
#: What the class-less types need beside their defaults.
SIZES = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 6,
    "num_attention_heads": 4,
    "vocab_size": 100,
}


@pytest.mark.parametrize(("kind", "keys", "message"), HONOURED)
def test_a_key_that_a_class_honours_is_not_passed_over(kind, keys, message):
    base = {"model_type": kind, **(SIZES if kind == "llama" else {})}
    read(base)
    with pytest.raises(ConfigError, match=message):
        read({**base, **keys})


PASSED = [
    ("mistral", {"sliding_window_size": 4096, "attention_sink_size": 4}),
    ("gemma2", {"sliding_window_size": 4096}),
    ("phi", {"partial_rotary_factor": 0.4, "rotary_dim": 32}),
    ("gpt_neox", {"rotary_pct": 0.25}),
    ("bert", {"pruned_heads": {}, "chunk_size_feed_forward": 128}),
    ("t5", {"tie_encoder_decoder": False}),
]


@pytest.mark.parametrize(("kind", "keys"), PASSED)
def test_what_a_class_ignores_or_rotates_changes_no_dimension(kind, keys):
    sizes = {**SIZES, "num_key_value_heads": 4} if kind == "mistral" else {}
    base = {"model_type": kind, **sizes}
    assert read({**base, **keys}).values == read(base).values
