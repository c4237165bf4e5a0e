"""Measuring by steps that are put in: what ran becomes a setup, rows and a document."""

from __future__ import annotations

import csv
import io

import pytest

from edgesym.devices import find_device
from edgesym.errors import ConfigError
from edgesym.measuring import engine
from edgesym.measuring import measure as module
from edgesym.measuring.buffers import read_buffers
from edgesym.measuring.documents.measurement import measurement_document, warnings_of
from edgesym.measuring.latency import Latency
from edgesym.measuring.measure import Wanted, measure, setup_of
from edgesym.measuring.row import COLUMNS, appended, rows_of
from edgesym.render.page import Page
from edgesym.render.write import write
from edgesym.validation.corpus import read_corpus
from tests.hostile import HOSTILE, csv_cells

LOG = """load_tensors:          CPU model buffer size =    15.40 MiB
llama_kv_cache:        CPU KV buffer size =     1.69 MiB
sched_reserve:        CPU compute buffer size =     3.79 MiB
llama_context:        CPU  output buffer size =     0.12 MiB
"""
RAN = {
    "by": "llama.cpp (a version)",
    "context": 256,
    "resident_bytes": 20 * 2**20,
    "held_bytes": 22 * 2**20,
    "peak_bytes": 25 * 2**20,
    "prompt": {"median": 0.02, "low": 0.019, "high": 0.021, "runs": 7, "warm": 1},
    "token": {"median": 0.002, "low": 0.0019, "high": 0.0021, "runs": 7, "warm": 1},
}
DEVICE = "ryzen-5-7600x"


@pytest.fixture
def step(monkeypatch):
    """A step that succeeds, and the jobs that it was given."""
    monkeypatch.setattr(engine, "find_spec", lambda name: name)
    monkeypatch.setattr(module, "load_of", lambda: 0.0)
    jobs = {}

    def do(name, folder, job):
        jobs[name] = job
        (folder / f"{name}.log").write_text(LOG, "utf-8")
        return {"file_bytes": 17_000_000, "tensor_bytes": 16_152_192} if name == "write" else RAN

    do.jobs = jobs
    return do


def test_a_run_is_beside_its_prediction(step):
    found = measure(Wanted("llama-15m"), find_device(DEVICE), step=step)
    assert found.rates == {"prefill": pytest.approx(6400), "decode": pytest.approx(500)}
    assert set(found.predicted) == {"prefill", "decode"}
    assert found.setup.run.timed_at == 128 + 16
    assert found.held.run.timed_at == 256
    assert found.on.number("weight_storage_bytes") == found.tensor_bytes
    assert found.buffers == {
        "weights": round(15.40 * 2**20),
        "cache": round(1.69 * 2**20),
        "buffers": round(3.79 * 2**20) + round(0.12 * 2**20),
    }


def test_the_document_says_what_was_measured_and_what_was_predicted(step):
    found = measure(Wanted("llama-15m", layers=2, threads=3), find_device(DEVICE), step=step)
    text = write(measurement_document(found), "text", Page(width=200))
    assert "random weights, the first 2 of 6 layers" in text
    assert "3 threads" in text
    data = measurement_document(found).data
    assert data["measured"]["decode_tokens_per_second"] == 500
    low, high = data["predicted"]["decode"]["interval_90"]
    assert low < data["predicted"]["decode"]["value"] < high
    assert data["layers_of"] == 6


def test_without_a_device_no_speed_is_predicted(step):
    found = measure(Wanted("llama-15m"), step=step)
    assert found.predicted == {}
    assert any("edgesym calibrate" in told for told in warnings_of(found))


def test_a_busy_machine_is_said(step, monkeypatch):
    monkeypatch.setattr(module, "load_of", lambda: 99.0)
    found = measure(Wanted("llama-15m"), find_device(DEVICE), step=step)
    assert any("load was 99.0" in told for told in warnings_of(found))
    torn = {**RAN, "token": {**RAN["token"], "high": 0.004}}
    monkeypatch.setattr(module, "load_of", lambda: 0.0)
    found = measure(Wanted("llama-15m"), find_device(DEVICE), step=lambda *a: {**step(*a), **torn})
    assert [told for told in warnings_of(found) if told.startswith("A token took")]


