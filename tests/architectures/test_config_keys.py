"""The keys of a config: each mistake is refused with the key, its value and the way out."""

from __future__ import annotations

import json

import pytest

from edgesym.architectures.locate import load
from edgesym.architectures.reader import read_model
from edgesym.errors import ConfigError, EdgesymError, UnknownNameError
from edgesym.symbols import symbol
from tests.support import SMALL_LLAMA, letters

LLAMA = SMALL_LLAMA
GEMMA = {"model_type": "gemma3_text", "num_hidden_layers": 12}
LLAMA_4 = {"model_type": "llama4_text", "num_hidden_layers": 8}


class GONE:
    """A key that is left out."""


@pytest.fixture
def read(tmp_path):
    """Write a config with changes and read it, as a user would."""

    def written(base, changes, **options):
        config = {k: v for k, v in {**base, **changes}.items() if v is not GONE}
        path = tmp_path / "config.json"
        path.write_text(json.dumps(config))
        return load(str(path), **options)

    return written


WRONG = [
    ({"hiden_size": 64}, "unknown key 'hiden_size' = 64; did you mean hidden_size"),
    ({"num_key_value_head": None}, "'num_key_value_head' = None; did you mean num_key_value_heads"),
    ({"mystery": 3}, "unknown key 'mystery' = 3; .* go on with --allow-unknown mystery"),
    ({"hidden_size": GONE}, "key 'hidden_size' is missing; add it"),
    ({"num_hidden_layers": GONE}, "key 'num_hidden_layers' is missing"),
    ({"hidden_size": None}, "hidden_size is null; give it a value"),
    ({"hidden_act": None}, "hidden_act is null; give it a value"),
    ({"hidden_size": "64"}, "hidden_size = '64' must be a whole number"),
    ({"hidden_size": True}, "hidden_size = True must be a whole number"),
    ({"hidden_size": [64]}, r"hidden_size = \[64\] must be a whole number"),
    ({"hidden_size": 64.5}, "hidden_size = 64.5 must be a whole number"),
    ({"vocab_size": float("nan")}, "line 1: NaN is no number of JSON"),
    ({"vocab_size": float("inf")}, "vocab_size = inf must be a whole number"),
    ({"num_hidden_layers": 0}, "num_hidden_layers = 0 must lie between 1 and"),
    ({"num_hidden_layers": -2}, "num_hidden_layers = -2 must lie between 1 and"),
    ({"intermediate_size": 10**400}, "intermediate_size = a number of 401 digits must lie between"),
    ({"intermediate_size": 1e300}, "intermediate_size = a number of 301 digits must lie between"),
    ({"num_key_value_heads": 3}, "4 query heads cannot share 3 key/value heads evenly"),
    ({"num_attention_heads": 6}, "head_dim .*hidden / heads.* = 10.66.* must be a whole number"),
    ({"num_key_value_heads": 0}, "num_key_value_heads = 0 must lie between"),
    ({"tie_word_embeddings": "yes"}, "tie_word_embeddings = 'yes' must be true or false"),
    ({"tie_word_embeddings": 1}, "tie_word_embeddings = 1 must be true or false"),
    ({"attention_bias": None}, "attention_bias is null"),
    ({"hidden_act": 5}, "hidden_act = 5 must be text"),
    ({"model_type": None}, "model_type is None; name the architecture there"),
    ({"model_type": 7}, "model_type is 7; name the architecture there"),
    ({"model_type": GONE}, "model_type is None"),
]


@pytest.mark.parametrize(("changes", "message"), WRONG, ids=lambda v: str(v)[:40])
def test_a_wrong_key_is_refused(read, changes, message):
    with pytest.raises(ConfigError, match=message) as caught:
        read(LLAMA, changes)
    assert "config.json" in str(caught.value)


def test_a_width_that_heads_share_is_a_multiple_of_them(read):
    griffin = {"model_type": "recurrent_gemma", "head_dim": 16, "lru_width": 96}
    read(griffin, {"num_attention_heads": 6})
    with pytest.raises(ConfigError, match="lru_width = 96 must be a multiple of the 5 heads"):
        read(griffin, {"num_attention_heads": 5})


UNKNOWN = [
    (
        {"model_type": "lama"},
        "model_type in .*config.json: 'lama'; nearest: .*llama.*--as FILE.toml",
    ),
    ({"hidden_act": "swiglu2"}, "activation function in .*config.json: 'swiglu2'"),
    ({"hidden_act": "sillu"}, "activation function in .*: 'sillu'; nearest: silu"),
    ({"torch_dtype": "float17"}, "dtype in .*config.json: 'float17'; nearest: float16"),
]


@pytest.mark.parametrize(("changes", "message"), UNKNOWN, ids=lambda v: str(v)[:40])
def test_an_unknown_name_is_refused_with_the_nearest(read, changes, message):
    with pytest.raises(UnknownNameError, match=message):
        read(LLAMA, changes)


