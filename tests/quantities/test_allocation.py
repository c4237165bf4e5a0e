"""Memory at run time against buffers that llama.cpp reports and peaks that PyTorch measured."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from statistics import median

import pytest
import sympy

import edgesym
from edgesym import load
from edgesym.catalogue import Case
from edgesym.engine.evaluate import evaluate
from edgesym.graph.liveness import NEEDED, Holding, held_elements, peak_elements
from edgesym.graph.meaning import Purpose
from edgesym.quantities.allocation import (
    compute_buffer_bytes,
    kv_cache_memory_bytes,
    memory_footprint,
    weight_memory_bytes,
)
from edgesym.quantities.memory import activation_bytes, kv_cache_bytes, weight_storage_bytes
from edgesym.runtimes import find_runtime, runtime_names
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup
from edgesym.symbols import symbol
from edgesym.workload import phase
from tests.support import assert_equal_expression, letters, step_values

DATA = Path(__file__).resolve().parents[1] / "data"
MIB = 2**20
A, D, H, I, K, L, S, V, b, T_u, N_c, n_e, B_w = letters("A D H I K L S V b T_u N_c n_e B_w")

_LLAMA = {"rms_norm_eps": 1e-5, "torch_dtype": "bfloat16", "hidden_act": "silu"}
#: Dimensions from the config.json of HuggingFaceTB/SmolLM2-1.7B, Qwen/Qwen2.5-1.5B and
#: Qwen/Qwen3-1.7B; the file measured of the last has a head of its own.
CONFIGS = {
    "smollm2-1.7b": {
        "model_type": "llama",
        "architectures": ["LlamaForCausalLM"],
        "hidden_size": 2048,
        "intermediate_size": 8192,
        "num_hidden_layers": 24,
        "num_attention_heads": 32,
        "num_key_value_heads": 32,
        "vocab_size": 49152,
        "tie_word_embeddings": True,
    },
    "qwen2.5-1.5b": {
        "model_type": "qwen2",
        "architectures": ["Qwen2ForCausalLM"],
        "hidden_size": 1536,
        "intermediate_size": 8960,
        "num_hidden_layers": 28,
        "num_attention_heads": 12,
        "num_key_value_heads": 2,
        "vocab_size": 151936,
        "tie_word_embeddings": True,
    },
    "qwen3-1.7b": {
        "model_type": "qwen3",
        "architectures": ["Qwen3ForCausalLM"],
        "hidden_size": 2048,
        "intermediate_size": 6144,
        "num_hidden_layers": 28,
        "num_attention_heads": 16,
        "num_key_value_heads": 8,
        "vocab_size": 151936,
        "head_dim": 128,
        "tie_word_embeddings": False,
    },
}


def rows(name):
    lines = (DATA / name).read_text("utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """The models whose buffers were reported, by name."""
    found = {"gemma-3-1b": load("gemma-3-1b")}
    for name, config in CONFIGS.items():
        path = tmp_path_factory.mktemp(name) / "config.json"
        path.write_text(json.dumps({**_LLAMA, **config}), encoding="utf-8")
        found[name] = load(str(path))
    return found


def test_llama_cpp_holds_what_it_reports(models):
    """Weights and the compute buffer of 31 files of 4 models to the last digit printed."""
    reported = rows("llama_cpp_buffers.csv")
    assert len(reported) == 31
    for row in reported:
        weights = "q4_0-imatrix" if row["file"] == "Q4_0" else row["file"]
        run = Run(kernels="llama.cpp", weights=weights, cache="fp16", context=2048)
        setup = Setup(models[row["model"]], run=run)
        held = float(setup.number("weight_memory_bytes")) / MIB
        # two buffers, each rounded to a hundredth
        assert held == pytest.approx(float(row["weights"]), abs=0.0101), row
        assert setup.number("compute_buffer_bytes") == float(row["compute"]) * MIB, row
        cache = setup.number("kv_cache_memory_bytes")
        if row["model"] != "gemma-3-1b":
            assert cache == float(row["cache"]) * MIB, row
        else:
            # 22 layers with a window of 512 and a micro-batch beside it, 4 with the context
            assert float(row["cache"]) * MIB == 22 * 2 * 256 * (512 + 512) * 2
            assert cache == float(row["cache"]) * MIB + 4 * 2 * 256 * 2048 * 2


def peaks():
    """(step, measured, ours) of every step whose peak was measured."""
    forms = {}
    for row in rows("peak_bytes.csv"):
        model = load(row["model"])
        if row["model"] not in forms:
            case = Case(model, phase("step"), runtime=find_runtime("torch-cudagraph"))
            forms[row["model"]] = compute_buffer_bytes(case)
        step = tuple(int(row[key]) for key in ("batch", "new_tokens", "cached_tokens"))
        ours = evaluate(forms[row["model"]], step_values(model, step))
        yield step, int(row["peak_bytes"]), ours


def test_pytorch_peaks_where_it_is_measured():
    """Prefill: exact in the median, 34 of 35 within 10 %; decode: 65 of 77.

    What is left is less than 2 MiB: the allocator's rounding, and the partial sums of
    FlashAttention where a batch of one has too few heads for all multiprocessors.
    """
    found = list(peaks())
    assert len(found) == 112
    assert all(abs(ours - measured) <= max(0.1 * measured, MIB) for _, measured, ours in found)
    prefill, decode = (
        [abs(ours / measured - 1) for step, measured, ours in found if (step[1] > 1) is many]
        for many in (True, False)
    )
    assert median(prefill) == 0
    assert sum(error <= 0.1 for error in prefill) == 34
    assert median(decode) < 0.01
    assert sum(error <= 0.1 for error in decode) >= 65
    several = [(step, measured, ours) for step, measured, ours in found if step[0] > 1]
    assert all(abs(ours / measured - 1) <= 0.1 for _, measured, ours in several)


def test_a_layer_of_pytorch_by_hand():
    """x before and after attention, normed x; qkv, rotated q and k, o; gate, up, silu, product."""
    prefill = Case(load("llama-3.2-1b"), phase("prefill"), runtime=find_runtime("torch-eager"))
    layer = 3 * H + (A * D + 2 * K * D) + (A * D + K * D) + A * D + 4 * I
    head = (2 * H * S + H * S + (2 * A * D + 3 * K * D + A * D + 2 * I) * S + V) * b
    form = compute_buffer_bytes(prefill)
    candidates = [sympy.expand(e) for e in form.atoms(sympy.Max).pop().args]
    assert sympy.expand(layer * S * b) in candidates
    assert sympy.expand(head) in candidates


def test_transformers_holds_what_its_functions_name():
    """The tokens as embedded, what enters a layer, the residual, its norm; silu, up, product."""
    prefill = Case(load("llama-3.2-1b"), phase("prefill"), runtime=find_runtime("transformers"))
    candidates = [
        sympy.expand(e) for e in compute_buffer_bytes(prefill).atoms(sympy.Max).pop().args
    ]
    assert sympy.expand((4 * H + 3 * I) * S * b) in candidates


#: Peak bytes beyond the weights, transformers 5.17 on an H200; of a prefill with the cache.
PEAKS = [
    ("llama-3.2-1b", "decode", 1, 1025, 1069568, 0.01),
    ("llama-3.1-8b", "decode", 64, 1025, 136709632, 0.01),
    ("llama-3.1-8b", "prefill", 1, 2048, 512770048, 0.01),
    ("qwen3-30b-a3b", "decode", 8, 1025, 8578560, 0.01),
    ("qwen3-30b-a3b", "prefill", 4, 2048, 2019116032, 0.02),
]


@pytest.mark.parametrize(("name", "during", "batch", "context", "measured", "off"), PEAKS)
def test_transformers_makes_keys_and_values_anew(name, during, batch, context, measured, off):
    step = phase(during) if during == "prefill" else replace(phase(during), name="step")
    case = Case(load(name), step, runtime=find_runtime("transformers"))
    held = compute_buffer_bytes(case) + (kv_cache_bytes(case) if during == "prefill" else 0)
    sizes = Setup(case.model).values() | {b: batch, S: context}
    assert float(evaluate(held, sizes)) == pytest.approx(measured, rel=off)


def test_what_a_runtime_holds_is_never_less_than_what_is_needed():
    model = load("qwen3-0.6b")
    values = step_values(model, (2, 17, 5))
    for name in ("torch-eager", "llama.cpp"):
        case = Case(model, phase("step"), runtime=find_runtime(name))
        holding = find_runtime(name).memory.holding
        for block in case.blocks():
            needed, held = (
                max(evaluate(e, values) for e in peak_elements(block, case.kernels(block), rule))
                for rule in (NEEDED, holding)
            )
            assert held >= needed


def test_what_outlives_the_layers_lies_beside_the_head_alone():
    case = Case(load("llama-3.2-1b"), phase("decode"), runtime=find_runtime("torch-eager"))
    up = Holding(made_by=frozenset({Purpose.UP}))
    plain, outliving = (
        held_elements(case.blocks(), case.kernels, rule, lambda _: sympy.S.Zero)
        for rule in (up, Holding(made_by=up.made_by, outlive=True))
    )
    assert H * b + V * b in plain
    assert H * b + V * b + I * b in outliving
    assert {e for e in outliving if not e.has(V)} == {e for e in plain if not e.has(V)}


@pytest.mark.parametrize("name", [n for n in runtime_names() if find_runtime(n).memory is None])
def test_where_nothing_is_known_the_footprint_is_what_is_needed(name):
    case = Case(load("gemma-3-1b"), runtime=find_runtime(name))
    assert weight_memory_bytes(case) == weight_storage_bytes(case)
    assert kv_cache_memory_bytes(case) == kv_cache_bytes(case)
    assert compute_buffer_bytes(case) == activation_bytes(case)
    needed = weight_storage_bytes(case) + kv_cache_bytes(case) + activation_bytes(case)
    assert memory_footprint(case) == needed


@pytest.mark.parametrize("name", [n for n in runtime_names() if find_runtime(n).memory])
@pytest.mark.parametrize("card", ["llama-3.2-1b", "gemma-3-1b", "deepseek-v3", "gpt2"])
def test_a_footprint_is_the_sum_of_what_is_held(name, card):
    setup = Setup(load(card), run=Run(kernels=name, batch=3, prompt=700, generate=11))
    parts = ("weight_memory_bytes", "kv_cache_memory_bytes", "compute_buffer_bytes")
    held = [setup.number(part) for part in parts]
    assert setup.number("memory_footprint") == sum(held)
    assert held[1] >= setup.number("kv_cache_bytes")
    assert held[2] >= setup.number("activation_bytes")


PAGES = [("llama.cpp", 300, 512), ("llama.cpp", 512, 512), ("vllm", 300, 304), ("fused", 300, 300)]


@pytest.mark.parametrize(("name", "context", "tokens"), PAGES)
def test_a_cache_is_allocated_in_whole_pages(name, context, tokens):
    setup = Setup(load("llama-3.2-1b"), run=Run(kernels=name, context=context, batch=2))
    assert setup.number("kv_cache_memory_bytes") == 2 * 16 * 2 * 8 * 64 * tokens * 2


def test_pages_of_a_step_that_leaves_cached_and_new_tokens_open():
    case = Case(load("llama-3.2-1b"), phase("step"), runtime=find_runtime("vllm"))
    values = {**step_values(case.model, (1, 10, 250)), N_c: 16}
    assert evaluate(kv_cache_memory_bytes(case), values) == 2 * 16 * 8 * 64 * 272 * 2


@pytest.mark.parametrize(
    ("card", "weights", "device", "copies"),
    [
        ("llama-3.2-1b", "q4_k_m", "raspberry-pi-5", 1),
        ("llama-3.2-1b", "bf16", "raspberry-pi-5", 0),
        ("llama-3.2-1b", "q4_k_m", "rtx-4090", 0),
        ("llama-3.1-8b", "q4_k_m", "raspberry-pi-5", 0),
        ("llama-3.1-8b", "q4_k_m", "rtx-4090", -1),
    ],
)
def test_tables_that_are_held_besides_the_weights_as_stored(card, weights, device, copies):
    """A tied table twice where it is repacked; with a memory of its own the host's copy not."""
    run = Run(kernels="llama.cpp", weights=weights)
    setup = Setup(load(card), edgesym.find_device(device), run)
    table = setup.number("embedding_table_bytes")
    stored, held = (setup.number(f"weight_{part}_bytes") for part in ("storage", "memory"))
    assert held - stored == copies * table


