"""Recipes of places: what lies where, against llama.cpp's rules written out by hand."""

from __future__ import annotations

from dataclasses import replace
from math import ceil

import pytest
import sympy

import edgesym
from edgesym import Run, Setup, find_device, load
from edgesym.analysis.estimate import estimate
from edgesym.analysis.inverse.solve import solve
from edgesym.catalogue import find_quantity
from edgesym.errors import ConfigError, DeviceError, EdgesymError, UnknownNameError
from edgesym.quantities.time import kernel_costs
from edgesym.scenario.places import read_places
from edgesym.symbols import symbol

L_O = symbol("offloaded_layers")
GPU = """
name = "A card"
host = "computer.toml"
runtimes = ["ideal"]
{rest}
"""
FIGURES = {
    "peak.fp16": "1000 TFLOP/s",
    "peak.bf16": "1000 TFLOP/s",
    "memory_size": "24 GiB",
    "memory_bandwidth": "1000 GB/s",
    "link_bandwidth": "20 GB/s",
    "storage_bandwidth": "5 GB/s",
    **dict.fromkeys(("compute", "memory", "link", "storage"), "1"),
}
#: bytes of a block of 256 weights (ggml-common.h)
Q4_K, Q6_K, Q4_0 = 144, 210, 8 * 18


def written(folder, name, **own):
    """A device file whose kernels reach all of its peaks and cost no launches."""
    figures = {**FIGURES, **own}
    lines = [f'name = "{name}"']
    lines += ['host = "computer.toml"'] if name == "card" else []
    for word, text in figures.items():
        if text is None:
            continue
        value, _, unit = text.partition(" ")
        key = f"{word}_utilisation" if unit == "" else word
        lines += [f"[{key}]", f"value = {value}", f'unit = "{unit or 1}"', 'source = "made up"']
    lines += ["[launch_overhead]", "value = 0", 'unit = "s"', 'source = "made up"']
    path = folder / f"{name}.toml"
    path.write_text("\n".join(lines))
    return find_device(str(path))


@pytest.fixture
def card(tmp_path):
    """A card at 1 TB/s in a computer at 100 GB/s, over 20 GB/s, with storage of 5 GB/s."""
    host = {"memory_bandwidth": "100 GB/s", "memory_size": "64 GiB", "link_bandwidth": None}
    written(tmp_path, "computer", **host, link=None)
    return written(tmp_path, "card")


def tensors(n, hidden, intermediate, kv, more_bits=True):
    """Bytes of each layer of a Llama in Q4_K_M, by llama.cpp's rules (llama-quant.cpp)."""

    def bits(i):  # use_more_bits
        return i < n // 8 or i >= 7 * n // 8 or (i - n // 8) % 3 == 2

    def layer(i):
        wide = Q6_K if more_bits and bits(i) else Q4_K
        q4 = 2 * hidden * hidden + hidden * kv + 2 * hidden * intermediate
        return (q4 * Q4_K + (hidden * kv + intermediate * hidden) * wide) // 256 + 2 * 4 * hidden

    return [layer(i) for i in range(n)]


def on(device, places, model="llama-3.1-8b", kernels="ideal", weights="bf16", **run):
    return Setup(load(model), device, Run(places=places, kernels=kernels, weights=weights, **run))


@pytest.mark.parametrize("gpu", [0, 1, 2, 20, 32, 33])
def test_the_bytes_on_each_side_are_those_of_llama_cpps_rule(gpu):
    """i_gpu_start = max(n_layer + 1 - n_gpu_layers, 0): the head first, then the last layers."""
    made = on(find_device("rtx-4090"), f"gpu={gpu}", kernels="llama.cpp", weights="q4_k_m")
    layers, start = tensors(32, 4096, 14336, 1024), max(33 - gpu, 0)
    head = 128256 * 4096 * Q6_K // 256 + 4 * 4096
    factors = 64 * 4  # rope_freqs.weight
    there = sum(layers[start:]) + (head if gpu else 0) + factors
    assert made.number("weight_memory_bytes") == there
    table = 128256 * 4096 * Q4_K // 256
    here = sum(layers[:start]) + (0 if gpu else head) + table
    cache = 2 * 8 * 128 * 2 * 256  # of a layer: keys and values in fp16, a page of 256 tokens
    on_device = min(32, 33 - start - 1) if gpu else 0
    assert made.number("kv_cache_memory_bytes") == on_device * cache
    rest = made.number("host_memory") - here - (32 - on_device) * cache
    buffers = 4 * 512 * 128256 if gpu == 0 else 4 * 512 * 3 * 14336
    assert 0 <= rest < 1.5 * buffers