WRONG_PATTERNS = [
    (GEMMA, {"layer_types": ["full_attention"]}, "layer_types"),
    (GEMMA, {"layer_types": 5}, "layer_types"),
    (GEMMA, {"layer_types": ["linear_attention"] * 12}, "kind of attention .*'linear'"),
    (GEMMA, {"sliding_window_pattern": 0}, "pattern"),
    (GEMMA, {"sliding_window_pattern": "six"}, "sliding_window_pattern = 'six' must be a whole"),
    (GEMMA, {"sliding_window": 0}, "sliding_window = 0 must lie between"),
    (GEMMA, {"num_hidden_layers": 200_000}, "200000 layers; at most 10000 where layers differ"),
    (LLAMA_4, {"interleave_moe_layer_step": 0}, "step"),
    (LLAMA_4, {"moe_layers": 3}, "moe_layers|not iterable"),
    (LLAMA_4, {"no_rope_layers": [1]}, "rope_layers|rotary_layers"),
]


@pytest.mark.parametrize(("base", "changes", "message"), WRONG_PATTERNS)
def test_a_pattern_of_layers_that_does_not_fit_is_refused(read, base, changes, message):
    with pytest.raises(EdgesymError, match=message):
        read(base, changes)


HARMLESS = [
    {"_name_or_path": "x", "bos_token_id": 1, "rms_norm_eps": 1e-5, "rope_theta": 1e6},
    {"some_new_feature": None, "another": False, "third": [], "fourth": {}, "fifth": ""},
    {"attention_dropout": 0.1, "initializer_range": 0.02, "quantization_config": {"bits": 4}},
    {"num_key_value_heads": 2.0},
    {"head_dim": None},
]


@pytest.mark.parametrize("changes", HARMLESS, ids=lambda v: ",".join(v)[:40])
def test_what_changes_no_cost_passes(read, changes):
    assert read(LLAMA, changes).values == read(LLAMA, {}).values


def test_an_unknown_key_passes_on_request(read):
    model = read(LLAMA, {"mystery": 3}, allow_unknown=["mystery"])
    assert model.values == read(LLAMA, {}).values


def test_absent_heads_of_keys_are_as_many_as_heads_and_null_too(read):
    A, K, D = letters("A K D")
    for changes in ({"num_key_value_heads": GONE}, {"num_key_value_heads": None}):
        values = read(LLAMA, changes).values
        assert (values[A], values[K], values[D]) == (4, 4, 16)
    assert read(LLAMA, {"head_dim": 99}).values[D] == 99


def test_a_config_can_be_read_as_another_type(read):
    assert read({**LLAMA, "model_type": "x"}, {}, architecture="llama").architecture == "llama"
    with pytest.raises(UnknownNameError, match="'lama'; nearest: llama"):
        read(LLAMA, {}, architecture="lama")


def test_a_token_uses_no_more_experts_than_there_are(read):
    moe = {**LLAMA, "model_type": "mixtral", "num_local_experts": 4, "num_experts_per_tok": 2}
    assert read(moe, {}).values[symbol("experts")] == 4
    with pytest.raises(ConfigError, match=r"4 experts .* are fewer than 9 experts_per_token"):
        read(moe, {"num_experts_per_tok": 9})


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("vocab_size", "vocab_size = nan must be a whole number"),
        ("partial_rotary_factor", "partial_rotary_factor = .* between 0 and 1"),
    ],
)
def test_no_key_of_a_config_in_python_is_no_number(key, message):
    scaled = {**LLAMA, "rope_scaling": {"rope_type": "llama3"}, key: float("nan")}
    with pytest.raises(ConfigError, match=message):
        read_model(scaled, name="mine", origin="mine", allow_unknown=["partial_rotary_factor"])


@pytest.mark.parametrize("share", [-2, float("inf"), 1e300, "x", True])
def test_the_share_of_a_head_that_is_rotated_is_a_fraction(read, share):
    scaled = {"rope_scaling": {"rope_type": "llama3"}, "partial_rotary_factor": share}
    with pytest.raises(ConfigError, match=r"partial_rotary_factor = .* between 0 and 1"):
        read(LLAMA, scaled, allow_unknown=["partial_rotary_factor"])


@pytest.mark.parametrize(("twin", "value"), [("num_heads", 4), ("num_layers", 2), ("d_model", 64)])
def test_a_size_that_is_said_twice_passes_if_both_are_equal(twin, value):
    config = {**SMALL_LLAMA, twin: value}
    read_model(config, name="m", origin="config.json")
    with pytest.raises(ConfigError, match=f"unknown key '{twin}'"):
        read_model({**config, twin: value + 1}, name="m", origin="config.json")
