"""What a config is read as where its model_type does not say it, and keys that no class reads."""

from __future__ import annotations

import pytest

from edgesym.architectures.config import common
from edgesym.architectures.multimodal import text_type
from edgesym.architectures.reader import architectures, read_model
from edgesym.errors import ConfigError, UnknownNameError
from edgesym.ledger import Kind, ledger
from tests.support import evaluate, step_values

SMALL = {
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 8,
    "vocab_size": 100,
}
LLAMA = {**SMALL, "model_type": "llama", "transformers_version": "4.46.2"}


def read(config):
    return read_model(config, name="m", origin="config.json")


def parameters(config):
    model = read(config)
    return evaluate(ledger(model).filter(Kind.STORED).total(), step_values(model, (1, 1, 0)))


def test_an_unknown_type_is_read_as_the_class_it_names():
    model = read({**SMALL, "model_type": "phi4", "architectures": ["Phi3ForCausalLM"]})
    assert model.architecture == "phi3"
    assert model.scope == ("model_type 'phi4' is read as Phi3ForCausalLM, which it names",)


def test_a_class_that_nobody_knows_does_not_help():
    with pytest.raises(UnknownNameError, match="sparse"):
        read({**SMALL, "model_type": "sparse", "architectures": ["SparseLlamaForCausalLM"]})


def test_a_type_that_is_asked_for_goes_before_the_class():
    config = {**SMALL, "model_type": "mine", "architectures": ["Phi3ForCausalLM"]}
    model = read_model(config, name="m", origin="config.json", architecture="llama")
    assert (model.architecture, model.scope) == ("llama", ())


@pytest.mark.parametrize(("whole", "text"), common()["texts"].items())
def test_a_text_config_without_a_type_has_that_of_the_wholes_class(whole, text):
    assert text in architectures()
    assert text_type(whole) == text


def test_a_text_config_whose_class_nobody_knows_has_the_type_of_the_whole():
    nested = {**SMALL, "architectures": ["SomebodysForCausalLM"]}
    model = read({"model_type": "llava", "text_config": nested})
    assert model.architecture == "llama"


@pytest.mark.parametrize(
    ("config", "known", "other"),
    [
        (LLAMA, "num_attention_heads", "n_head"),
        ({**LLAMA, "num_key_value_heads": 4}, "num_key_value_heads", "n_kv_heads"),
        (
            {**SMALL, "model_type": "bailing_moe", "num_experts": 8, "num_experts_per_tok": 2},
            "num_experts",
            "n_routed_experts",
        ),
    ],
)
def test_a_size_may_stand_under_another_of_its_names(config, known, other):
    renamed = {other if key == known else key: value for key, value in config.items()}
    assert parameters(renamed) == parameters(config)


def test_a_text_tower_projects_to_the_width_of_the_whole():
    text = {**SMALL, "projection_dim": 48, "max_position_embeddings": 7}
    vision = {**SMALL, "image_size": 28, "patch_size": 7}
    narrow, wide = (
        read(
            {
                "model_type": "clip",
                "projection_dim": n,
                "text_config": text,
                "vision_config": vision,
            }
        )
        for n in (16, 32)
    )
    counts = [
        evaluate(ledger(m).filter(Kind.STORED).total(), step_values(m, (1, 1, 0)))
        for m in (narrow, wide)
    ]
    assert counts[1] - counts[0] == 2 * 16 * 64


def test_a_key_that_the_class_does_not_read_is_passed_over_and_named():
    model = read({**LLAMA, "frobnication_layers": 3})
    told = "passed over, as LlamaConfig of transformers 5.23.0 reads none of it"
    assert model.scope == (f"{told}: 'frobnication_layers' = 3",)
    assert parameters({**LLAMA, "frobnication_layers": 3}) == parameters(LLAMA)


@pytest.mark.parametrize(
    "more",
    [
        {"transformers_version": None},
        {"transformers_version": "99.0.0"},
        {"transformers_version": ["4.46.2"]},
        {"auto_map": {"AutoModelForCausalLM": "mine.LlamaForCausalLM"}},
        {"model_type": "internlm"},
    ],
)
def test_elsewhere_it_is_refused(more):
    with pytest.raises(ConfigError, match="unknown key 'frobnication_layers' = 3"):
        read({**LLAMA, "frobnication_layers": 3, **more})


@pytest.mark.parametrize("slip", ["num_hidden_layer", "hiden_size", "numHiddenLayers"])
def test_a_slip_of_a_known_key_is_refused(slip):
    with pytest.raises(ConfigError, match=f"unknown key '{slip}' = 3; did you mean"):
        read({**LLAMA, slip: 3})


def test_git_has_the_parameters_of_its_class():
    """As many as GitForCausalLM of transformers 5.24.0 has."""
    vision = {**SMALL, "hidden_size": 36, "intermediate_size": 50, "num_attention_heads": 3}
    vision |= {"num_hidden_layers": 3, "image_size": 28, "patch_size": 7}
    text = {"hidden_size": 24, "intermediate_size": 60, "num_hidden_layers": 2, "vocab_size": 160}
    config = {**text, "model_type": "git", "num_attention_heads": 3, "vision_config": vision}
    model = read({**config, "max_position_embeddings": 1024})
    stored = ledger(model).filter(Kind.STORED).total()
    assert evaluate(stored, step_values(model, (1, 1, 0))) == 77_878
    assert not model.scope


@pytest.mark.parametrize(
    ("name", "architecture"),
    [("TFGPT2LMHeadModel", "gpt2"), ("T5EncoderModel", "t5"), ("FlaxT5EncoderModel", "t5")],
)
def test_a_class_tells_the_type_also_in_other_libraries(name, architecture):
    sizes = {"n_embd": 64, "n_head": 8, "n_layer": 2, "d_model": 64, "num_layers": 2}
    model = read({**sizes, "num_heads": 8, "vocab_size": 100, "architectures": [name]})
    assert (model.architecture, model.scope) == (architecture, ())
