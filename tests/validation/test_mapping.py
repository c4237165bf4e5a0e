"""What labels mean, and the setup that a row was of."""

from __future__ import annotations

import re

import pytest

from edgesym.architectures.naming import cards
from edgesym.data import shipped
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
        ("model", {"model": "SmolLM2", "params": "1.71B"}, "smollm2-1.7b"),
        ("model", {"model": "Qwen3-32B"}, None),
        ("weights", {"model": "gpt-oss-120b-F16", "quant": "F16"}, ""),
        ("weights", {"model": "gpt-oss-20b", "quant": "MXFP4", "framework": "Ollama"}, "mxfp4_moe"),
        ("weights", {"model": "gpt-oss-20b", "quant": "mxfp4", "framework": "vLLM"}, ""),
        ("weights", {"model": "x", "quant": "Q4_0_4_4"}, "q4_0"),
        ("weights", {"model": "x", "quant": "Ollama default (not stated)"}, "q4_k_m"),
        ("weights", {"model": "Llama-3.2-1B", "quant": "Ollama default"}, "q8_0"),
        ("weights", {"model": "Llama-3.2-3B", "quant": "Ollama default"}, "q4_k_m"),
        ("weights", {"model": "Llama-3-8B", "quant": "Ollama default"}, "q4_0"),
        ("weights", {"model": "x", "quant": "w8a8", "framework": "RKLLM"}, "int8"),
        ("weights", {"model": "x", "quant": "w4a16_g128"}, "int4-g128"),
        ("weights", {"model": "x", "quant": "NVFP4", "framework": "vLLM"}, "nvfp4_linear"),
        ("weights", {"model": "x", "quant": "UD-Q4_K_XL"}, "ud_Q4_K_XL"),
        ("weights", {"model": "x", "quant": "INT4 (q4f16)"}, "mlc_q4f16"),
        ("weights", {"quant": "SpinQuant 4w8a", "framework": "ExecuTorch"}, "executorch_4w8a_g32"),
        ("weights", {"quant": "W2", "framework": "T-MAC CPU"}, "int2-g128"),
        ("weights", {"quant": "4-bit", "framework": "MLC LLM"}, "mlc_q4f16"),
        ("weights", {"model": "x", "dtype": "bf16"}, "bf16"),
        ("weights", {"model": "x", "quant": "3.7 bpw"}, None),
        ("runtime", {"framework": "Ollama"}, "llama.cpp"),
        ("runtime", {"framework": "llama.cpp CUDA fa"}, "llama.cpp-cuda"),
        ("runtime", {"framework": "llama.cpp hip hipblaslt"}, "llama.cpp-hip-hipblaslt"),
        ("runtime", {"framework": "llama.cpp vulkan_radv"}, "llama.cpp-vulkan"),
        ("runtime", {"framework": "llama.cpp OpenCL Adreno"}, "llama.cpp-opencl"),
        ("runtime", {"framework": "llama.cpp Hexagon HTP"}, "llama.cpp-hexagon"),
        ("runtime", {"framework": "ik_llama.cpp CPU"}, "llama.cpp-cpu"),
        ("runtime", {"framework": "TensorRT Edge-LLM 0.9.0"}, "tensorrt-edge-llm"),
        ("runtime", {"runtime": "torch-eager"}, "torch-eager"),
        ("runtime", {"runtime": "transformers-5.17.0"}, "transformers"),
        ("runtime", {"framework": "ExLlamaV2"}, "fused"),
        ("part", {"framework": "llama.cpp CPU (llama.rn)"}, "CPU"),
        ("part", {"framework": "llama.cpp Hexagon HTP"}, "NPU"),
        ("part", {"framework": "llama.cpp OpenCL Adreno"}, "GPU"),
        ("part", {"framework": "llama.cpp", "device_detail": "CPU 8 threads, -ngl 0"}, "CPU"),
        ("part", {"framework": "Ollama"}, None),
        ("device", {"device": "Samsung Galaxy S23 (Snapdragon 8 Gen 2)"}, "Snapdragon 8 Gen 2"),
        ("device", {"device": "NVIDIA L40S 48GB x4"}, "NVIDIA L40S 48GB"),
        ("device", {"device": "AMD Ryzen AI Max+ 395 (Strix Halo)"}, "AMD Ryzen AI Max+ 395"),
        ("device", {"device": "Apple M2 Ultra 76-Core GPU 192GB"}, "Apple M2 Ultra 76-Core"),
        (
            "device",
            {"device": "Apple M1 Pro", "device_detail": "14-core GPU, 200 GB/s peak"},
            "Apple M1 Pro 14-core",
        ),
        ("device", {"device": "Intel 265K Custom PC (Nvidia RTX 3060)"}, "RTX 3060"),
        (
            "untied",
            {"params": "2.03B (output untied in this file)"},
            "the table of the tied head is stored twice",
        ),
        ("context", {"source_note": "buffers: KV@2048 22 MiB"}, "2048"),
        ("context", {"source_note": "OLLAMA_CONTEXT_LENGTH 8192"}, "8192"),
        ("held", {"source_note": "gpqa, max_num_seqs 8"}, "0.70"),
        (
            "summed",
            {
                "framework": "TensorRT Edge-LLM 0.9.0",
                "device_detail": "llm_inference runtime, MTBench",
            },
            "prompt_tokens",
        ),
    ],
)
def test_labels_say(kind, labels, says):
    assert read_label(kind, labels) == says


