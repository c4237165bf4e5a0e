"""A quantization_config is a format of the weights where its method is known."""

import pytest

from edgesym.architectures.locate import cards
from edgesym.architectures.quantization import published_format
from edgesym.architectures.reader import read_model
from edgesym.formats import Formats, formats

GROUP = {"type": "float", "num_bits": 4, "group_size": 16}
EIGHT = {"type": "float", "num_bits": 8}


def groups(*weights):
    return {str(i): {"weights": w} for i, w in enumerate(weights)}


@pytest.mark.parametrize(
    ("found", "name"),
    [
        ({"quant_method": "fp8", "fmt": "e4m3"}, "fp8"),
        ({"quant_method": "mxfp4"}, "mxfp4"),
        ({"quant_method": "awq", "bits": 4}, "int4"),
        ({"quant_method": "gptq", "bits": 8}, "int8"),
        ({"quant_method": "bitsandbytes", "load_in_4bit": True}, "int4"),
        ({"quant_method": "modelopt", "config_groups": groups(GROUP)}, "nvfp4"),
        ({"quant_algo": "FP8", "config_groups": groups(EIGHT)}, "fp8"),
        ({"quant_method": "compressed-tensors", "config_groups": groups(EIGHT)}, "fp8"),
    ],
)
def test_a_known_method_is_a_format(found, name):
    assert published_format({"quantization_config": found}) == (name, "")
    assert name in formats()


@pytest.mark.parametrize(
    ("found", "word"),
    [
        ({"quant_method": "aqlm"}, "aqlm"),
        ({"quant_method": "gptq", "bits": 3}, "bits = 3"),
        ({"quant_method": "modelopt", "config_groups": groups(GROUP, EIGHT)}, "mixture"),
    ],
)
def test_an_unknown_one_is_said(found, word):
    name, note = published_format({"quantization_config": found})
    assert name == ""
    assert word in note
    assert "--weights" in note


@pytest.mark.parametrize("config", [{}, {"quantization_config": None}, {"compression_config": {}}])
def test_no_quantisation_is_no_note(config):
    assert published_format(config) == ("", "")


def test_the_model_takes_it_and_computes_in_its_dtype():
    config = {**cards()["llama-3.2-1b"]["config"], "quantization_config": {"quant_method": "fp8"}}
    model = read_model(config, name="x", origin="x")
    run = Formats.published(model.dtype, model.quantized)
    assert (run.weights.name, run.activations.name, run.cache.name) == ("fp8", "bf16", "bf16")
    assert Formats.published(model.dtype, model.quantized, "int4").weights.name == "int4"