def test_rows_are_those_that_validation_reads(step, tmp_path):
    found = measure(Wanted("smollm2-135m"), find_device(DEVICE), step=step)
    path = tmp_path / "rows.csv"
    path.write_text(appended(path, rows_of(found, "Ryzen 5 7600X", "here")), "utf-8")
    path.write_text(appended(path, rows_of(found, "Ryzen 5 7600X", "here")), "utf-8")
    rows = read_corpus(path)
    assert [row.kind for row in rows] == ["prefill", "decode", "memory"] * 2
    assert [row.value for row in rows[:2]] == [pytest.approx(6400), pytest.approx(500)]
    (row, *_) = csv.DictReader(io.StringIO(path.read_text("utf-8")))
    assert row["source_note"] == "random weights; n_ctx 256"
    assert row["quant"] == "Q8_0"


def test_rows_of_validation_are_compared(step, tmp_path):
    from edgesym.validation import validate

    found = measure(Wanted("smollm2-135m"), find_device(DEVICE), step=step)
    path = tmp_path / "rows.csv"
    path.write_text(appended(path, rows_of(found, "Ryzen 5 7600X", "here")), "utf-8")
    compared = validate(read_corpus(path))
    assert compared.groups["decode"].rows == 1
    unmapped = set(compared.unmapped) - {""}
    assert not any("no card" in reason or "no number format" in reason for reason in unmapped)


def test_rows_are_not_added_to_another_kind_of_file(step, tmp_path):
    found = measure(Wanted("llama-15m"), find_device(DEVICE), step=step)
    path = tmp_path / "other.csv"
    path.write_text("a,b\n1,2\n", "utf-8")
    with pytest.raises(ConfigError, match=f"has the columns a, b; .*{COLUMNS[0]}"):
        appended(path, rows_of(found, "x", "y"))
    for text in HOSTILE:
        added = appended(tmp_path / "new.csv", rows_of(found, text, text))
        assert csv_cells(added) == len(COLUMNS)


def test_what_does_not_fit_into_memory_is_refused_before_anything_runs(step, monkeypatch):
    monkeypatch.setattr(module, "free_memory", lambda: 2**30)
    with pytest.raises(ConfigError, match=r"running it takes .* GiB, and of 1 GiB that are free"):
        measure(Wanted("llama-3.1-8b"), step=step)
    assert step.jobs == {}


def test_what_does_not_fit_on_the_drive_is_refused(step, monkeypatch):
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(ConfigError, match="1000 B are free, and the file of llama-15m takes"):
        measure(Wanted("llama-15m"), step=step)
    assert step.jobs == {}


def test_what_would_take_too_long_is_refused(step):
    slow = find_device(DEVICE).with_settings(["memory_bandwidth=1MB/s"])
    with pytest.raises(ConfigError, match=r"takes .* here, as is predicted, and may take 600 s"):
        measure(Wanted("llama-15m"), slow, step=step)
    assert step.jobs == {}


def test_a_run_that_fails_says_how(step):
    def fails(name, folder, job):
        return step(name, folder, job) if name == "write" else {"state": "failed", "reason": "no"}

    with pytest.raises(ConfigError, match=r"llama-15m: cannot be run \(failed: no\)"):
        measure(Wanted("llama-15m"), step=fails)


def test_a_missing_library_names_the_extra(monkeypatch):
    monkeypatch.setattr(engine, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"needs xllamacpp, gguf; .*edgesym\[measure\]"):
        measure(Wanted("llama-15m"))


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (Wanted("a.gguf", engine="torch"), "a GGUF file runs in llama.cpp"),
        (Wanted("a.gguf", weights="q8_0"), "leave out --weights and --layers"),
        (Wanted("llama-15m", engine="torch", weights="q8_0"), "PyTorch runs bf16, fp32, fp16"),
        (Wanted("llama-15m", layers=7), "layers = 7 must lie between 1 and the 6"),
    ],
)
def test_what_makes_no_sense_is_refused(step, wanted, says):
    with pytest.raises(ConfigError, match=says):
        measure(wanted, step=step)
    with pytest.raises(ConfigError, match=says):
        setup_of(wanted, find_device(DEVICE))


def test_a_log_that_is_not_there_says_nothing(tmp_path):
    assert read_buffers(tmp_path / "absent.log") == {}


def test_a_latency_is_said_to_be_what_it_is():
    assert Latency(1.0, 0.9, 1.2, 9, 1).std == pytest.approx(0.3 / 1.349)