def test_the_closed_forms_of_llama_cpp():
    tied, apart = (
        edgesym.derive(card, "weight_memory_bytes", kernels="llama.cpp").expression
        - edgesym.derive(card, "weight_storage_bytes", kernels="llama.cpp").expression
        for card in ("llama-3.2-1b", "llama-3.1-8b")
    )
    assert_equal_expression(tied, n_e * B_w * H * V)
    assert_equal_expression(apart, (n_e - 1) * B_w * H * V)
    buffer = edgesym.derive("llama-3.2-1b", "compute_buffer_bytes", kernels="llama.cpp")
    assert sympy.expand(T_u * (V + 2 * H)) in map(
        sympy.expand, buffer.expression.atoms(sympy.Max).pop().args
    )
    assert buffer.evaluate(context=2048) == 4 * 512 * (128256 + 2 * 2048)
    assert buffer.evaluate(context=2048, micro_batch=64) == 4 * 64 * (128256 + 2 * 2048)
    # a mask of float16 beside two residuals, gate, up and their product
    assert buffer.evaluate(context=2**18) == 512 * (4 * (2 * 2048 + 3 * 8192) + 2 * 2**18)


def test_a_decode_step_keeps_the_buffer_of_its_prompt():
    form = edgesym.derive("llama-3.2-1b", "compute_buffer_bytes", kernels="torch-eager").expression
    assert symbol("prompt_tokens") in form.free_symbols
    setup = Setup(load("llama-3.2-1b"), run=Run(kernels="torch-eager", prompt=4096))
    layer = 3 * 2048 + (2048 + 2 * 512) + (2048 + 512) + 2048 + 4 * 8192
    assert setup.number("compute_buffer_bytes") == 4096 * layer * 2
