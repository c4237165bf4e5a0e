"""A quantization_config is a format of the weights where its method is known."""

import pytest

from edgesym.analysis.comparison.compare import compare
from edgesym.analysis.documents.comparison.data import comparison_data
from edgesym.analysis.documents.comparison.document import side_by_side
from edgesym.analysis.estimate import estimate
from edgesym.architectures.locate import load
from edgesym.architectures.modules import listed_modules
from edgesym.architectures.naming import cards
from edgesym.architectures.quantization import Published, published_format
from edgesym.architectures.reader import read_model
from edgesym.data import shipped
from edgesym.devices import find_device
from edgesym.formats import Formats, recipes
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup

GROUP = {"type": "float", "num_bits": 4, "group_size": 16}
EIGHT = {"type": "float", "num_bits": 8}
FOUR = {"type": "int", "num_bits": 4, "group_size": 32, "symmetric": False}


def groups(*weights):
    return {str(i): {"weights": w} for i, w in enumerate(weights)}


#: What a config says -> recipe and format of what is quantised.
AWQ = {"quant_method": "awq", "bits": 4, "group_size": 128, "zero_point": True}

KNOWN = [
    ({"quant_method": "fp8", "fmt": "e4m3"}, "fp8_linear", "fp8_e4m3"),
    (
        {"quant_method": "fp8", "weight_block_size": [128, 128]},
        "fp8_linear fp8_block",
        "fp8_block",
    ),
    ({"quant_method": "fbgemm_fp8"}, "fp8_linear fp8_channel", "fp8_channel"),
    ({"quant_method": "mxfp4"}, "mxfp4_experts", "mxfp4"),
    ({"quant_method": "awq", "bits": 4, "group_size": 64}, "awq awq4_g64", "awq4_g64"),
    ({"quant_method": "gptq", "bits": 8, "group_size": -1}, "gptq gptq8_channel", "gptq8_channel"),
    ({"quant_method": "gptq", "bits": 4}, "gptq gptq4_g128", "gptq4_g128"),
    ({"quant_method": "bitsandbytes", "load_in_4bit": True}, "nf4", "nf4"),
    (
        {
            "quant_method": "bitsandbytes",
            "load_in_4bit": True,
            "bnb_4bit_use_double_quant": True,
        },
        "nf4 nf4_double",
        "nf4_double",
    ),
    ({"quant_method": "bitsandbytes", "load_in_8bit": True}, "nf4 int8_channel", "int8_channel"),
    (
        {"quant_method": "modelopt", "config_groups": groups(GROUP)},
        "all_linear nvfp4",
        "nvfp4",
    ),
    ({"quant_algo": "FP8", "config_groups": groups(EIGHT)}, "all_linear fp8_e4m3", "fp8_e4m3"),
    (
        {"quant_method": "compressed-tensors", "config_groups": groups(FOUR)},
        "all_linear int4_g32_asym",
        "int4_g32_asym",
    ),
    ({"bits": 4, "group_size": 64}, "mlx_4bit", "mlx4_g64"),
    ({"quant_method": "modelopt", "quant_algo": "FP8"}, "all_linear fp8_e4m3", "fp8_e4m3"),
    ({"quant_algo": "NVFP4", "exclude_modules": ["lm_head"]}, "all_linear nvfp4", "nvfp4"),
    ({"quant_method": "eetq", "weights": "int8"}, "int8_linear w8a8", "w8a8"),
    (
        {"quant_method": "quanto", "weights": "int4"},
        "int8_linear int4_g128_asym16",
        "int4_g128_asym16",
    ),
    (
        {"quant_method": "torchao", "quant_type": "int8_weight_only"},
        "int8_linear",
        "int8_channel",
    ),
    ({"quant_method": "bitnet", "quantization_mode": "offline"}, "int8_linear bitnet", "bitnet"),
]


@pytest.mark.parametrize(("found", "recipe", "layout"), KNOWN)
def test_a_known_method_is_a_recipe(found, recipe, layout):
    published = published_format({"quantization_config": found})
    assert (published.recipe.name, published.recipe.main.name) == (recipe, layout)
    assert published.note == ""


def test_every_method_follows_a_recipe():
    rows = shipped("architectures/shared", "quantization")["methods"]
    assert {row["recipe"] for row in rows.values()} <= recipes().keys()


def test_the_key_of_mlx_is_read():
    found = {"bits": 4, "group_size": 64}
    assert published_format({"quantization": found}).recipe.name == "mlx_4bit"


