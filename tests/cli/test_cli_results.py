"""What the verbs print, held against facts and against each other."""

import json
import subprocess
import sys

import pytest

from edgesym.devices import find_device


def test_derive_prints_a_factored_closed_form(edgesym):
    ran = edgesym("derive", "llama-3.1-8b", "-q", "kv_cache_bytes")
    assert ran.out.splitlines()[0] == "kv_cache_bytes [B] = 2*B_c*D*K*L*S*b"


def test_derive_numeric_puts_the_integers_in(edgesym):
    ran = edgesym("derive", "llama-3.1-8b", "-q", "parameters", "--numeric")
    # 8,030,261,248: Llama 3 herd of models, and transformers on the meta device.
    assert ran.out.splitlines()[0] == "parameters [1] = 8030261248"


@pytest.mark.parametrize("style", ["text", "latex", "markdown", "json"])
@pytest.mark.parametrize("phase", ["prefill", "decode", "step"])
def test_derive_in_every_style_and_phase(edgesym, style, phase):
    ran = edgesym("derive", "llama-4-maverick", "--phase", phase, "--format", style)
    assert ran.code == 0
    assert "memory" in ran.out
    assert ran.out.count("(") == ran.out.count(")")


def test_table_json_adds_up(edgesym):
    arguments = ("--cached-tokens", "1024", "0", "--input-tokens", "1", "512", "--batch-size", "4")
    ran = edgesym("table", "llama-4-maverick", *arguments, "--format", "json")
    table = json.loads(ran.out)
    assert table["workload"]["batch_size"] == 4
    for column in ("flops", "weight_bytes", "input_bytes", "output_bytes"):
        total = sum(row["repeat"] * row[column] for row in table["rows"])
        # rows of expected experts are rounded to whole bytes before they are summed
        assert total == pytest.approx(table["totals"][column], rel=1e-9)
    assert table["totals"]["storage_bytes"] == sum(table["storage"].values())


def test_table_under_pytorch_is_flop_counter_mode(edgesym):
    ran = edgesym(
        *("table", "llama-3.2-1b", "--cached-tokens", "128", "--convention", "pytorch"),
        *("--format", "json", "--dtype", "bf16"),
    )
    totals = json.loads(ran.out)["totals"]
    # transformers 5.23.0 and torch 2.13.0 on the meta device
    assert totals["flops"] == 2488401920
    assert totals["parameters"] == 1235814400
    assert totals["kv_cache_bytes"] == 4227072


def test_table_keeps_the_list_rules_and_the_separator_of_the_peer(edgesym):
    ran = edgesym(
        *("table", "--cached-tokens", "1048576", "1024", "--input-tokens", "1", "1"),
        *("--format", "json", "--", "meta-llama/Llama-4-Scout-17B-16E-Instruct"),
    )
    table = json.loads(ran.out)
    assert [q["cached_tokens"] for q in table["workload"]["queries"]] == [1048576, 1024]


def test_minimum_storage_is_that_of_the_peer_where_both_count_the_same(edgesym):
    # Transformer Roofline Analyzer's README on Llama 4 Scout, 1 token on 1,048,576 cached:
    # additional experts 168.75 GiB, embedding table 1.93 GiB.
    ran = edgesym("table", "llama-4-scout", "--cached-tokens", "1048576", "--format", "json")
    storage = json.loads(ran.out)["storage"]
    assert storage["additional_experts"] / 2**30 == pytest.approx(168.75, abs=0.005)
    assert storage["embedding_table"] / 2**30 == pytest.approx(1.93, abs=0.005)


def test_estimate_json_names_quantities_with_units(edgesym):
    ran = edgesym("estimate", "llama-3.2-1b", "--device", "raspberry-pi-5", "--json")
    found = json.loads(ran.out)
    assert found["tokens_per_second"] * found["time_per_output_token_s"] == pytest.approx(1)
    assert sum(found["shares"].values()) == pytest.approx(1)
    assert found["bound"] == max(found["shares"], key=found["shares"].get) == "weights"
    assert found["fits"] is True
    assert isinstance(found["memory_footprint_bytes"], int)
    # weights in bf16 over the bandwidth reached are a floor
    floor = 2 * 1235814400 / (17.07e9 * 0.67)
    assert found["time_per_output_token_s"] > floor
    assert found["energy_per_token_J"] > 0


def test_set_overrides_a_figure(edgesym):
    run = ("estimate", "llama-3.2-1b", "--device", "raspberry-pi-5", "--json", "--set")
    slow = json.loads(edgesym(*run, "memory_bandwidth=10GB/s").out)
    fast = json.loads(edgesym(*run, "memory_bandwidth=20e9B/s").out)
    assert slow["memory_time_s"] == pytest.approx(2 * fast["memory_time_s"])


