"""What a user is told of memory at run time: the estimate, its parts, a runtime's own page."""

from __future__ import annotations

import json

import pytest

PI = ("llama-3.2-1b", "--device", "raspberry-pi-5", "--weights", "q4_k_m", "--context", "2048")


@pytest.mark.parametrize(
    ("kernels", "said"),
    [
        ("llama.cpp", "(weights 968.3 MiB, KV cache 64 MiB, buffers 258.5 MiB;"),
        ("fused", "(weights 762.8 MiB, KV cache 64 MiB, activations 254.5 KiB;"),
    ],
)
def test_an_estimate_speaks_of_what_is_held(edgesym, kernels, said):
    ran = edgesym("estimate", *PI, "--kernels", kernels)
    assert ran.code == 0, ran.err
    assert said in " ".join(ran.out.split())


def test_fits_follows_what_is_held(edgesym):
    """gemma-3-1b in 1 GiB: as stored it fits, as llama.cpp holds it it does not."""
    asked = ("gemma-3-1b", "--device", "raspberry-pi-5", "--weights", "q4_0", "--reserve", "0GiB")
    limit = ("--set", "memory_size=1GiB", "--json")
    needed, held = (
        json.loads(edgesym("estimate", *asked, *limit, "--kernels", kernels).out)
        for kernels in ("fused", "llama.cpp")
    )
    assert (needed["fits"], held["fits"]) == (True, False)
    parts = ("weight_memory_bytes", "kv_cache_memory_bytes", "compute_buffer_bytes")
    assert held["memory_footprint_bytes"] == sum(held[part] for part in parts)


def test_solve_finds_a_context_in_whole_pages(edgesym):
    asked = ("solve", *PI[:5], "--kernels", "llama.cpp", "--for", "context")
    ran = edgesym(*asked, "--such-that", "memory_footprint <= 0.5 * memory")
    assert ran.code == 0, ran.err
    assert "at most 91648 tokens" in ran.out
    assert 91648 % 256 == 0


def test_a_size_of_the_runtime_can_be_set_where_it_matters(edgesym):
    small = edgesym("estimate", *PI, "--kernels", "llama.cpp", "--set", "micro_batch=64")
    assert small.code == 0, small.err
    assert "micro_batch = 64" in " ".join(small.out.split())
    assert "buffers 32.31 MiB" in " ".join(small.out.split())
    idle = edgesym("estimate", *PI, "--kernels", "fused", "--set", "micro_batch=64")
    assert idle.code != 0
    assert "micro_batch changes nothing" in idle.err


@pytest.mark.parametrize(
    ("quantity", "options", "said"),
    [
        (
            "memory_footprint",
            ("--kernels", "llama.cpp"),
            "llama.cpp, CPU: llama.cpp at b7000: src/llama-context.cpp",
        ),
        ("step_time", ("--composition", "smooth"), "composition smooth, the default"),
    ],
)
def test_explain_says_where_the_numbers_of_a_runtime_are_from(edgesym, quantity, options, said):
    ran = edgesym("explain", quantity, *PI, *options)
    assert ran.code == 0, ran.err
    assert said in " ".join(ran.out.split())


def test_the_page_of_a_runtime_says_how_it_holds_a_model(edgesym):
    shown = json.loads(edgesym("runtimes", "llama.cpp", "--json").out)["memory"]
    assert (shown["tokens"], shown["cache_page"]) == ("512", "256 tokens")
    assert json.loads(edgesym("runtimes", "fused", "--json").out)["memory"] is None
