"""Models whose configs come with code of their authors, in the words of that code.

Where the same model is published in the words of transformers too, both have the same parameters;
elsewhere they are as many as its authors say it has (model cards of the Hugging Face Hub).
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edgesym.architectures.locate import load
from edgesym.architectures.reader import read_model
from edgesym.architectures.recipe import architectures, model_type_of
from edgesym.errors import ConfigError
from edgesym.ledger import Kind, ledger
from tests.support import evaluate, step_values

DATA = Path(__file__).parent.parent / "data" / "own_code.json"
ROWS = json.loads(DATA.read_text("utf-8"))
#: The card of a model in the words of transformers -> its config in those of its authors.
TWINS = {row["card"]: row["config"] for row in ROWS if "card" in row}
#: What its authors call a model, and its parameters as they print them -> its config.
PUBLISHED = {(row["name"], row["printed"]): row["config"] for row in ROWS if "name" in row}
SMALL = {
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 3,
    "num_attention_heads": 8,
    "vocab_size": 100,
}


def parameters(config):
    model = read_model(config, name="m", origin="config.json")
    return evaluate(ledger(model).filter(Kind.STORED).total(), step_values(model, (1, 1, 0)))


@pytest.mark.parametrize("card", TWINS)
def test_two_words_for_one_model_are_one_count(card):
    model = load(card)
    stored = ledger(model).filter(Kind.STORED).total()
    assert parameters(TWINS[card]) == evaluate(stored, step_values(model, (1, 1, 0)))


@pytest.mark.parametrize(("name", "printed"), PUBLISHED)
def test_it_has_the_parameters_that_its_authors_print(name, printed):
    found = parameters(PUBLISHED[name, printed])
    digits = len(printed.partition("e")[0].replace(".", ""))
    assert float(f"{found:.{digits - 1}e}") == float(printed)


def test_heads_of_each_layer_are_counted():
    heads = [1, 4, 8]
    config = {**SMALL, "model_type": "deci", "num_key_value_heads_per_layer": heads}
    plain = {**SMALL, "model_type": "llama"}
    ones = parameters({**plain, "num_key_value_heads": 1})
    assert parameters(config) == ones + sum(2 * 64 * 8 * (n - 1) for n in heads)
    assert parameters({**config, "model_type": "llama"}) == parameters(config)


def test_a_key_that_only_one_file_has_goes_before_the_type():
    assert model_type_of({"model_type": "chatglm", "position_encoding_2d": True}) == "chatglm1"
    assert model_type_of({"model_type": "chatglm"}) == "chatglm"
    assert model_type_of({"ssm_cfg": {}}) == "mamba_ssm"
    assert model_type_of({"ssm_cfg": {}, "model_type": "mamba"}) == "mamba"


def test_every_mark_stands_for_types_that_there_are():
    from edgesym.data import shipped, stems

    files = [shipped("architectures/data", stem) for stem in stems("architectures/data")]
    named = {kind for file in files for kinds in file.get("marks", {}).values() for kind in kinds}
    assert named <= architectures().keys()


def test_a_text_part_without_a_type_is_what_its_class_says():
    text = {**SMALL, "architectures": ["LlamaForCausalLM"]}
    whole = {"model_type": "unheard-of", "language_config": text, "vision_config": {"width": 64}}
    model = read_model(whole, name="m", origin="config.json")
    assert model.architecture == "llama"
    assert "vision_config is left out" in model.scope[0]


def test_latent_attention_may_be_left_out_of_deepseek_v2():
    config = {
        **SMALL,
        "model_type": "deepseek_v2",
        "use_mla": False,
        "kv_lora_rank": None,
        "q_lora_rank": None,
        "qk_nope_head_dim": 0,
        "qk_rope_head_dim": 0,
        "v_head_dim": 0,
        "n_routed_experts": 4,
        "num_experts_per_tok": 2,
        "moe_intermediate_size": 32,
        "n_shared_experts": 1,
        "first_k_dense_replace": 1,
    }
    twin = {
        k: v for k, v in config.items() if k in SMALL or "exp" in k or "moe" in k or "first" in k
    }
    assert parameters(config) == parameters({**twin, "model_type": "deepseek"})


def test_a_reward_model_has_one_score():
    config = {
        **SMALL,
        "model_type": "internlm2",
        "architectures": ["InternLM2ForRewardModel"],
        "bias": False,
    }
    assert parameters(config) == parameters({**config, "architectures": ["InternLM2Model"]}) + 64


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"rope": False}, "rope"),
        ({"layer_norm_type": "rms"}, "layer_norm_type"),
        ({"include_bias": True}, "include_bias"),
    ],
)
def test_what_the_files_do_not_cover_is_refused(changes, word):
    with pytest.raises(ConfigError, match=word):
        parameters({**TWINS["olmo-7b"], **changes})


def test_what_no_key_describes_is_said():
    config = {**SMALL, "model_type": "molmo", "intermediate_size": 192}
    model = read_model(config, name="m", origin="config.json")
    assert model.scope == (
        "the text part alone is counted: the vision tower, which no key describes, is left out",
    )
    assert read_model(config, name="m", origin="x", text_only=True).scope == ()


def test_experts_stand_in_place_of_a_feed_forward_layer():
    dense = {**SMALL, "model_type": "minicpm"}
    matrices, router = 3 * 64 * 96, 64 * 4
    found = parameters({**dense, "num_experts": 4, "num_experts_per_tok": 2})
    assert found == parameters(dense) + 3 * (3 * matrices + router)


@pytest.mark.parametrize(("version", "biases"), [(2.6, 1), ("2.6", 1), ("2.5", 0), (4.5, 0)])
def test_a_version_may_be_text(version, biases):
    text = {**SMALL, "model_type": "minicpmv", "version": version}
    norms = 2 * 3 * 8 if version == 4.5 else 0
    llama = parameters({**SMALL, "model_type": "llama"})
    assert parameters(text) == llama + biases * 3 * 3 * 64 + norms


def test_heads_of_mamba2_follow_from_its_width():
    given = {"hidden_size": 64, "num_hidden_layers": 2, "vocab_size": 100, "head_dim": 16}
    config = {**given, "model_type": "mamba2", "n_groups": 1}
    assert parameters(config) == parameters({**config, "num_heads": 8})