def test_a_tied_table_goes_with_the_head_and_stays_with_the_host():
    """token_embd is on the CPU always; the head reads a second tensor of it on the device."""
    table = 128256 * 2048 * Q6_K // 256
    layers = [1, 16, 17]
    found = {
        gpu: on(find_device("rtx-4090"), f"gpu={gpu}", "llama-3.2-1b", "llama.cpp", "q4_k_m")
        for gpu in (0, *layers)
    }
    assert found[0].number("weight_memory_bytes") == 32 * 4  # rope_freqs alone
    each = tensors(16, 2048, 8192, 512)
    for gpu in layers:
        there = sum(each[17 - gpu :]) + table + 4 * 2048 + 32 * 4
        assert found[gpu].number("weight_memory_bytes") == there
    least = [sum(each[: 17 - gpu]) + table for gpu in layers]
    for gpu, bytes_ in zip(layers, least, strict=True):
        assert bytes_ <= found[gpu].number("host_memory") < bytes_ + 2**28


@pytest.mark.parametrize(("first", "left"), [(0, 0), (10, 10), (48, 48)])
def test_experts_of_the_first_layers_lie_with_the_host(first, left):
    made = on(
        find_device("rtx-4090"), f"experts={first}", "qwen3-30b-a3b", "llama.cpp", "q4_0", batch=1
    )
    experts = 3 * 128 * 768 * 2048 * Q4_0 // 256
    whole = on(find_device("rtx-4090"), "gpu=all", "qwen3-30b-a3b", "llama.cpp", "q4_0")
    gone = whole.number("weight_memory_bytes") - made.number("weight_memory_bytes")
    assert gone == left * experts
    assert made.number("host_memory") - whole.number("host_memory") >= left * experts
    # keys and values stay with the device, where attention is computed
    assert made.number("kv_cache_memory_bytes") == whole.number("kv_cache_memory_bytes")


def test_layers_without_experts_are_counted_and_left_alone():
    """--n-cpu-moe counts from the first layer; the first three of DeepSeek-V3 are dense."""
    made = on(find_device("h100"), "experts=10", "deepseek-v3", "llama.cpp", "q4_0")
    assert made.values()[symbol("offloaded_layers", "experts")] == 7


def test_layers_of_two_kinds_leave_in_their_order():
    """Five layers with a window, then one without."""
    for gpu in range(35):
        made = on(find_device("rtx-4090"), f"gpu={gpu}", "gemma-3-4b", "llama.cpp", "bf16")
        first = range(min(34, 35 - gpu))
        values = made.values()
        assert values[symbol("offloaded_layers", "host_full")] == sum(i % 6 == 5 for i in first)
        assert values[symbol("offloaded_layers", "host_sliding")] == sum(i % 6 != 5 for i in first)
    speeds = Setup(
        load("gemma-3-4b"), find_device("rtx-4090"), Run(kernels="llama.cpp", weights="bf16")
    ).compile(["time_per_output_token"], ["offloaded_layers"])
    swept = speeds(offloaded_layers=[0, 7, 20, 34])["time_per_output_token"]
    one_by_one = [
        float(
            on(find_device("rtx-4090"), f"gpu={35 - n}", "gemma-3-4b", "llama.cpp", "bf16").number(
                "time_per_output_token"
            )
        )
        for n in (0, 7, 20, 34)
    ]
    assert swept.tolist() == pytest.approx(one_by_one, rel=1e-12)


def block_bytes(context):
    """Bytes that a layer of Llama 3.1 8B moves for a token in bf16 as one kernel."""
    weights = 4096 * 4096 * 2 + 2 * 4096 * 1024 + 3 * 4096 * 14336 + 2 * 4096
    cache = 2 * 8 * 128 * context  # S - 1 tokens read, one written
    return 2 * (weights + cache + 2 * 4096)


