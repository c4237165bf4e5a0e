"""``calibrate``, ``measure`` and ``diagnose`` as a user sees them, with steps that are put in."""

from __future__ import annotations

import json

import pytest

from edgesym.devices import find_device
from edgesym.measuring import engine
from edgesym.measuring import measure as measuring
from edgesym.measuring.calibration import calibrate as module


def rate(value):
    return {"value": value, "std": value / 100, "by": "a library", "how": "best of 5"}


FOUND = {
    "bandwidth": {"rates": {"read": rate(5e10), "copy": rate(4e10), "triad": rate(4e10)}},
    "products": {
        "products": {"fp32": rate(4e11)},
        "rates": {"dispatch": rate(5e-7), "waking": rate(5e-6)},
    },
    "torch": {"products": {"int8": rate(1e12)}, "rates": {"dispatch": rate(1e-6)}},
    "storage": {"rates": {"storage": rate(3e9)}},
}
SECONDS = {"low": 0.02, "high": 0.02, "runs": 7, "warm": 1}
RAN = {
    "by": "llama.cpp (a version)",
    "context": 256,
    **dict.fromkeys(("resident_bytes", "held_bytes", "peak_bytes"), 2**24),
    "prompt": {"median": 0.02, **SECONDS},
    "token": {"median": 0.02, **SECONDS},
}


@pytest.fixture
def steps(monkeypatch):
    """Answers of steps, which a test may change; an exception among them is raised."""
    answers = {**FOUND, "write": {"file_bytes": 2**24, "tensor_bytes": 2**24}, "llama.cpp": RAN}

    def do(name, *_):
        if isinstance(answers[name], BaseException):
            raise answers[name]
        return answers[name]

    monkeypatch.setattr(module, "_stepper", lambda *_: do)
    monkeypatch.setattr(measuring, "_stepper", lambda *_: do)
    monkeypatch.setattr(module, "find_spec", lambda name: name)
    monkeypatch.setattr(engine, "find_spec", lambda name: name)
    monkeypatch.setattr(module, "load_of", lambda: 0.0)
    monkeypatch.setattr(measuring, "load_of", lambda: 0.0)
    return answers


def test_a_calibration_is_a_device_file(edgesym, steps, tmp_path):
    ran = edgesym("calibrate", "--quick", "--to", "new/here.toml", "--name", "My board")
    assert ran.code == 0, ran.err
    assert "Wrote new/here.toml" in ran.out
    assert "[1/4] memory bandwidth" in ran.err
    made = find_device(str(tmp_path / "new" / "here.toml"))
    assert made.name == "My board"
    assert "edgesym calibrate --quick, " in made.figures["memory_bandwidth"].source
    estimated = edgesym(
        "estimate", "llama-3.2-1b", "--device", "new/here.toml", "--weights", "q8_0"
    )
    assert estimated.code == 0, estimated.err


def test_without_a_target_it_goes_to_standard_output(edgesym, steps, tmp_path):
    ran = edgesym("calibrate", "--threads", "3")
    assert ran.out.startswith('# Measured by "edgesym calibrate --threads 3" on ')
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_there_is_kept(edgesym, steps, tmp_path):
    (tmp_path / "here.toml").write_text("mine", "utf-8")
    ran = edgesym("calibrate", "--to", "here.toml")
    assert (ran.code, ran.out) == (2, "")
    assert "here.toml: is there; choose another name, or replace it with --force" in ran.err
    assert "[1/" not in ran.err
    assert (tmp_path / "here.toml").read_text("utf-8") == "mine"
    assert edgesym("calibrate", "--to", "here.toml", "--force").code == 0


@pytest.mark.parametrize(
    ("target", "says"),
    [("here.csv", "must end in .toml"), ("file/here.toml", "cannot be written to")],
)
def test_a_target_that_cannot_be_is_refused_before_measuring(
    edgesym, steps, tmp_path, target, says
):
    (tmp_path / "file").write_text("", "utf-8")
    ran = edgesym("calibrate", "--to", target)
    assert ran.code == 2
    assert says in ran.err
    assert "[1/" not in ran.err


