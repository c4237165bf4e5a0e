"""``edgesym crossover`` as a user sees it."""

import csv
import io
import json

import pytest

ON_PI = ("crossover", "llama-3.2-1b", "--device", "raspberry-pi-5", "--weights", "q4_0")
BARE = ("crossover", "llama-3.2-1b")


def test_text_has_crossovers_closed_forms_and_where_the_setup_stands(edgesym):
    ran = edgesym(*ON_PI)
    assert ran.code == 0
    assert "llama-3.2-1b on Raspberry Pi 5" in ran.out
    assert "cache passes weights" in ran.out
    assert "S = (" in ran.out
    assert "batch 1, context 256: waits for weights" in ran.out
    assert max(len(line) for line in ran.out.splitlines()[3:]) <= 100


def test_json_holds_the_numbers_and_the_formulas(edgesym):
    whole = json.loads(edgesym(*ON_PI, "--format", "json").out)
    assert whole["need_a_device"] == []
    assert sum(whole["shares"].values()) == pytest.approx(1)
    first = whole["crossovers"][0]
    assert (first["left"], first["right"]) == ("cache_traffic", "weight_bytes")
    (passing,) = first["passings"]
    # bytes of the weights in a step over bytes of a token's keys and values
    # matrices in q4_0, the tied table and a row of it in q6_k, norms in fp32
    table, norms = 128256 * 2048, 33 * 2048
    weights = (1235814400 - table - norms) * 9 / 16 + (table + 2048) * 210 / 256 + 4 * norms
    assert passing["at"] == pytest.approx(weights / (2 * 16 * 8 * 64 * 2) - 1, rel=1e-12)
    assert passing["both_sides"] == pytest.approx(weights, rel=1e-12)
    assert passing["first"] == int(passing["at"]) + 1


def test_without_a_device_it_says_what_needs_one(edgesym):
    ran = edgesym(*BARE)
    assert ran.code == 0
    assert "With --device also: decode turns compute-bound" in ran.out
    whole = json.loads(edgesym(*BARE, "--format", "json").out)
    assert len(whole["need_a_device"]) == 2
    assert "shares" not in whole


@pytest.mark.parametrize("style", ["csv", "markdown"])
def test_tables_have_a_row_per_passing(edgesym, style):
    ran = edgesym(*ON_PI, "--format", style)
    whole = json.loads(edgesym(*ON_PI, "--format", "json").out)
    rows = sum(max(1, len(entry["passings"])) for entry in whole["crossovers"])
    table = [line for line in ran.out.splitlines() if style == "csv" or line.startswith("|")]
    assert len(table) == rows + (1 if style == "csv" else 2)


def test_a_chunked_model_has_several_passings(edgesym):
    ran = edgesym("crossover", "llama-4-scout", "--weights", "nvfp4")
    assert "and no longer" in ran.out
    assert "one jumps past the other there" in ran.out
    assert "where ceil(S/N) = 20" in ran.out


def test_a_map_as_data_has_a_row_per_point(edgesym, tmp_path):
    ran = edgesym(
        *ON_PI, "--map", "deep/map.csv", "--batches", "1", "8", "--contexts", "128", "512"
    )
    assert ran.code == 0
    rows = list(csv.DictReader(io.StringIO((tmp_path / "deep" / "map.csv").read_text())))
    assert [(row["batch"], row["context"]) for row in rows] == [
        (str(b), str(s)) for b in (1, 2, 4, 8) for s in (128, 256, 512)
    ]
    at = json.loads(
        edgesym("estimate", *ON_PI[1:], "--batch", "2", "--context", "512", "--json").out
    )
    row = rows[5]
    assert row["bound"] == at["bound"]
    assert float(row["time_per_output_token_s"]) == pytest.approx(at["time_per_output_token_s"])
    assert float(row["memory_footprint_bytes"]) == at["memory_footprint_bytes"]
    assert (row["fits"] == "True") == at["fits"]


@pytest.mark.parametrize("ending", ["png", "SVG"])
def test_a_map_as_a_plot_is_written(edgesym, tmp_path, ending):
    ran = edgesym(*ON_PI, "--map", f"map.{ending}", "--format", "json")
    assert ran.code == 0
    assert "Wrote" in ran.err
    json.loads(ran.out)
    assert [path.name for path in tmp_path.iterdir()] == [f"map.{ending}"]


def test_a_map_reaches_to_what_the_model_is_made_for(edgesym, tmp_path):
    edgesym("crossover", "gpt2", "--device", "rtx-4090", "--map", "map.csv")
    rows = csv.DictReader(io.StringIO((tmp_path / "map.csv").read_text()))
    assert {row["context"] for row in rows} == {"128", "256", "512", "1024"}


BAD = [
    ((*ON_PI, "--map", "map.gif"), ["map.gif", ".png"]),
    ((*ON_PI, "--map", "map"), ["--map map", ".csv"]),
    ((*ON_PI, "--batches", "1", "8"), ["--batches is of a map", "--map FILE"]),
    ((*ON_PI, "--map", "map.png", "--batches", "8", "2"), ["--batches", "8 to 2", "LOW < HIGH"]),
    ((*ON_PI, "--map", "map.csv", "--contexts", "0", "64"), ["--contexts", "0 to 64", "1 <= LOW"]),
    ((*BARE, "--map", "map.png"), ["llama-3.2-1b", "--device"]),
    ((*BARE, "--device", "raspbery-pi-5"), ["raspbery-pi-5", "raspberry-pi-5"]),
    ((*BARE, "--set", "memory_bandwidth=1GB/s"), ["memory_bandwidth", "--device"]),
    ((*ON_PI, "--map", "/proc/nowhere/map.csv"), ["/proc/nowhere", "cannot be written"]),
    (("crossover", "lama-3.2-1b"), ["lama-3.2-1b", "llama-3.2-1b"]),
]


@pytest.mark.parametrize(("arguments", "words"), BAD, ids=lambda v: " ".join(v)[-60:])
def test_a_mistake_is_named_in_one_line(edgesym, tmp_path, arguments, words):
    ran = edgesym(*arguments)
    assert ran.code == 2
    errors = [line for line in ran.err.splitlines() if line.startswith("Error: ")]
    assert len(errors) == 1
    for word in words:
        assert word in errors[0]
    assert list(tmp_path.iterdir()) == []