def test_a_layer_takes_the_bandwidth_of_where_it_runs(card):
    """On the host ten times as long; and what crosses, there and back, over the link."""
    none, some = (on(card, f"host={n}", context=1024) for n in (0, 12))
    slower = float(some.number("step_time")) - float(none.number("step_time"))
    assert slower == pytest.approx(12 * block_bytes(1024) * (1 / 100e9 - 1 / 1000e9), rel=1e-9)
    alone = on(card, "", context=1024)
    crossing = float(none.number("step_time")) - float(alone.number("step_time"))
    assert crossing == pytest.approx(2 * 4096 * 2 / 20e9, rel=1e-6)
    assert float(some.number("copy_time")) == pytest.approx(2 * 4096 * 2 / 20e9)


def test_streamed_layers_are_copied_in_every_step(card):
    alone = float(on(card, "", context=1024).number("step_time"))
    weights = 2 * (4096 * 4096 * 2 + 2 * 4096 * 1024 + 3 * 4096 * 14336 + 2 * 4096)
    streamed = float(on(card, "streamed=5", context=1024).number("step_time"))
    assert streamed - alone == pytest.approx(5 * weights / 20e9, rel=1e-9)
    stored = on(card, "storage=3", context=1024)
    read = 3 * weights * (1 / 5e9 + 1 / 20e9)
    assert float(stored.number("step_time")) - alone == pytest.approx(read, rel=1e-9)
    both = on(card, "streamed=5,storage=3", context=1024)
    assert float(both.number("copy_time")) == pytest.approx(5 * weights / 20e9 + read, rel=1e-9)
    # one layer at a time is on the device, and what is read from storage in no memory
    whole = on(card, "", context=1024).number("memory_footprint")
    gone = whole - both.number("memory_footprint")
    assert gone == 7 * weights
    assert both.number("host_memory") == 5 * weights


def test_step_time_and_memory_are_linear_in_the_layers(card):
    made = on(card, "host=0", context=1024)
    for name in ("step_time", "memory_footprint", "host_memory", "load_time", "transfer_time"):
        form = sympy.expand(made.expression(name))
        if name != "load_time":
            assert form.has(L_O), name
            # of all that joins computing and moving bytes, nothing but a count depends on it
            assert not any(node.has(L_O) for node in form.atoms(sympy.Max, sympy.Min))
        assert sympy.diff(form, L_O, 2) == 0


def test_the_least_number_of_layers_that_fits_is_solved_for(card):
    found = solve(on(card, "", context=1024), "offloaded_layers", ["memory_footprint <= 10GiB"])
    weights = 2 * (4096 * 4096 * 2 + 2 * 4096 * 1024 + 3 * 4096 * 14336 + 2 * 4096)
    layer = weights + 2 * 8 * 128 * 1024 * 2
    rest = on(card, "", context=1024).number("memory_footprint") - 32 * layer
    assert found.answer == ceil(32 - (10 * 2**30 - rest) / layer)
    assert (found.low.value, found.high.value) == (found.answer, 32)
    assert found.low.closed_form is not None
    assert found.low.root == pytest.approx(32 - (10 * 2**30 - rest) / layer)
    assert "that is --gpu-layers" in found.notes[-1]


def test_the_most_layers_that_may_leave_at_a_speed(card):
    setup = on(card, "", context=1024)
    found = solve(setup, "offloaded_layers", ["time_per_output_token <= 50ms"])
    there = [
        float(on(card, f"host={found.answer + n}", context=1024).number("step_time"))
        for n in (0, 1)
    ]
    assert there[0] <= 0.05 < there[1]


def test_a_long_prompt_copies_the_hosts_weights_and_a_short_one_does_not():
    """min_batch_size = 32 (ggml_backend_cuda_device_offload_op); n_ubatch = 512 at a time."""
    device = find_device("rtx-4090")
    weights = sum(tensors(32, 4096, 14336, 1024)[:12])

    def copied(prompt):
        made = on(device, "gpu=21", kernels="llama.cpp", weights="q4_k_m", prompt=prompt)
        kernels = [k for k in kernel_costs(made.case("prefill")) if k.route]
        values = made.values()
        return sum(
            float((k.repeat * sympy.Add(*k.traffic.values())).subs(values)) for k in kernels
        ), any(k.place for k in kernel_costs(made.case("prefill")))

    assert copied(512) == (weights, False)
    assert copied(1024) == (2 * weights, False)
    moved, beside = copied(31)
    assert beside
    assert moved == 4 * 31 * 4096  # activations in fp32, once from the host to the device