def test_the_edgeprofiler_composition_is_its_printed_equations(edgesym):
    ran = edgesym(
        *("estimate", "llama-3.2-1b", "--device", "rtx-4090", "--composition", "edgeprofiler"),
        *("--json", "--context", "1024"),
    )
    found = json.loads(ran.out)
    layers, hidden, inner, vocab = 16, 2048, 8192, 128256
    parameters = layers * 4 * hidden**2 + layers * 2 * hidden * inner + 2 * vocab * hidden
    assert found["parameters"] == parameters
    flops = layers * (6 * hidden**2 + 4 * hidden * 1024 + 8 * hidden * inner + 9 * hidden)
    assert found["flops"] == flops
    footprint = 2 * (parameters + 1024 * hidden + 2 * layers * 1024 * hidden)
    assert found["memory_footprint_bytes"] == footprint


def test_reproduce_prints_the_rows_of_the_script(edgesym):
    table = json.loads(edgesym("reproduce", "edgeprofiler", "--format", "json").out)
    assert len(table["rows"]) == 36
    text = edgesym("reproduce", "edgeprofiler", columns=200).out
    row = next(line for line in text.splitlines() if line.startswith("Raspberry Pi 4"))
    printed = ["1413.8", "2.6", "5785.3", "74.79", "532.13", "14138.12", "673.24", "104.86"]
    assert row.split()[-11:] == [*printed, "15448.35", "0.43", "6.069"]


@pytest.mark.parametrize(
    "verb",
    [
        *("models", "devices", "quantities", "conventions", "compositions", "formats"),
        "runtimes",
    ],
)
def test_lists(edgesym, verb):
    ran = edgesym(verb)
    assert ran.code == 0
    assert len(ran.out.splitlines()) > 4


def test_a_device_shows_the_source_of_every_figure(edgesym):
    ran = edgesym("devices", "raspberry-pi-5", columns=500)
    rows = [line for line in ran.out.splitlines() if line.startswith(("peak.", "memory_"))]
    assert rows
    assert all("https://" in row for row in rows)
    stacked = edgesym("devices", "raspberry-pi-5", columns=80).out
    assert stacked.count("\nfigure ") == stacked.count("\nsource ") > 5


def test_help_imports_neither_sympy_nor_networkx():
    code = (
        "import sys; from edgesym.cli.main import edgesym\n"
        "edgesym(['--help'], standalone_mode=False)\n"
        "assert not {'sympy', 'networkx', 'numpy', 'jinja2'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_importing_the_package_is_light():
    code = "import sys, edgesym; assert not {'sympy', 'networkx', 'numpy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_derive_says_that_a_generation_is_no_single_step(edgesym):
    out = edgesym("derive", "llama-3.2-1b", "-q", "generation_flops", "-q", "flops").out
    assert "generation_flops [FLOP, generation] = " in out
    assert "\nflops [FLOP] = " in out


ON_PI = ("llama-3.2-1b", "--device", "raspberry-pi-5")
VERBS = [
    ("estimate", *ON_PI),
    ("sensitivity", *ON_PI),
    ("solve", *ON_PI, "--for", "batch", "--such-that", "time_per_output_token <= 1s"),
    ("crossover", *ON_PI),
    ("explain", "step_time", *ON_PI),
]


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb[0])
def test_what_is_set_is_told_in_header_and_json(edgesym, verb):
    setting = ("--set", "memory_bandwidth=2*memory_bandwidth")
    told = " ".join(edgesym(*verb, *setting).out.split())
    assert "memory_bandwidth = 34.14 GB/s (2*memory_bandwidth)" in told
    found = json.loads(edgesym(*verb, *setting, "--json").out)
    found = found.get("run", found)
    doubled = 2 * find_device("raspberry-pi-5").figures["memory_bandwidth"].value
    assert found["given"] == {"memory_bandwidth": doubled}


def test_counts_are_written_in_k_and_m(edgesym):
    short = edgesym("estimate", *ON_PI, "--context", "8k", "--generate", "1k", "--json")
    spelled = edgesym("estimate", *ON_PI, "--prompt", "7168", "--generate", "1024", "--json")
    answers = [json.loads(answer.out) for answer in (short, spelled)]
    for answer in answers:
        del answer["defaults"]  # which of the three follows from the others
    assert answers[0] == answers[1]
    assert answers[0]["context"] == 8192
    table = edgesym(
        "table", "llama-3.1-8b", "--cached-tokens", "1k", "2", "--input-tokens", "1", "2"
    )
    assert table.code == 0
    asked = "context <= 128k"
    found = edgesym("solve", "llama-3.1-8b", "--for", "context", "--such-that", asked, "--json")
    assert "131072" in found.out
