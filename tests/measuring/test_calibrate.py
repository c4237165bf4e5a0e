"""Calibration by steps that are put in: what they find becomes a device file that is read."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from edgesym.devices import find_device
from edgesym.errors import ConfigError, OutputError
from edgesym.measuring.calibration import calibrate as module
from edgesym.measuring.calibration.calibrate import calibrate
from edgesym.measuring.calibration.device_file import device_file
from edgesym.measuring.host import Host
from edgesym.plain import clean

HOST = Host("AMD Ryzen 5 7600X", "x86_64", frozenset(), 2**25, 16 * 2**30, 12 * 2**30)
DAY = date(2026, 11, 28)


def rate(value, std=0.0):
    return {"value": value, "std": std, "by": "a library", "how": "best of 5"}


FOUND = {
    "bandwidth": {"rates": {"read": rate(50e9, 1e9), "copy": rate(40e9), "triad": rate(45e9)}},
    "products": {
        "products": {"fp32": rate(400e9, 8e9), "fp64": rate(200e9)},
        "rates": {"dispatch": rate(5e-7), "waking": rate(5e-6)},
    },
    "torch": {
        "products": {"fp32": rate(300e9), "fp16": rate(1e9), "bf16": rate(800e9)},
        "rates": {"dispatch": rate(1.5e-6)},
    },
    "storage": {"rates": {"storage": rate(3e9, 1e8)}},
    "accelerator": {
        "name": "NVIDIA GeForce RTX 4090",
        "memory": 24 * 2**30,
        "free": 23 * 2**30,
        "rates": {"copy": rate(900e9), "launch": rate(2e-6, 1e-7), "link": rate(25e9)},
        "products": {"fp32": rate(70e12), "fp16": rate(160e12)},
    },
}


@pytest.fixture
def found(monkeypatch):
    """A function that calibrates by what steps are said to find."""
    monkeypatch.setattr(module, "find_spec", lambda name: name)

    def calibrated(changes=(), **asked):
        answers = {**FOUND, **dict(changes)}
        return calibrate(step=lambda name, *_: answers[name], host=HOST, threads=6, **asked)

    return calibrated


@pytest.fixture
def device(tmp_path):
    """A function that reads the device file of a calibration."""

    def read(found, name=""):
        path = tmp_path / "here.toml"
        path.write_text(device_file(found, "edgesym calibrate", DAY, name), "utf-8")
        return find_device(str(path))

    return read


def test_what_is_measured_is_a_device(found, device):
    made = device(found())
    assert made.peaks["fp32"].value == 400e9
    assert made.peaks["fp32"].std == 8e9
    assert set(made.peaks) == {"fp32", "fp64", "bf16"}
    assert made.figures["memory_bandwidth"].value == 50e9
    assert made.figures["memory_size"].value == 16 * 2**30
    assert made.memory_reserve == 4 * 2**30
    assert made.figures["storage_bandwidth"].value == 3e9
    launch = made.figures["launch_overhead"]
    assert launch.spread.bounds == pytest.approx((5e-7, 5.5e-6))
    assert launch.kind == "measured"
    source = "edgesym calibrate, 2026-11-28"
    assert {f.source for f in made.figures.values() if f.kind == "measured"} == {source}


def test_what_is_not_measured_comes_from_the_class_with_its_range(found, device):
    made = device(found())
    assert made.figures["compute_utilisation"].kind == "inherited"
    assert made.figures["memory_utilisation"].spread.bounds[1] == 1


def test_an_accelerator_has_a_file_of_its_own(found, device):
    made = device(found(accelerator=True))
    assert made.name == "NVIDIA GeForce RTX 4090"
    assert made.peaks["fp16"].value == 160e12
    assert made.figures["memory_bandwidth"].value == 900e9
    assert made.figures["link_bandwidth"].value == 25e9
    assert made.figures["launch_overhead"].value == 2e-6
    assert made.figures["storage_bandwidth"].value == 3e9


def test_where_there_is_no_accelerator_that_is_said(found):
    none = {"state": "missing", "reason": "PyTorch finds none here"}
    with pytest.raises(ConfigError, match="the accelerator cannot be measured: PyTorch finds none"):
        found({"accelerator": none}, accelerator=True)


@pytest.mark.parametrize("name", ['say "hi"', "a\\b", "tab\there\nline", "Grüße \x7f", "[x]", "#"])
def test_a_name_is_text(found, device, name):
    assert device(found(), name).name == clean(name)


def test_storage_as_fast_as_memory_was_a_cache(found):
    quick = found({"storage": {"rates": {"storage": rate(40e9)}}})
    assert "storage" not in quick.rates
    assert "not measured: storage: as fast as memory" in device_file(quick, "x", DAY)
    assert "storage" in found({"storage": {"rates": {}}}).missed


def test_a_step_that_fails_is_said_or_refused(found):
    failed = {"state": "failed", "reason": "ImportError: broken"}
    assert found({"torch": failed}).missed == {"torch": "ImportError: broken"}
    with pytest.raises(ConfigError, match="memory bandwidth cannot be measured: ImportError"):
        found({"bandwidth": failed})
    with pytest.raises(OutputError, match=r"cannot be written .*choose another place"):
        found({"storage": {"state": "failed", "reason": "PermissionError: no"}})


def test_every_step_is_told(found):
    told = []
    found(told=lambda *step: told.append(step))
    assert [step[:2] for step in told] == [(n, 4) for n in range(1, 5)]


def test_without_torch_its_steps_are_left_out(found, monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    assert set(found().products) == {"fp32", "fp64"}
    with pytest.raises(ConfigError, match="through PyTorch; pip install torch"):
        found(accelerator=True)


def test_a_busy_machine_is_said_in_the_file(found):
    busy = replace(found(), load=6.0)
    assert "# its load was 6.0 before" in device_file(busy, "x", DAY)
    assert "its load was" not in device_file(replace(busy, load=0.1), "x", DAY)


def test_threads_that_make_no_sense_are_refused():
    with pytest.raises(ConfigError, match="threads = -1 must be at least 1"):
        calibrate(threads=-1)