def test_energy_is_that_of_both_units(card, tmp_path):
    prices = {"energy_per_flop": "2e-12 J/FLOP", "energy_per_byte": "1e-11 J/B"}
    host = {"memory_bandwidth": "100 GB/s", "memory_size": "64 GiB", "link_bandwidth": None}
    written(tmp_path, "computer", **host, link=None, **prices, idle_power="40 W")
    dear = {"energy_per_flop": "0 J/FLOP", "energy_per_byte": "0 J/B", "idle_power": "10 W"}
    device = written(tmp_path, "card", **dear)
    made = on(device, "host=12", context=1024)
    flops = 2 * (4096 * 4096 * 2 + 2 * 4096 * 1024 + 3 * 4096 * 14336)  # products of a layer
    moving = 12 * block_bytes(1024) * 1e-11
    idle = 50 * float(made.number("step_time"))
    computing = float(made.number("energy_per_step")) - moving - idle
    # scores, values and element-wise work come on top of the products
    assert 1 < computing / (12 * flops * 2e-12) < 1.15


def test_a_file_says_it_layer_by_layer(card, tmp_path):
    (tmp_path / "where.toml").write_text(
        '[[rules]]\nplace = "host"\nlayers = "0-9, 11"\n'
        '[[rules]]\nplace = "streamed"\nlayers = "10"\n'
    )
    filed = on(card, str(tmp_path / "where.toml"), context=1024)
    host, streamed = (on(card, f"{kind}", context=1024) for kind in ("host=11", "streamed=1"))
    assert filed.number("host_memory") == host.number("host_memory") + streamed.number(
        "host_memory"
    )
    (tmp_path / "experts.toml").write_text(
        '[[rules]]\nplace = "host"\nlayers = "0-9"\ngroups = ["expert"]\n'
    )
    asked = ("qwen3-30b-a3b", "ideal", "q4_0")
    filed = on(card, str(tmp_path / "experts.toml"), *asked)
    listed = on(card, "experts=10", *asked)
    for name in ("host_memory", "memory_footprint", "step_time"):
        assert float(filed.number(name)) == pytest.approx(float(listed.number(name)), rel=1e-12)


def test_both_memories_are_judged():
    device = find_device("rtx-4090")
    small = estimate(
        on(device, "gpu=1", "llama-3.1-70b", "llama.cpp", "q4_0", host="ryzen-9-7950x")
    )
    assert small.left > 0 > small.left_on_host
    assert not small.fits
    large = on(device, "gpu=1", "llama-3.1-70b", "llama.cpp", "q4_0", host="ryzen-9-7950x@128GB")
    assert estimate(large).fits
    # where memory is one, so is the footprint
    phone = [
        on(find_device("apple-m2"), p, kernels="llama.cpp", weights="q4_0") for p in ("", "gpu=9")
    ]
    assert phone[0].number("memory_footprint") <= phone[1].number("memory_footprint")
    assert phone[1].number("host_memory") == 0


def test_what_the_host_holds_of_one_memory_is_of_that_memory():
    device, asked = find_device("apple-m2"), {"kernels": "llama.cpp", "weights": "bf16"}
    whole, some = (on(device, places, **asked) for places in ("gpu=all", "host=5,storage=6"))
    layer = 2 * (4096 * 4096 * 2 + 2 * 4096 * 1024 + 3 * 4096 * 14336 + 2 * 4096)
    gone = whole.number("weight_memory_bytes") - some.number("weight_memory_bytes")
    assert gone == 5 * layer  # of six, one is there at a time
    assert some.number("host_memory") == 0
    assert some.number("kv_cache_memory_bytes") == whole.number("kv_cache_memory_bytes")


def test_activations_cross_where_a_file_says_so(card, tmp_path):
    """Layers 3 to 5 and 9: to the host and back, twice."""
    (tmp_path / "where.toml").write_text('[[rules]]\nplace = "host"\nlayers = "3-5, 9"\n')
    made = on(card, str(tmp_path / "where.toml"), context=1024)
    assert float(made.number("copy_time")) == pytest.approx(4 * 4096 * 2 / 20e9)


