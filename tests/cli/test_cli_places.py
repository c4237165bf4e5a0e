"""Layers and experts elsewhere than on the device, as a user asks for them."""

import json

import pytest

ON_CARD = ("llama-3.1-70b", "--device", "rtx-4090", "--weights", "q4_k_m", "--runtime", "llama.cpp")
ON_PHONE = ("llama-3.2-1b", "--device", "apple-m2", "--weights", "q4_0", "--runtime", "llama.cpp")
EXPERTS = ("qwen3-30b-a3b", "--device", "rtx-3060", "--weights", "q4_0", "--runtime", "llama.cpp")


def test_an_estimate_says_what_lies_where(edgesym):
    ran = edgesym("estimate", *ON_CARD, "--gpu-layers", "40", columns=200)
    assert ran.code == 0
    assert "of 80 layers 41 on the host, host AMD Ryzen 9 7950X" in ran.out
    assert "(assumed: --host names yours)" in ran.out
    assert "on the host" in ran.out
    assert "does not fit" not in ran.out
    answer = json.loads(edgesym("estimate", *ON_CARD, "-ngl", "40", "--format", "json").out)
    assert (answer["places"], answer["host"]) == ("gpu=40", "ryzen-9-7950x")
    assert answer["fits"]
    assert answer["host_memory_bytes"] > 18e9
    assert answer["host_memory_size_bytes"] == 32 * 2**30
    whole = json.loads(edgesym("estimate", *ON_CARD, "--format", "json").out)
    assert "host_memory_bytes" not in whole


def test_a_host_of_ones_own(edgesym):
    ran = edgesym("estimate", *ON_CARD, "-ngl", "9", "--host", "7950x@64GB", columns=200)
    assert "host AMD Ryzen 9 7950X (64 GB)" in ran.out
    assert "assumed: --host" not in ran.out


def test_experts_stay_with_the_host(edgesym):
    speeds = {}
    for option in (["--cpu-moe"], ["--n-cpu-moe", "20"], ["--n-cpu-moe", "0"]):
        ran = edgesym("estimate", *EXPERTS, *option, "--format", "json")
        speeds[option[-1]] = json.loads(ran.out)["tokens_per_second"]
    assert speeds["--cpu-moe"] < speeds["20"] < speeds["0"]


def test_the_layers_are_solved_for_and_swept(edgesym):
    room = "memory_footprint <= memory - memory_reserve"
    ran = edgesym("solve", *ON_CARD, "--for", "offloaded_layers", "--such-that", room)
    assert ran.code == 0
    assert "offloaded_layers  at least" in ran.out
    assert "L_o = (" in ran.out
    assert "that is --gpu-layers" in ran.out
    best = ("--maximise", "tokens_per_second", "--such-that", room)
    ran = edgesym("solve", *ON_CARD, "--for", "offloaded_layers", *best, "--format", "json")
    assert ran.code == 0
    assert json.loads(ran.out)["answer"] == 34
    ran = edgesym("sweep", *ON_CARD, "--over", "offloaded_layers=0,80", "-q", "host_memory")
    assert "2 points, 2 rows" in ran.out
    ran = edgesym("sweep", *ON_CARD, "--over", "offloaded_layers=0..81", "-q", "host_memory")
    assert ran.code == 2
    assert "81 layers; llama-3.1-70b has 80 that can be so" in ran.err


def test_formulas_and_their_numbers_say_where_they_come_from(edgesym):
    ran = edgesym("derive", "llama-3.1-8b", "-q", "weight_memory_bytes", "--gpu-layers", "10")
    assert "- L_o*(2*A*D + 2*D*K + 3*I + 2)" in ran.out
    assert "layers that do not lie on the device" in ran.out
    ran = edgesym("explain", "copy_time", *ON_CARD, "--offload", "storage=2", columns=200)
    assert ran.code == 0
    assert "places storage=2" in ran.out


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--gpu-layers", "82"], "has 80 layers, 81 with its head; give at most 81, or all"),
        (["--gpu-layers", "many"], "no number of layers"),
        (["--n-cpu-moe", "3"], "experts: llama-3.1-70b has none"),
        (["--cpu-moe", "--n-cpu-moe", "3"], "give one"),
        (["--gpu-layers", "3", "--offload", "host=3"], "leave host out"),
        (["--offload", "nowhere.toml"], "nowhere.toml: cannot be read"),
        (["--offload", "nowhere.toml", "--cpu-moe"], "leave other places out"),
        (["--offload", "cloud=3"], "unknown place 'cloud'"),
        (["--gpu-layers", "3", "--host", "abacus"], "unknown device 'abacus'"),
        (["--set", "offloaded_layers=3"], "--gpu-layers"),
    ],
)
def test_bad_input_is_one_error(edgesym, options, told):
    ran = edgesym("estimate", *ON_CARD, *options, columns=300)
    assert ran.code == 2
    assert told in ran.err
    assert ran.err.count("\n") == 1


def test_a_device_of_ones_own_names_its_host(edgesym, tmp_path):
    (tmp_path / "host.toml").write_text(
        'class = "generic-cpu"\n[peak.fp32]\nvalue = 500\nunit = "GFLOP/s"\nsource = "mine"\n'
        '[memory_bandwidth]\nvalue = 60\nunit = "GB/s"\nsource = "mine"\n'
        '[memory_size]\nvalue = 64\nunit = "GiB"\nsource = "mine"\n'
    )
    figures = {
        "peak.fp32": (20, "TFLOP/s"),
        "memory_bandwidth": (500, "GB/s"),
        "memory_size": (12, "GiB"),
        **dict.fromkeys(("compute_utilisation", "memory_utilisation"), (0.8, "1")),
        "launch_overhead": (2, "us"),
    }
    card, link = (
        "".join(f'[{word}]\nvalue = {n}\nunit = "{u}"\nsource = "mine"\n' for word, (n, u) in rows)
        for rows in (
            figures.items(),
            (("link_bandwidth", (12, "GB/s")), ("link_utilisation", (0.8, "1"))),
        )
    )
    asked = ("llama-3.1-8b", "--weights", "q8_0", "--runtime", "fused", "--device", "card.toml")

    def estimated(host, link, *places):
        (tmp_path / "card.toml").write_text(host + card + link)
        return edgesym("estimate", *asked, *places, columns=300)

    ran = estimated('host = "host.toml"\n', link, "--gpu-layers", "20")
    assert ran.code == 0
    assert "of 64 GiB: fits" in ran.out
    ran = estimated("", "", "--gpu-layers", "20")
    assert ran.code == 2
    assert 'add host = "..." to its file, or name one with --host' in ran.err
    ran = estimated("", "", "--offload", "streamed=3")
    assert ran.code == 2
    assert "card has no link_bandwidth" in ran.err
    assert "add [link_bandwidth] to the device's file" in ran.err
    ran = estimated('host = "there.toml"\n', link)
    assert ran.code == 2
    assert "host = 'there.toml': there is no file" in ran.err


def test_a_picture_over_the_layers(edgesym, tmp_path):
    pytest.importorskip("matplotlib")
    over = ("--over", "offloaded_layers=0..80:lin:3", "-q", "tokens_per_second")
    ran = edgesym("plot", "line", *ON_CARD, *over, "--format", "json")
    assert ran.code == 0
    speeds = json.loads(ran.out)
    assert "offloaded_layers" in ran.out
    assert speeds
    ran = edgesym("plot", "line", *ON_CARD, "--over", "offloaded_layers=0..90", "-q", "step_time")
    assert ran.code == 2
    assert "90 layers" in ran.err