@pytest.mark.parametrize("kind", shipped("validation", "labels"))
def test_every_rule_speaks_of_groups_that_its_patterns_have(kind):
    for rule in rules(kind):
        named = {name for _, pattern in rule.where for name in pattern.groupindex}
        assert set(re.findall(r"\{(\w+)\}", rule.says)) <= named
        most = max(map(int, re.findall(r"\\(\d)", rule.says)), default=0)
        assert most <= (rule.where[-1][1].groups if rule.where else 0), rule


@pytest.mark.parametrize("rule", rules("runtime"), ids=lambda rule: rule.says)
def test_every_runtime_of_a_rule_ships(rule):
    assert rule.says in [*runtime_names(), r"\1"]


@pytest.mark.parametrize("rule", rules("model"), ids=lambda rule: rule.says)
def test_every_card_of_a_rule_ships(rule):
    assert rule.says in cards()


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (measured(source_note="LOW TRUST: read off charts"), "low trust"),
        (measured(source_note="8 GB; SWAPPING (too large)"), "swapping"),
        (measured(device_detail="CPU, 2 threads"), "fewer threads"),
        (measured(device="NVIDIA B200 x2", framework="vLLM"), "several devices"),
        (measured(device="NVIDIA B200", source_note="gpqa, max_num_seqs 8"), "held up by its host"),
        (
            measured(metric="GB", device="Jetson AGX Thor", framework="TensorRT Edge-LLM 0.9.0"),
            "the cache is not in it",
        ),
        (measured(model="Some-3B"), "no card of the model Some-3B"),
        (measured(device="Abacus"), "no device file of the Abacus"),
        (measured(device="mine.toml"), "no device file of the mine.toml"),
        (measured(kind="energy", source_note="DERIVED: 465.0 W / 64.58 tok/s"), "more power than"),
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
    ("detail", "places"),
    [
        ("-ngl 20, 8 threads", "gpu=20"),
        ("-ngl 99, 8 threads", ""),
        ("-ngl 32", "gpu=32"),
        ("-ngl 33", ""),
        ("8 threads", ""),
    ],
)
def test_layers_that_ran_on_the_cpu_are_places(detail, places):
    card = {"device": "NVIDIA RTX 4090", "framework": "llama.cpp CUDA", "model": "Llama-3.1-8B"}
    found = mapped(measured(device_detail=detail, **card))
    assert found.setup.run.places == places
    assert any("-ngl counts" in text for text in found.assumed) == ("-ngl" in detail)


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
        (measured(kind="memory", generated=128), 128, ""),
        (
            measured(generated=7000, source_note="gpqa, max_num_seqs 8"),
            5150,
            "prompts of 250 tokens, 5150 attended to on the average",
        ),
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
    assert (labels["weights"], labels["kernels"]) == ("q4_k_m", "llama.cpp-cpu")