def test_forms_without_a_device_show_the_layers():
    form = edgesym.derive(
        "llama-3.1-8b", "memory_footprint", kernels="fused", weights="q4_0", places="host=0"
    )
    assert form.expression.has(L_O)
    assert edgesym.derive("llama-3.1-8b", "host_memory").expression == 0


@pytest.mark.parametrize(
    ("places", "model", "error", "told"),
    [
        ("gpu=34", "llama-3.1-8b", ConfigError, "33 with its head; give at most 33, or all"),
        ("host=33", "llama-3.1-8b", ConfigError, "has 32 layers"),
        ("host=20,storage=13", "llama-3.1-8b", ConfigError, "storage = 13.*at most 12"),
        ("experts=3", "llama-3.1-8b", ConfigError, "experts: llama-3.1-8b has none"),
        ("experts=49", "qwen3-30b-a3b", ConfigError, "experts = 49.*at most 48"),
        ("vram=3", "llama-3.1-8b", UnknownNameError, "unknown place 'vram'"),
        ("gpu=3,host=2", "llama-3.1-8b", ConfigError, "leave host out"),
        ("gpu=3,gpu=2", "llama-3.1-8b", ConfigError, "twice"),
        ("host", "llama-3.1-8b", ConfigError, "no number of layers"),
        ("host=1.5", "llama-3.1-8b", ConfigError, "no number of layers"),
        ("nowhere.toml", "llama-3.1-8b", ConfigError, "cannot be read"),
    ],
)
def test_what_cannot_be_is_refused(places, model, error, told):
    with pytest.raises(error, match=told):
        on(find_device("rtx-4090"), places, model, "llama.cpp", "q4_0")


def test_who_cannot_is_told(card):
    with pytest.raises(ConfigError, match="vLLM keeps all layers on the device"):
        on(find_device("rtx-4090"), "gpu=3", kernels="vllm")
    with pytest.raises(ConfigError, match="computes nothing on the host"):
        on(find_device("rtx-4090"), "gpu=3", kernels="transformers")
    with pytest.raises(ConfigError, match=r"Apple M2.* has no link_bandwidth"):
        on(find_device("apple-m2"), "streamed=3", kernels="llama.cpp", weights="q4_0")
    with pytest.raises(DeviceError, match=r'names no processor beside it.*host = "\.\.\."'):
        on(find_device("raspberry-pi-5"), "gpu=3", kernels="fused").number("step_time")
    with pytest.raises(ConfigError, match="states the time of a step whole"):
        on(card, "gpu=3", composition="edgeprofiler")
    with pytest.raises(ConfigError, match="draft = lookup is for a model that lies whole"):
        on(card, "host=3", draft="lookup")
    with pytest.raises(ConfigError, match="--gpu-layers"):
        on(card, "gpu=3", given=((L_O, 3),))
    with pytest.raises(EdgesymError, match="33 is more than 32"):
        on(card, "").compile(["step_time"], ["offloaded_layers"])(offloaded_layers=33)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", r"no \[\[rules\]\]"),
        ('[[rules]]\nplace = "attic"', "attic"),
        ('[[rules]]\nplace = "host"\nlayers = "9-1"', "indices from 0 up"),
        ('[[rules]]\nplace = "host"\nlayers = "7-40"', "layer 40.*0 to 31"),
        ('[[rules]]\nplace = "host"\ngroups = ["cpu"]', "cpu"),
        ('[[rules]]\nplace = "host"\nlayer = "1"', "layer"),
    ],
)
def test_a_file_that_is_none_is_refused(text, told, tmp_path):
    path = tmp_path / "where.toml"
    path.write_text(text)
    with pytest.raises(EdgesymError, match=told):
        on(find_device("rtx-4090"), str(path), kernels="llama.cpp", weights="q4_0")


def test_a_text_is_read_as_it_is_written():
    read = read_places("experts=all, storage=4")
    assert (read.gpu, dict(read.counts)) == (None, {"experts": None, "storage": 4})
    assert read_places("") == read_places(" ")


def test_a_part_pays_for_what_is_its_own(card):
    made = on(card, "experts=10", "qwen3-30b-a3b", "fused", "q4_0").case("decode")
    parts = {
        part: find_quantity("copy_time").expression(replace(made, part=part))
        for part in ("attention", "experts", "*")
    }
    assert parts["attention"] == 0
    assert parts["experts"] == parts["*"] != 0
