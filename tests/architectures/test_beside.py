"""What lies beside a config.json decides the format of the weights, as what it says itself does."""

from __future__ import annotations

import json
import sys
from types import ModuleType, SimpleNamespace

import pytest

from edgesym.architectures.beside import BESIDE
from edgesym.architectures.locate import _fetched, load
from edgesym.architectures.naming import cards
from edgesym.errors import ConfigError

CONFIG = cards()["llama-3.2-1b"]["config"]
NVFP4 = {"quant_algo": "NVFP4", "group_size": 16, "exclude_modules": ["lm_head"]}
GPTQ = {"bits": 4, "group_size": 128, "damp_percent": 0.01, "desc_act": False, "sym": True}
AWQ = {"zero_point": True, "q_group_size": 64, "w_bit": 4, "version": "GEMM"}
#: As transformers.js writes it of its ONNX files.
ONNX = {"per_channel": True, "reduce_range": True, "per_model_config": {"model": {"op_types": []}}}


def _folder(path, inside=None, **beside):
    config = CONFIG if inside is None else {**CONFIG, "quantization_config": inside}
    (path / "config.json").write_text(json.dumps(config))
    for name, content in beside.items():
        (path / f"{name}.json").write_text(json.dumps(content))
    return path


@pytest.mark.parametrize(
    ("beside", "inside"),
    [
        (
            {"hf_quant_config": {"producer": {"name": "modelopt"}, "quantization": NVFP4}},
            {"quant_method": "modelopt", **NVFP4},
        ),
        ({"quantize_config": GPTQ}, {"quant_method": "gptq", **GPTQ}),
        ({"quant_config": AWQ}, {"quant_method": "awq", "bits": 4, "group_size": 64}),
    ],
)
@pytest.mark.parametrize("named", ["", "config.json"])
def test_a_file_beside_says_what_a_key_inside_does(tmp_path, beside, inside, named):
    (tmp_path / "a").mkdir()
    found = load(str(_folder(tmp_path, **beside) / named))
    told = load(str(_folder(tmp_path / "a", inside)))
    assert found.quantized == told.quantized is not None
    assert found.notes == told.notes
    assert f"{next(iter(beside))}.json of" in found.sources[1]
    assert found.content != load("llama-3.2-1b").content


def test_both_may_say_the_same(tmp_path):
    folder = _folder(tmp_path, {"quant_method": "gptq", **GPTQ}, quantize_config=GPTQ)
    assert load(str(folder)).quantized.main.name == "gptq4_g128"


@pytest.mark.parametrize(
    ("inside", "beside", "words"),
    [
        (
            {"quant_method": "gptq", "bits": 8, "group_size": 128},
            {"quantize_config": GPTQ},
            r"quantize_config\.json: .* gptq4_g128, and config\.json .* gptq8_g128; correct",
        ),
        (
            None,
            {"quantize_config": GPTQ, "hf_quant_config": {"quantization": NVFP4}},
            r"quantize_config\.json: .* gptq4_g128, and hf_quant_config\.json .* nvfp4; correct",
        ),
    ],
)
def test_what_contradicts_is_one_error(tmp_path, inside, beside, words):
    with pytest.raises(ConfigError, match=words):
        load(str(_folder(tmp_path, inside, **beside)))


def test_a_file_of_another_tool_is_passed_over(tmp_path):
    model = load(str(_folder(tmp_path, quantize_config=ONNX)))
    assert (model.quantized, model.notes) == (None, ())


def test_a_cache_alone_leaves_the_weights_as_they_are(tmp_path):
    said = {"quantization": {"quant_algo": None, "kv_cache_quant_algo": "FP8"}}
    model = load(str(_folder(tmp_path, hf_quant_config=said)))
    assert (model.quantized, model.notes) == (None, ())


def test_a_file_that_is_none_is_an_error_that_names_it(tmp_path):
    (_folder(tmp_path) / "hf_quant_config.json").write_text("{")
    with pytest.raises(ConfigError, match=r"hf_quant_config\.json"):
        load(str(tmp_path))


@pytest.mark.parametrize("said", [{}, {"quantization": 5}, {"quantization": None}])
def test_a_file_of_one_tool_alone_says_what_that_tool_says(tmp_path, said):
    with pytest.raises(ConfigError, match=r"hf_quant_config\.json: quantization = .* must be"):
        load(str(_folder(tmp_path, hf_quant_config=said)))


def test_only_a_config_json_has_files_beside_it(tmp_path):
    _folder(tmp_path, quantize_config=GPTQ)
    (tmp_path / "other.config.json").write_text(json.dumps(CONFIG))
    assert load(str(tmp_path / "other.config.json")).quantized is None


@pytest.mark.parametrize(
    ("inside", "asked"), [(None, [*BESIDE]), ({"quant_method": "gptq", **GPTQ}, [])]
)
def test_a_repository_is_asked_for_them_where_its_config_says_no_format(
    tmp_path, monkeypatch, inside, asked
):
    class EntryNotFoundError(Exception):
        pass

    _folder(tmp_path, inside)
    wanted = []

    def download(repository, name, **_):
        wanted.append(name)
        if not (tmp_path / name).exists():
            raise EntryNotFoundError(repository)
        return str(tmp_path / name)

    hub, errors = ModuleType("huggingface_hub"), SimpleNamespace()
    hub.hf_hub_download = download
    errors.EntryNotFoundError = EntryNotFoundError
    monkeypatch.setitem(sys.modules, "huggingface_hub", hub)
    monkeypatch.setitem(sys.modules, "huggingface_hub.errors", errors)
    assert _fetched("some/one") == tmp_path / "config.json"
    assert wanted == ["config.json", *asked]
