"""Small models run for real, in llama.cpp and in PyTorch; needs the extra ``measure``, or PyTorch.

Nothing is asked of speeds but that they are some: the machine that tests may do other things.
"""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from edgesym.devices import find_device
from edgesym.errors import ConfigError
from edgesym.measuring.measure import Wanted, measure

DEVICE = "ryzen-5-7600x"
LLAMA_CPP = any(find_spec(name) is None for name in ("gguf", "xllamacpp"))
TORCH = any(find_spec(name) is None for name in ("torch", "transformers"))


@pytest.mark.skipif(LLAMA_CPP, reason="needs the extra measure")
@pytest.mark.parametrize("weights", ["q8_0", "fp16", "q4_0"])
def test_llama_cpp_runs_a_file_of_random_weights(weights):
    wanted = Wanted("llama-15m", weights=weights, prompt=16, generate=4, threads=1, runs=3)
    found = measure(wanted, find_device(DEVICE))
    assert found.rates["prefill"] > 0
    assert found.rates["decode"] > 0
    assert found.token.runs == 3
    stored = int(found.on.number("weight_storage_bytes"))
    assert found.tensor_bytes == pytest.approx(stored, rel=1e-3)
    cache = int(found.on.number("kv_cache_memory_bytes"))
    assert found.buffers["cache"] == pytest.approx(cache, abs=6 * 2**10)
    assert found.resident_bytes is None or found.resident_bytes >= 0.9 * stored


@pytest.mark.skipif(LLAMA_CPP, reason="needs the extra measure")
def test_a_file_that_is_there_is_run_as_it_is(tmp_path):
    from edgesym.formats import find_recipe
    from edgesym.measuring.libraries.gguf_random import written
    from edgesym.measuring.plan import gguf_plan
    from edgesym.measuring.sample import find_sample

    path = tmp_path / "model.gguf"
    plan = gguf_plan(find_sample("llama-8m"), find_recipe("q4_k_m"), 256)
    written({"plan": plan, "file": str(path), "seed": 1})
    found = measure(Wanted(str(path), prompt=16, generate=4, threads=1, runs=3))
    assert not found.random
    assert found.file_bytes == path.stat().st_size
    assert found.setup.formats.weights.name == "model.gguf"


@pytest.mark.skipif(LLAMA_CPP, reason="needs the extra measure")
def test_a_file_that_llama_cpp_refuses_is_one_line(tmp_path):
    from edgesym.formats import find_recipe
    from edgesym.measuring.libraries.gguf_random import written
    from edgesym.measuring.plan import gguf_plan
    from edgesym.measuring.sample import find_sample

    path = tmp_path / "model.gguf"
    plan = gguf_plan(find_sample("llama-8m"), find_recipe("q8_0"), 256)
    del plan["numbers"]["attention.layer_norm_rms_epsilon"]
    written({"plan": plan, "file": str(path), "seed": 1})
    with pytest.raises(ConfigError, match=r"model\.gguf: cannot be run \(failed"):
        measure(Wanted(str(path), prompt=16, generate=4, threads=1, runs=3))


@pytest.mark.skipif(TORCH, reason="needs torch and transformers")
def test_torch_runs_a_class_of_random_weights():
    wanted = Wanted("llama-15m", "torch", "fp32", prompt=16, generate=2, threads=1, runs=3)
    found = measure(wanted, find_device(DEVICE))
    assert found.rates["decode"] > 0
    assert found.tensor_bytes == int(found.on.number("weight_storage_bytes"))
    assert "PyTorch" in found.by