@pytest.mark.parametrize(
    ("found", "word"),
    [
        ({"quant_method": "aqlm"}, "aqlm"),
        ({"quant_method": "gptq", "bits": 5}, "bits = 5"),
        ({"quant_method": "quanto", "weights": "int2"}, "int2"),
        ({"quant_algo": "W4A8_AWQ"}, "W4A8_AWQ"),
        ({"quant_method": "modelopt", "config_groups": groups(GROUP, EIGHT)}, "mixture"),
        ({"bits": 4, "group_size": 64, "model.layers.0.mlp": {"bits": 8}}, "mixture"),
    ],
)
def test_an_unknown_one_is_said(found, word):
    published = published_format({"quantization_config": found})
    assert published.recipe is None
    assert word in published.note
    assert "--weights" in published.note


@pytest.mark.parametrize("config", [{}, {"quantization_config": None}, {"compression_config": {}}])
def test_no_quantisation_is_no_note(config):
    assert published_format(config) == Published()


def _quantised(name="llama-3.1-8b", **found):
    config = {**cards()[name]["config"], "quantization_config": found}
    return read_model(config, name="x", origin="x")


def test_the_model_takes_it_and_computes_in_its_dtype():
    model = _quantised(quant_method="fp8")
    run = Formats.published(model.dtype, model.quantized)
    found = (run.weights.name, run.activations.name, run.cache.name)
    assert found == ("fp8_linear", "bf16", "bf16")
    assert Formats.published(model.dtype, model.quantized, "int4").weights.name == "int4"


#: Layers of Llama 3.1 8B, their linear elements and what is not linear, in elements.
LAYERS, LINEAR, TABLES, NORMS = 32, 218_103_808, 2 * 128_256 * 4096, 65 * 4096


