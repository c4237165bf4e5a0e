"""``edgesym optimize`` and ``edgesym reproduce``: every format, plots, mistakes."""

from __future__ import annotations

import csv
import io
import json

import pytest

ON_PI = (
    "optimize",
    "llama-3.2-1b",
    "--device",
    "raspberry-pi-5",
    "--techniques",
    "q4_0,q8_0",
    "--kernels",
    "fused",
)
REPRODUCED = (
    ("edgeprofiler", "--table", "2"),
    ("edgelm-optimizer",),
    ("transformer-roofline-analyzer",),
)


def test_json_has_a_row_per_technique_the_best_and_the_front(edgesym):
    found = json.loads(edgesym(*ON_PI, "--memory", "1GiB", "--json").out)
    assert [row["technique"] for row in found["rows"]] == ["baseline", "q4_0", "q8_0"]
    assert [row["fits"] for row in found["rows"]] == [False, True, False]
    assert found["memory_bytes"] == 2**30
    assert found["best"] == {"llama-3.2-1b": "q4_0"}
    assert found["front"] == {"llama-3.2-1b": ["q4_0"]}
    base, four, _ = found["rows"]
    assert four["ratios"]["size"] == pytest.approx(four["file_bytes"] / base["file_bytes"])


def test_csv_has_numbers_in_full(edgesym):
    rows = list(csv.DictReader(io.StringIO(edgesym(*ON_PI, "--format", "csv").out)))
    assert [row["technique"] for row in rows] == ["baseline", "q4_0", "q8_0"]
    assert float(rows[1]["time_per_output_token_s"]) < float(rows[0]["time_per_output_token_s"])
    assert rows[1]["best"] == "true"


@pytest.mark.parametrize("medium", ["text", "markdown", "latex", "html"])
def test_every_medium_has_the_techniques(edgesym, medium):
    ran = edgesym(*ON_PI, "--format", medium)
    assert ran.code == 0
    assert "best" in ran.out
    assert all(line.isprintable() for line in ran.out.splitlines())
    if medium == "text":
        assert max(map(len, ran.out.splitlines())) <= 80


@pytest.mark.parametrize("source", REPRODUCED, ids=" ".join)
@pytest.mark.parametrize("medium", ["text", "markdown", "latex", "html", "json", "csv"])
def test_what_is_reproduced_in_every_medium(edgesym, source, medium):
    ran = edgesym("reproduce", *source, "--format", medium)
    assert ran.code == 0
    assert ran.out
    if medium == "json":
        assert json.loads(ran.out)["source"] == source[0]


def test_several_models_and_a_condition_without_a_unit(edgesym):
    ran = edgesym(
        *("optimize", "llama-3.2-1b", "llama-3.2-3b", "--device", "raspberry-pi-5"),
        *("--techniques", "q4_0", "--such-that", "tokens_per_second >= 10", "--json"),
    )
    found = json.loads(ran.out)
    assert found["best"] == {"llama-3.2-1b": "q4_0", "llama-3.2-3b": None}


def test_without_a_device_there_are_sizes_and_memory_alone(edgesym):
    found = json.loads(edgesym("optimize", "gemma-3-1b", "--techniques", "q4_k_m", "--json").out)
    assert "time_per_output_token_s" not in found["rows"][1]
    assert found["rows"][1]["fits"] is None
    assert found["best"] == {"gemma-3-1b": "q4_k_m"}


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_the_front_is_plotted(edgesym, tmp_path, ending):
    pytest.importorskip("matplotlib")
    file = tmp_path / f"front.{ending}"
    assert edgesym(*ON_PI, "--plot", file).code == 0
    assert file.stat().st_size > 1000


MISTAKES = [
    (("--techniques", "gptp"), ["unknown technique 'gptp'", "gptq"]),
    (("--memory", "0GiB"), ["memory = 0 B", "4GiB"]),
    (("--memory", "4"), ["--memory 4"]),
    (("--memory", "lots"), ["--memory lots"]),
    (("--speed", "-1"), ["speed = -1", "0.5"]),
    (("--speed", "101"), ["speed = 101", "100"]),
    (("--speed", "0.5"), ["--device"]),
    (("--such-that", "tokens_per_second >= 10"), ["--device"]),
    (("--such-that", "flops"), ["not a condition"]),
    (("--plot", "front.png"), ["--device"]),
    (("--plot", "front.gif"), [".png"]),
    (("--set", "launch_overhead=1us"), ["--device"]),
]


@pytest.mark.parametrize(("arguments", "words"), MISTAKES, ids=lambda v: " ".join(v)[-40:])
def test_a_mistake_is_named_in_one_line(edgesym, arguments, words):
    ran = edgesym("optimize", "llama-3.2-1b", *arguments)
    assert (ran.code, ran.out) == (2, "")
    errors = [line for line in ran.err.splitlines() if line.startswith("Error: ")]
    assert len(errors) == 1
    for word in words:
        assert word in errors[0]


def test_a_table_that_is_not_reproduced_is_refused(edgesym):
    ran = edgesym("reproduce", "edgeprofiler", "--table", "3")
    assert ran.code == 2
    assert "reproduced are: 2" in ran.err


def test_a_source_without_techniques_is_not_measured(edgesym):
    ran = edgesym("reproduce", "edgeprofiler", "--measure")
    assert ran.code == 2
    assert "edgelm-optimizer" in ran.err


def test_threads_of_a_reproduction_go_with_a_measurement(edgesym):
    ran = edgesym("reproduce", "edgelm-optimizer", "--threads", "1")
    assert ran.code == 2
    assert "--threads goes with --measure" in ran.err


def test_the_measured_techniques_of_a_reproduction_are_ones(monkeypatch, edgesym):
    import edgesym.compression as room

    asked = []
    monkeypatch.setattr(room, "measured", lambda *given: asked.append(given) or [])
    found = json.loads(edgesym("reproduce", "edgelm-optimizer", "--measure", "--json").out)
    (model, names, memory, *_) = asked[0]
    assert model == room.find_sample(model).model.name
    assert memory is None
    assert [room.find_technique(name).name for name in names] == names
    assert found["measured"] == []
    assert len(found["rows"]) == 7
