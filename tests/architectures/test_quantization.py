"""A quantization_config is a format of the weights where its method is known."""

import pytest

from edgesym.analysis.comparison.compare import compare
from edgesym.analysis.documents.comparison.data import comparison_data
from edgesym.analysis.documents.comparison.document import side_by_side
from edgesym.analysis.estimate import estimate
from edgesym.architectures.locate import cards, load
from edgesym.architectures.quantization import Published, published_format
from edgesym.architectures.reader import read_model
from edgesym.data import shipped
from edgesym.devices import find_device
from edgesym.formats import Formats, formats
from edgesym.scenario.setup import Run, Setup

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
        ({"bits": 4, "group_size": 64}, "int4"),
    ],
)
def test_a_known_method_is_a_format_that_says_what_it_leaves_out(found, name):
    published = published_format({"quantization_config": found})
    assert published.format == name
    assert published.note.startswith(f"weights are counted as {name} throughout; ")
    assert published.note.endswith("the footprint is a lower bound")
    assert name in formats()


def test_every_method_says_what_stays_wider():
    rows = shipped("architectures/shared", "quantization")
    assert all(row["wider"] for row in rows.values())


def test_the_key_of_mlx_is_read():
    found = {"bits": 4, "group_size": 64}
    assert published_format({"quantization": found}).format == "int4"


@pytest.mark.parametrize(
    ("found", "word"),
    [
        ({"quant_method": "aqlm"}, "aqlm"),
        ({"quant_method": "gptq", "bits": 3}, "bits = 3"),
        ({"quant_method": "modelopt", "config_groups": groups(GROUP, EIGHT)}, "mixture"),
        ({"bits": 4, "group_size": 64, "model.layers.0.mlp": {"bits": 8}}, "mixture"),
    ],
)
def test_an_unknown_one_is_said(found, word):
    published = published_format({"quantization_config": found})
    assert published.format == ""
    assert word in published.note
    assert "--weights" in published.note


@pytest.mark.parametrize("config", [{}, {"quantization_config": None}, {"compression_config": {}}])
def test_no_quantisation_is_no_note(config):
    assert published_format(config) == Published()


def test_the_model_takes_it_and_computes_in_its_dtype():
    config = {**cards()["llama-3.2-1b"]["config"], "quantization_config": {"quant_method": "fp8"}}
    model = read_model(config, name="x", origin="x")
    run = Formats.published(model.dtype, model.quantized)
    assert (run.weights.name, run.activations.name, run.cache.name) == ("fp8", "bf16", "bf16")
    assert Formats.published(model.dtype, model.quantized, "int4").weights.name == "int4"


GPT_OSS = load("gpt-oss-20b")


@pytest.mark.parametrize("weights", ["", "mxfp4"])
def test_a_lower_bound_is_said_where_the_published_format_is_taken(weights):
    setup = Setup(GPT_OSS, find_device("rtx-4090"), Run(weights=weights))
    found = estimate(setup)
    assert found.fits
    said = "keeps attention, routers, embeddings, head and norms wider"
    if weights:
        assert (found.verdict, setup.lower_bound) == ("fits", "")
        assert "notes" not in found.as_json()
        return
    assert found.verdict.startswith("may fit, as weights are counted as mxfp4")
    assert said in found.verdict
    assert any(said in note for note in found.as_json()["notes"])


def test_a_comparison_says_it_beside_the_answer():
    device = find_device("rtx-4090")
    setups = [Setup(model, device) for model in (GPT_OSS, load("llama-3.2-1b"))]
    found = compare(["a", "b"], setups, ["memory_footprint"])
    rows = (row.cells for row in side_by_side(found).rows)
    _, one, other, *_ = next(cells for cells in rows if cells[0] == "fits in memory")
    assert one.startswith("by a lower bound, of ")
    assert other.startswith("yes, of ")
    assert list(comparison_data(found)["notes"]) == ["a"]
    assert "notes" not in {**found.common, **found.differing}
