"""What labels mean, and the setup that a row was of."""

from __future__ import annotations

import pytest

from edgesym.devices import find_device
from edgesym.errors import UnknownNameError
from edgesym.frozen import FrozenMap
from edgesym.runtimes import runtime_names
from edgesym.validation.corpus import Measurement
from edgesym.validation.labels import read_label, rules
from edgesym.validation.mapping import mapped

PI = {
    "device": "Raspberry Pi 5",
    "device_detail": "4 threads",
    "framework": "llama.cpp CPU",
    "model": "Llama-3.2-1B",
    "quant": "Q4_K_M",
    "phase": "decode",
    "prompt_tokens": "",
    "metric": "tok_s",
    "source_note": "",
}


def measured(kind="decode", phase="decode", prompt=None, generated=None, cached=None, **labels):
    texts = FrozenMap({**PI, "phase": phase, **labels})
    return Measurement(2, kind, phase, 1.0, 1, prompt, generated, cached, False, texts)


@pytest.mark.parametrize(
    ("kind", "labels", "says"),
    [
        ("model", {"model": "LLaMA-7B (v2)"}, "llama-2-7b"),
        ("model", {"model": "meta-llama/Llama-3.1-8B-Instruct"}, "Llama-3.1-8B"),
        ("model", {"model": "Qwen/Qwen3-30B-A3B-Thinking-2507"}, "Qwen3-30B-A3B"),
        ("model", {"model": "Qwen3-32B-Q8_0"}, "Qwen3-32B"),
        ("weights", {"model": "gpt-oss-120b-F16", "quant": "F16"}, ""),
        ("weights", {"model": "x", "quant": "Q4_0_4_4"}, "q4_0"),
        ("weights", {"model": "x", "quant": "Ollama default (not stated)"}, "q4_k_m"),
        ("weights", {"model": "x", "quant": "w8a8", "framework": "RKLLM"}, "int8"),
        ("weights", {"model": "x", "quant": "w4a16_g128"}, "int4-g128"),
        ("weights", {"model": "x", "dtype": "bf16"}, "bf16"),
        ("weights", {"model": "x", "quant": "W1.58"}, None),
        ("runtime", {"framework": "Ollama"}, "llama.cpp"),
        ("runtime", {"runtime": "torch-eager"}, "torch-eager"),
        ("runtime", {"runtime": "transformers-5.17.0"}, "transformers"),
        ("device", {"device": "NVIDIA H200"}, "nvidia-h200"),
        ("device", {"device": "NVIDIA RTX 3090 24GB"}, "RTX 3090"),
        ("context", {"source_note": "buffers: KV@2048 22 MiB"}, "2048"),
        ("context", {"source_note": "OLLAMA_CONTEXT_LENGTH 8192"}, "8192"),
    ],
)
def test_labels_say(kind, labels, says):
    assert read_label(kind, labels) == says


@pytest.mark.parametrize("rule", rules("runtime"), ids=lambda rule: rule.says)
def test_every_runtime_of_a_rule_ships(rule):
    assert rule.says in [*runtime_names(), r"\1"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (measured(source_note="LOW TRUST: read off charts"), "low trust"),
        (measured(source_note="8 GB; SWAPPING (too large)"), "swapping"),
        (measured(device_detail="Metal -ngl 20, 8 threads"), "partial offload"),
        (measured(device_detail="CPU, 2 threads"), "fewer threads"),
        (measured(device="NVIDIA B200 x2", framework="vLLM"), "several devices"),
        (measured(framework="vLLM (ML.ENERGY v3)"), "prompts are not stated"),
        (measured(model="Some-3B"), "no card of the model Some-3B"),
        (measured(device="Abacus"), "no device file of the Abacus"),
        (measured(device="mine.toml"), "no device file of the mine.toml"),
        (measured(quant="3.7 bpw"), "no number format or recipe for 3.7 bpw"),
        (measured(kind="memory"), "context that memory was set aside for is not stated"),
        (measured(phase="prefill", kind="prefill"), "the prompt are not stated"),
    ],
)
def test_a_row_that_cannot_be_mapped_says_why(row, reason):
    found = mapped(row)
    assert found.setup is None
    assert reason in found.reason


@pytest.mark.parametrize(
    ("row", "context", "assumed"),
    [
        (measured(generated=128), 64, "an empty cache"),
        (measured(prompt=100, generated=50), 125, ""),
        (measured(prompt=2048), 2049, ""),
        (measured(cached=1024), 1025, ""),
        (measured(), 128, "a context of 128 tokens"),
        (measured(kind="memory", source_note="n_ctx 4096"), 4096, ""),
        (measured(kind="memory", prompt=10, generated=6), 16, ""),
    ],
)
def test_the_context_is_what_the_row_says_or_an_assumption_that_is_said(row, context, assumed):
    found = mapped(row)
    assert found.setup is not None
    assert found.setup.run.timed_at == context
    assert assumed in " ".join(found.assumed)
    assert bool(assumed) == bool(found.assumed)


def test_a_row_becomes_a_setup_of_model_recipe_device_and_runtime():
    setup = mapped(measured(phase="prefill", kind="prefill", prompt=512)).setup
    assert setup is not None
    labels = setup.labels()
    assert (labels["model"], labels["device"], labels["prompt"]) == (
        "llama-3.2-1b",
        "raspberry-pi-5",
        512,
    )
    assert (labels["weights"], labels["kernels"]) == ("q4_k_m", "llama.cpp")


def test_memory_needs_no_device():
    found = mapped(measured(kind="memory", device="Abacus", prompt=64, generated=64)).setup
    assert found is not None
    assert found.device is None
    with pytest.raises(UnknownNameError):
        find_device("Abacus")