#: What stays in bf16, by the modules that a config lists -> elements.
KEPT = [
    (["lm_head"], TABLES),
    (["lm_head", "re:.*self_attn.*"], TABLES + LAYERS * (2 * 4096 * 4096 + 2 * 4096 * 1024)),
    (
        ["lm_head", "model.layers.0.mlp.down_proj", "model.layers.31.mlp.down_proj"],
        TABLES + 2 * 4096 * 14336,
    ),
    ([], TABLES // 2),
]


@pytest.mark.parametrize(("ignored", "kept"), KEPT)
def test_modules_that_are_ignored_stay_as_they_are(ignored, kept):
    eight = {"type": "float", "num_bits": 8, "strategy": "tensor"}
    model = _quantised(
        quant_method="compressed-tensors", config_groups=groups(eight), ignore=ignored
    )
    whole = LAYERS * LINEAR + TABLES
    scaled = 7 * LAYERS + 1
    stored = Setup(model).number("weight_storage_bytes")
    assert 0 <= stored - (whole - kept + 2 * (kept + NORMS)) <= 4 * scaled


def test_gpt_oss_is_as_large_as_its_files():
    """13,761,264,768 bytes: total_size of model.safetensors.index.json of openai/gpt-oss-20b."""
    assert Setup("gpt-oss-20b").number("weight_storage_bytes") == 13_761_264_768


def test_a_module_kept_wider_may_stand_alone():
    listed, alone = (
        published_format({"quantization_config": {**AWQ, "modules_to_not_convert": given}})
        for given in (["lm_head"], "lm_head")
    )
    assert listed == alone
    assert not alone.note


@pytest.mark.parametrize("given", [5, True, {"a": 1}])
def test_modules_kept_wider_that_are_none_are_told(given):
    found = published_format({"quantization_config": {**AWQ, "modules_to_not_convert": given}})
    assert str(given) in found.note


def test_groups_that_describe_no_weights_are_a_mixture_that_is_not_known():
    found = {"quant_method": "compressed-tensors", "config_groups": {"a": {"weights": "x"}}}
    assert "mixture of formats" in published_format({"quantization_config": found}).note


def _strange():
    eight = {"type": "float", "num_bits": 8, "strategy": "tensor"}
    return _quantised(
        quant_method="compressed-tensors", config_groups=groups(eight), ignore=["frobnicator"]
    )


@pytest.mark.parametrize("weights", ["", "mxfp4"])
def test_a_lower_bound_is_said_where_modules_are_not_known(weights):
    setup = Setup(_strange(), find_device("rtx-4090"), Run(weights=weights))
    found = estimate(setup)
    assert found.fits
    said = "quantization_config keeps frobnicator wider"
    if weights:
        assert (found.verdict, setup.lower_bound) == ("fits", "")
        assert "notes" not in found.as_json()
        return
    assert found.verdict.startswith("may fit, as ")
    assert said in found.verdict
    assert any(said in note for note in found.as_json()["notes"])


def test_a_comparison_says_it_beside_the_answer():
    device = find_device("rtx-4090")
    setups = [Setup(model, device) for model in (_strange(), load("llama-3.2-1b"))]
    found = compare(["a", "b"], setups, ["memory_footprint"])
    rows = side_by_side(found).rows
    fits = next(row.cells for row in rows if row.cells[0] == "fits in memory")
    assert fits[1].startswith("by a lower bound, of ")
    assert fits[2].startswith("yes, of ")
    assert list(comparison_data(found)["notes"]) == ["a"]
    assert "notes" not in {**found.common, **found.differing}


@pytest.mark.parametrize(
    ("kept", "layers"),
    [
        (["model.layers.0*", "model.layers.1.*"], {0, 1}),
        (["language_model.model.layers.3"], {3}),
        (["model.layers.1*"], {1, *range(10, 20)}),
    ],
)
def test_a_whole_layer_stays_wider(kept, layers):
    found = {"quant_method": "modelopt", "config_groups": groups(GROUP), "ignore": kept}
    model = _quantised(**found)
    assert model.notes == () or "wider" not in model.notes[0]
    told = published_format({"quantization_config": found})
    wide = next(rule for rule in told.recipe.rules if rule.layout == "dtype" and rule.when)
    numbers = {int(n) for n in wide.when.partition("'")[2].partition("'")[0].split(",")}
    assert {n for n in numbers if n < 32} == layers


@pytest.mark.parametrize(
    "path",
    [
        "model.visual.blocks.3.attn.qkv",
        "model.vision_tower*",
        "model.layers.3.self_attn.q_a_layernorm",
        "model.layers.3.self_attn.indexer.k_norm.bias",
        "model.layers.3.mlp.gate.e_score_correction_bias",
        "backbone.layers.3.mixer.conv1d",
        "mtp.layers.0.mlp.down_proj",
    ],
)
def test_what_is_no_matrix_of_the_text_keeps_none_wider(path):
    plain, listed = (
        _quantised(quant_method="modelopt", config_groups=groups(GROUP), ignore=ignored)
        for ignored in (["lm_head"], ["lm_head", path])
    )
    assert Setup(listed).number("weight_storage_bytes") == Setup(plain).number(
        "weight_storage_bytes"
    )
    assert listed.notes == ()


@pytest.mark.parametrize(
    ("path", "groups", "purposes"),
    [
        ("model.layers.0.mlp.experts.7.down_proj", {"expert"}, {"down"}),
        ("re:.*experts.*down_proj$", {"expert"}, {"down"}),
        ("model.layers.1.mlp.shared_experts*", {"shared_expert"}, set()),
        ("model.layers.1.linear_attn*", set(), {"scan_input", "scan_output"}),
        ("model.layers.1.self_attn.kv_a_proj_with_mqa", set(), {"key"}),
        ("transformer.h.1.attn.c_attn", set(), {"query", "key", "value"}),
    ],
)
def test_a_path_is_read_by_its_last_part(path, groups, purposes):
    (rule,) = listed_modules([path], "dtype").rules
    assert (rule.groups, rule.purposes) == (groups, purposes)


def test_a_feed_forward_layer_beside_experts_is_kept_without_them():
    beside = ["model.layers.0.mlp*", "model.layers.0.router*"]
    assert {g for rule in listed_modules(beside, "dtype").rules for g in rule.groups} == {
        "linear",
        "shared_expert",
        "router",
    }
    (whole,) = listed_modules(["model.layers.0.mlp*"], "dtype").rules
    assert not whole.groups


def test_layers_may_have_formats_of_their_own():
    layers = {
        **{f"model.layers.{n}.self_attn.o_proj": {"quant_algo": "FP8"} for n in range(32)},
        **{f"model.layers.{n}.mlp": {"quant_algo": "NVFP4", "group_size": 16} for n in range(32)},
    }
    model = _quantised(quant_algo="MIXED_PRECISION", quantized_layers=layers)
    whole, output, ffn = 8_030_261_248, 32 * 4096 * 4096, 32 * 3 * 4096 * 14336
    scales = 4 * (32 + 3 * 32)
    stored = Setup(model).number("weight_storage_bytes")
    assert 0 <= stored - (2 * (whole - output - ffn) + output + ffn * 9 / 16) <= scales
    assert (model.quantized.name, model.notes) == ("all_linear fp8_e4m3+nvfp4", ())


def test_layers_that_nobody_knows_are_a_mixture_that_is_not_known():
    layers = {"model.layers.0.frobnicator": {"quant_algo": "FP8"}}
    found = {"quant_algo": "MIXED_PRECISION", "quantized_layers": layers}
    assert "frobnicator" in published_format({"quantization_config": found}).note


def test_layers_of_a_tower_are_none_of_the_text():
    found = {"quant_method": "modelopt", "config_groups": groups(GROUP)}
    told = published_format({"quantization_config": {**found, "ignore": ["visual.layers.3"]}})
    assert not any(rule.when for rule in told.recipe.rules)
    assert told.note == ""