def test_a_tuned_model_says_whose_shape_it_has():
    found = mapped(measured(model="Hermes-3-Llama-3.1-8B", prompt=64))
    assert found.setup is not None
    assert found.setup.model.name == "llama-3.1-8b"
    assert found.assumed == ("the shape of llama-3.1-8b, from which it was tuned",)


def test_a_file_that_holds_its_head_twice_is_larger():
    untied = mapped(measured(params="1.34B (output untied in this file)", prompt=64)).setup
    tied = mapped(measured(params="1.24B", prompt=64)).setup
    assert untied is not None
    assert tied is not None
    more = untied.number("parameters") - tied.number("parameters")
    assert more == 128256 * 2048


def test_where_a_chip_with_as_many_cores_is_not_known_decoding_takes_another():
    cores = {
        "device": "Apple M2",
        "device_detail": "9-core GPU, 100 GB/s",
        "framework": "llama.cpp Metal",
    }
    found = mapped(measured(generated=128, **cores))
    assert found.setup is not None
    assert "usual number of cores" in " ".join(found.assumed)
    assert mapped(measured(kind="prefill", phase="prefill", prompt=512, **cores)).setup is None


@pytest.mark.parametrize(
    ("labels", "device", "kernels"),
    [
        (
            (
                "Galaxy S26 (Snapdragon 8 Elite Gen 5)",
                "OpenCL Adreno, 6 threads",
                "llama.cpp OpenCL",
            ),
            "snapdragon-8-elite-gen-5-gpu",
            "llama.cpp-opencl",
        ),
        (
            ("POCO X7 Pro (MediaTek MT6899)", "CPU, 6 threads", "llama.cpp CPU (llama.rn 0.12)"),
            "dimensity-8400",
            "llama.cpp-cpu",
        ),
        (("Orange Pi 5 Plus (RK3588)", "NPU", "RKLLM"), "rk3588", "rkllm"),
        (
            ("iPhone 15 Pro", "phone", "Cactus v0 (llama.cpp-based)"),
            "apple-a17-pro-cpu",
            "llama.cpp-cpu",
        ),
        (
            ("Apple M2 Max", "30-core GPU, 400 GB/s peak", "llama.cpp Metal"),
            "apple-m2-max@30-core",
            "llama.cpp-metal",
        ),
        (("MacBook Pro M4", "GPU", "LiteRT-LM GPU"), "apple-m4", "litert"),
        (
            ("M4 Max Mac Studio (16 core - 128GB)", "GPU", "Ollama"),
            "apple-m4-max",
            "llama.cpp-metal",
        ),
        (
            ("NVIDIA RTX 5000 Ada 32GB x4", "multi-GPU", "llama.cpp CUDA"),
            "rtx-5000-ada",
            "llama.cpp-cuda",
        ),
        (("Pi 5 - 16GB", "CPU", "Ollama or llama.cpp"), "raspberry-pi-5@16GB", "llama.cpp-cpu"),
    ],
)
def test_a_label_names_the_part_of_a_device_that_ran_and_its_runtime(labels, device, kernels):
    row = dict(zip(("device", "device_detail", "framework"), labels, strict=True))
    setup = mapped(measured(generated=128, **row)).setup
    assert setup is not None
    assert (setup.device.id, setup.kernels) == (device, kernels)


def test_memory_needs_no_device():
    found = mapped(measured(kind="memory", device="Abacus", prompt=64, generated=64)).setup
    assert found is not None
    assert found.device is None
    with pytest.raises(UnknownNameError):
        find_device("Abacus")
