"""Measuring: what fails, is missing or is interrupted loses nothing of the others."""

from __future__ import annotations

import signal
from dataclasses import replace

import pytest

from edgesym.compression import measurement as module
from edgesym.compression.document import measured_document
from edgesym.compression.outcome import Comparison, Difference, Outcome
from edgesym.compression.sample import find_sample
from edgesym.compression.technique import Technique
from edgesym.devices import find_device
from edgesym.errors import ConfigError
from edgesym.graph.convention import convention
from edgesym.measuring import process
from edgesym.measuring.latency import Latency
from edgesym.render.page import Page
from edgesym.render.write import write
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup

FP32 = 267942120  # 66,985,530 parameters of DistilBertForMaskedLM in 4 bytes each
MADE = {"file_bytes": FP32 + 100, "tensor_bytes": FP32, "container": "safetensors", "linears": 38}
SECOND = {"median": 1.0, "low": 1.0, "high": 1.0, "runs": 9, "warm": 2}
RAN = {"first": SECOND, "resident_bytes": FP32, "logit_error": 0.0, "threads": 2}


@pytest.fixture
def steps(monkeypatch):
    """Steps that succeed, unless a test puts an answer or an error in their place."""
    answers = {}

    def step(name, job):
        answer = answers.get((name, job.technique), MADE if name == "make" else RAN)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    monkeypatch.setattr(module, "step", step)
    monkeypatch.setattr(Technique, "missing", property(lambda self: ()))
    return answers


def states(rows):
    return {row.outcome.technique: row.outcome.state for row in rows}


def test_the_baseline_comes_first_and_once(steps):
    rows = module.measured(names=["magnitude-pruning", "fp32", "magnitude_pruning"])
    assert [row.outcome.technique for row in rows] == ["fp32", "magnitude-pruning"]
    assert [row.verdict for row in rows] == ["equal", "equal"]


def test_what_fails_loses_nothing_of_the_others(steps):
    steps["make", "dynamic-int8"] = {"state": "failed", "reason": "RuntimeError: no engine"}
    steps["run", "torchao-int8"] = {"state": "out of memory", "reason": "MemoryError"}
    found = states(rows := module.measured())
    assert found.pop("dynamic-int8") == "failed"
    assert found.pop("torchao-int8") == "out of memory"
    assert set(found.values()) == {"measured"}
    assert {row.outcome.technique: row for row in rows}["torchao-int8"].outcome.file_bytes


def test_an_interrupt_keeps_what_is_measured(steps):
    steps["run", "torchao-int8"] = KeyboardInterrupt()
    found = states(module.measured())
    assert found["fp32"] == found["dynamic-int8"] == "measured"
    assert found["torchao-int8"] == found["magnitude-pruning"] == "interrupted"
    assert list(found) == [t.name for t in module.chosen([], find_sample())]


def test_a_technique_of_other_models_is_tried_only_where_it_is_named(steps):
    assert "gguf-q8_0" not in states(module.measured())
    assert "gguf-q8_0" in states(module.measured("llama-15m"))
    row = module.measured(names=["gguf-q8_0"])[1]
    assert (row.outcome.state, row.outcome.reason) == (
        "not for it",
        "xllamacpp is tried with llama alone",
    )


def test_groups_that_do_not_divide_the_rows_are_a_row_with_its_reason(steps):
    assert "gptq-w4a16" in states(module.measured("llama-8m"))
    assert "gptq-w4a16" not in states(module.measured("llama-15m"))
    row = module.measured("llama-15m", ["gptq-w4a16"])[1]
    assert row.outcome.state == "not for it"
    assert "a row of 288 elements is no multiple of its block of 128" in row.outcome.reason
    assert (row.predicted_bytes, row.verdict) == (None, "")
    said = write(measured_document(find_sample("llama-15m"), [row], None), "text", Page(width=200))
    assert "a row of 288 elements" in said


def test_without_the_model_nothing_is_tried(steps):
    steps["make", "fp32"] = {"state": "failed", "reason": "ValueError: no class"}
    rows = module.measured(names=["dynamic-int8"])
    assert rows[1].outcome.reason == "the model itself cannot be built (ValueError: no class)"


def test_a_missing_library_names_the_extra(steps, monkeypatch):
    gone = property(lambda self: ("torchao",) if self.library == "torchao" else ())
    monkeypatch.setattr(Technique, "missing", gone)
    rows = {row.outcome.technique: row.outcome for row in module.measured()}
    assert rows["torchao-int8"].reason == (
        "needs torchao; install the extra: pip install 'edgesym[compress]'"
    )
    assert rows["magnitude-pruning"].state == "measured"


