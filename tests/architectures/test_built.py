"""What the class that a config names has in place of a head, and what lies beside the text."""

from __future__ import annotations

import pytest

from edgesym.architectures.reader import read_model
from edgesym.errors import ConfigError
from edgesym.oracle.compare import our_counts
from edgesym.symbols import symbol
from tests.support import SMALL_LLAMA

LLAMA = {**SMALL_LLAMA, "dtype": "bfloat16"}
WHOLE = 86_848
HEAD = 100 * 64
CLASSES = [
    ("LlamaForCausalLM", WHOLE, ""),
    ("LlamaModel", WHOLE - HEAD, "it has no head"),
    ("LlamaForSequenceClassification", WHOLE - HEAD + 3 * 64, "a classifier without bias"),
    ("LlamaForTokenClassification", WHOLE - HEAD + 3 * 65, "a classifier of tokens"),
    ("LlamaForQuestionAnswering", WHOLE - HEAD + 2 * 65, "two scores a token"),
    ("SomebodysOwnModel", WHOLE, "a class of its authors"),
]


def read(keys, **options):
    return read_model(keys, name="m", origin="config.json", **options)


@pytest.mark.parametrize(("named", "parameters", "said"), CLASSES)
def test_a_class_is_counted_with_what_it_has(named, parameters, said):
    model = read({**LLAMA, "architectures": [named], "id2label": {"0": "a", "1": "b", "2": "c"}})
    assert our_counts(model)["parameters"] == parameters
    assert [note for note in model.scope if said not in note] == []
    assert bool(model.scope) == bool(said)


@pytest.mark.parametrize("named", ["LlamaForRewardModelling", "LlamaForRewardModel"])
def test_a_class_of_another_end_is_refused_with_the_remedy(named):
    with pytest.raises(ConfigError, match=rf"architectures names {named}.* Set architectures to"):
        read({**LLAMA, "architectures": [named]})


def test_the_class_of_a_text_part_has_no_head():
    embedding = {"model_type": "gemma3_text", "use_bidirectional_attention": True}
    model = read({**embedding, "architectures": ["Gemma3TextModel"], "dtype": "float32"})
    assert model.scope == ("counted as Gemma3TextModel: it has no head",)
    assert our_counts(model)["kv_bytes_129_bf16"] == 0


@pytest.mark.parametrize(
    ("keys", "known"),
    [
        (
            {"architectures": ["LlamaForCausalLMEagle3"]},
            "architectures names LlamaForCausalLMEagle3",
        ),
        ({"architectures": ["DFlashDraftModel"]}, "architectures names DFlashDraftModel"),
        ({"draft_vocab_size": 32000}, "it has draft_vocab_size"),
        ({"model_type": "medusa", "medusa_num_heads": 5}, "it has medusa_num_heads"),
    ],
)
def test_a_head_that_drafts_is_refused_in_one_line(keys, known):
    with pytest.raises(ConfigError, match=rf"a head that drafts tokens .*\({known}\)") as refused:
        read({**LLAMA, **keys})
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("named", "file"),
    [
        ("Qwen2MoeForCausalLM", "qwen2_moe"),
        ("GPT2LMHeadModel", "gpt2"),
        ("XLMRobertaForMaskedLM", "xlm-roberta"),
        ("GPTNeoXForCausalLM", "gpt_neox"),
    ],
)
def test_a_config_without_a_type_is_what_its_class_is_of(named, file):
    sizes = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
    sizes |= {"num_key_value_heads": 2} if file == "qwen2_moe" else {}
    assert read({**sizes, "architectures": [named]}).architecture == file


def test_a_decoder_of_bert_has_a_cache_and_an_encoder_none():
    sizes = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
    bert = {**sizes, "model_type": "bert", "intermediate_size": 96, "vocab_size": 100}
    decoder = read({**bert, "is_decoder": True, "architectures": ["BertLMHeadModel"]})
    assert our_counts(decoder)["kv_bytes_129_bf16"] == 2 * 129 * 2 * 64 * 2
    assert (
        our_counts(read({**bert, "architectures": ["BertLMHeadModel"]}))["kv_bytes_129_bf16"] == 0
    )
    with pytest.raises(ConfigError, match="decoder_of_another_class"):
        read({**bert, "is_decoder": True, "architectures": ["BertModel"]})


TOWERS = [
    ("siglip_vision_model", 92_884_224),
    ("clip_vision_model", 87_456_000),
    ("pixtral", 403_489_792),
    ("qwen3_vl", 566_949_104),
    ("qwen3_5", 453_650_672),
    ("qwen2_5_vl", 3_083_025_152),
    ("qwen2_vl", 675_759_104),
]


@pytest.mark.parametrize(("kind", "parameters"), TOWERS)
def test_a_tower_counts_as_its_class_does(kind, parameters):
    # transformers 5.24.0: the vision class of each type at its defaults, on the meta device
    qwen = kind.startswith("qwen")
    whole = {"text_config": LLAMA, "vision_config": {"model_type": kind}}
    model = read({"model_type": kind if qwen else "llava", **whole})
    width, hidden = (model.values[symbol("hidden", of)] for of in ("vision", ""))
    projector = 0 if qwen else hidden * (width + 1) + hidden * (hidden + 1)
    assert model.towers[0].parameters == parameters + projector
    assert model.counted == f"text and vision tower ({parameters + projector:,} parameters)"
    assert not model.scope


def test_a_tower_that_nobody_knows_is_said_without_a_number():
    whole = {"text_config": LLAMA, "vision_config": {"depth": 3}, "audio_config": {"depth": 3}}
    assert read({"model_type": "aria", **whole}).scope == (
        "the text part alone is counted: vision_config and audio_config are left out",
    )


def test_of_phimoe_two_experts_run_whatever_the_config_says():
    model = read({"model_type": "phimoe", "num_experts_per_tok": 4})
    assert model.values[symbol("experts_per_token")] == 2


def test_layers_with_a_window_need_one():
    sliding = ["sliding_attention", "full_attention"]
    qwen = {**LLAMA, "model_type": "qwen2", "layer_types": sliding}
    with pytest.raises(ConfigError, match="layers are sliding and no window is given; set sliding"):
        read(qwen)
    assert read({**qwen, "use_sliding_window": True, "sliding_window": 8})


@pytest.mark.parametrize(
    ("dtype", "said"),
    [("half", "fp16"), ("auto", "bf16"), ("float8_e4m3fn", "fp8"), ("torch.float16", "fp16")],
)
def test_a_dtype_is_called_as_pytorch_calls_it(dtype, said):
    assert read({**LLAMA, "dtype": dtype}).dtype == said


@pytest.mark.parametrize("activation", ["quick_gelu", "gelu_10", "mish", "linear", "hardswish"])
def test_an_activation_is_called_as_transformers_calls_it(activation):
    assert our_counts(read({**LLAMA, "hidden_act": activation}))["parameters"] == WHOLE