def test_an_interrupt_leaves_no_file(edgesym, steps, tmp_path):
    steps["products"] = KeyboardInterrupt()
    ran = edgesym("calibrate", "--to", "here.toml")
    assert ran.code == 130
    assert not list(tmp_path.iterdir())


def test_a_step_that_fails_is_one_line(edgesym, steps, tmp_path):
    steps["bandwidth"] = {"state": "failed", "reason": "MemoryError"}
    ran = edgesym("calibrate", "--to", "here.toml")
    assert ran.code == 2
    assert "Error: memory bandwidth cannot be measured: MemoryError" in ran.err
    assert not list(tmp_path.iterdir())


def test_a_model_is_run_and_the_file_refitted(edgesym, steps, tmp_path):
    edgesym("calibrate", "--to", "here.toml")
    before = find_device(str(tmp_path / "here.toml"))
    ran = edgesym(
        *("measure", "smollm2-135m", "--device", "here.toml"),
        *("--to", "rows.csv", "--refit", "--json"),
    )
    assert ran.code == 0, ran.err
    data = json.loads(ran.out)
    assert data["measured"]["decode_tokens_per_second"] == 50
    assert "decode" in data["predicted"]
    after = find_device(str(tmp_path / "here.toml"))
    changed = "memory_utilisation"
    assert after.figures[changed].value < before.figures[changed].value
    assert after.figures[changed].kind == "derived"
    assert (tmp_path / "rows.csv").read_text("utf-8").count("smollm2-135m") >= 2
    compared = edgesym("validate", "--corpus", "rows.csv")
    assert compared.code == 0, compared.err


def test_a_busy_machine_is_not_fitted_to(edgesym, steps, tmp_path, monkeypatch):
    edgesym("calibrate", "--to", "here.toml")
    before = (tmp_path / "here.toml").read_text("utf-8")
    monkeypatch.setattr(measuring, "load_of", lambda: 999.0)
    ran = edgesym("measure", "llama-15m", "--device", "here.toml", "--refit")
    assert ran.code == 2
    assert "50 tokens/s" in ran.out
    assert "not refitted" in ran.err
    assert (tmp_path / "here.toml").read_text("utf-8") == before


@pytest.mark.parametrize("device", [(), ("--device", "raspberry-pi-5")])
def test_what_ships_is_not_refitted(edgesym, steps, device):
    ran = edgesym("measure", "llama-15m", *device, "--refit")
    assert ran.code == 2
    assert "give it as --device FILE.toml" in ran.err


def test_without_a_device_the_machine_is_calibrated(edgesym, steps):
    ran = edgesym("measure", "llama-15m", "--json")
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["predicted"]["decode"]["value"] > 0
    assert "[4/4] reading from storage" in ran.err


def test_a_speed_is_explained(edgesym, steps):
    ran = edgesym("diagnose", "smollm2-135m", "--json")
    assert ran.code == 0, ran.err
    data = json.loads(ran.out)
    assert data["measured_tokens_per_second"] == 50
    assert data["said"]
    assert edgesym("diagnose", "--format", "markdown").out.startswith("# ")


def test_a_speed_that_is_given_is_explained_and_nothing_runs(edgesym, steps):
    edgesym("calibrate", "--to", "here.toml")
    steps.clear()
    given = ("--device", "here.toml", "--measured", "7.1 tok/s")
    ran = edgesym("diagnose", "llama-3.2-1b", *given, "--json")
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["measured_tokens_per_second"] == 7.1
    assert edgesym("diagnose", *given[:2], "--measured", "7.1").code == 2


@pytest.mark.parametrize("verb", ["measure", "diagnose"])
def test_a_missing_library_names_the_extra_before_anything_is_measured(
    edgesym, steps, monkeypatch, verb
):
    monkeypatch.setattr(engine, "find_spec", lambda name: None)
    ran = edgesym(verb, "llama-15m")
    assert ran.code == 2
    assert "edgesym[measure]" in ran.err
    assert "[1/" not in ran.err


@pytest.mark.parametrize("verb", ["measure", "diagnose"])
def test_a_model_that_is_none_is_refused(edgesym, steps, verb):
    ran = edgesym(verb, "no-such-model")
    assert ran.code == 2
    assert "unknown model 'no-such-model'" in ran.err
    assert "[1/" not in ran.err