def test_without_torch_measuring_names_the_extra(monkeypatch):
    monkeypatch.setattr(Technique, "missing", property(lambda self: ("torch",)))
    with pytest.raises(ConfigError, match=r"needs torch; .*edgesym\[compress\]"):
        module.measured()


@pytest.mark.parametrize("given", [{"memory": 0}, {"threads": 0}])
def test_a_number_that_makes_no_sense_is_refused(steps, given):
    with pytest.raises(ConfigError, match="must be at least 1"):
        module.measured(**given)


def test_bytes_that_nothing_explains_are_different():
    outcome = Outcome("x", "measured", tensor_bytes=110)
    reasons = (Difference("a copy", 8),)
    assert Comparison(outcome, "", "", 100, 0, 0, reasons).unexplained == 2
    assert Comparison(outcome, "", "", 100, 0, 0, reasons).verdict == "different"
    assert Comparison(outcome, "", "", 102, 0, 0, reasons).verdict == "explained"
    assert Comparison(outcome, "", "", 110, 0, 0).verdict == "equal"
    assert Comparison(Outcome("x", "failed"), "", "", 110, 0, 0).verdict == ""


def test_one_disturbed_run_does_not_change_the_spread():
    quiet = Latency.of([1, 2, 3, 4, 5, 6, 7, 8, 9], warm=0)
    assert quiet == Latency.of([1, 2, 3, 4, 5, 6, 7, 8, 900], warm=0)
    assert quiet.std == pytest.approx(4 / 1.349)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (-signal.SIGABRT, "the process was ended by SIGABRT"),
        (1, "ImportError: no module"),
    ],
)
def test_a_process_that_leaves_nothing_failed(tmp_path, code, reason):
    (tmp_path / "log").write_text("Traceback\nImportError: no module\n")
    assert process._ended(code, tmp_path / "log") == {"state": "failed", "reason": reason}


@pytest.mark.parametrize(
    ("free", "memory", "state"),
    [(RAN, 2**28, "out of memory"), (None, 2**28, "failed"), (RAN, None, "failed")],
)
def test_what_aborts_only_under_the_limit_lacked_memory(monkeypatch, steps, free, memory, state):
    aborted = {"state": "failed", "reason": "the process was ended by SIGABRT"}

    def step(name, job):
        if name == "make":
            return MADE
        return free if free and memory and job.memory is None else aborted

    monkeypatch.setattr(module, "step", step)
    (row,) = module.measured(names=["fp32"], memory=memory)
    assert row.outcome.state == state
    assert row.outcome.reason.startswith(aborted["reason"])


@pytest.mark.parametrize("medium", ["text", "markdown", "json"])
def test_the_document_says_what_failed_and_why_bytes_differ(steps, medium):
    steps["make", "torchao-int8"] = {"state": "failed", "reason": "ValueError: odd rows"}
    steps["make", "dynamic-int8"] = {**MADE, "container": "torch.save"}
    rows = module.measured(names=["dynamic-int8", "torchao-int8"], memory=2**28)
    text = write(measured_document(find_sample(), rows, 2**28), medium, Page(width=200))
    assert "ValueError: odd rows" in text
    assert "quantised into a copy of its own" in text
    assert ("268435456" if medium == "json" else "256 MiB") in " ".join(text.split())


def test_times_are_predicted_on_the_machine_that_is_told(steps):
    machine = find_device("raspberry-pi-5")
    steps["run", "fp32"] = {**RAN, "token": SECOND}
    (row,) = module.measured("llama-15m", ["fp32"], machine=machine)
    run = Run(prompt=128, generate=1, weights="fp32", activations="fp32", kernels="torch-eager")
    run = replace(run, counting=convention("pytorch"))
    expected = Setup(find_sample("llama-15m").model, machine, run)
    assert row.predicted_token.seconds == expected.number("time_per_output_token")
    assert row.predicted_first.std > row.predicted_token.std > 0
    text = write(measured_document(find_sample("llama-15m"), [row], None), "text", Page(width=200))
    error = row.predicted_token.seconds / 1.0 - 1
    assert f"{error:+.0%}" in text.replace("\N{MINUS SIGN}", "-")


def test_an_encoder_has_no_token_to_predict(steps):
    (row,) = module.measured(names=["fp32"], machine=find_device("raspberry-pi-5"))
    assert row.predicted_first.seconds > 0
    assert row.predicted_token is None
    assert module.measured(names=["fp32"])[0].predicted_first is None
