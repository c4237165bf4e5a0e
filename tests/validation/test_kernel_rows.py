"""Single kernels: shapes to FLOPs and bytes, times on cards, and files of them."""

from __future__ import annotations

import csv
import json

import pytest

from edgesym.devices import find_device
from edgesym.errors import ConfigError
from edgesym.validation.corpus import read_corpus
from edgesym.validation.kernels import KERNEL_KINDS, SIZES, kernel_time, rows, shape_of
from edgesym.validation.validate import validate
from tests.support import CORPUS

FILE = CORPUS / "gpu_kernels.csv"
#: Median errors that the numbers reach on the kernels they were fitted to, and a little room.
REACHED = {"gemm": 0.04, "attention": 0.04, "norm": 0.06, "elementwise": 0.05, "copy": 0.1}
GEMM = {"kind": "gemm", "dtype": "bf16", "m": 1, "n": 4096, "k": 4096, "median_s": 1.384e-5}


@pytest.fixture
def corpus(tmp_path):
    def write(*given, device="NVIDIA H200"):
        path = tmp_path / "kernels.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, ("kind", "dtype", *SIZES, "median_s"), restval="")
            writer.writeheader()
            writer.writerows(given)
        if device:
            (tmp_path / "gpu_device.json").write_text(json.dumps({"name": device}))
        return path

    return write


@pytest.mark.skipif(not FILE.exists(), reason="the corpus is not here")
def test_flops_and_bytes_are_those_of_the_corpus():
    with FILE.open(encoding="utf-8") as file:
        found = [row for row in csv.DictReader(file) if row["kind"] in KERNEL_KINDS]
    assert {row["kind"] for row in found} >= {"gemm", "attention_decode", "attention_prefill"}
    for row in found:
        sizes = {c: int(row[c]) for c in SIZES if row[c]}
        shape = shape_of(row["kind"], row["dtype"], sizes)
        assert shape.moved == int(row["bytes"])
        if row["kind"] in ("gemm", "attention_decode"):
            assert shape.flops == int(row["flops"])
        if row["kind"] == "attention_prefill":
            tokens = int(row["new"])
            assert 2 * shape.flops * tokens == int(row["flops"]) * (tokens + 1)


@pytest.mark.skipif(not FILE.exists(), reason="the corpus is not here")
def test_kernels_of_the_corpus_are_met():
    groups = validate(read_corpus(FILE)).groups
    assert groups["gemm"].mapped >= 208
    for name, most in REACHED.items():
        assert groups[name].median_abs_error <= most
        assert groups[name].coverage_90 >= 0.7


def test_another_card_is_predicted_from_its_specification(corpus):
    times = {}
    for device in ("NVIDIA H200", "NVIDIA H100 80GB HBM3"):
        (outcome,) = validate(read_corpus(corpus(GEMM, device=device))).outcomes
        times[device] = outcome.predicted.value
    shape = shape_of("gemm", "bf16", {"m": 1, "n": 4096, "k": 4096})
    assert times["NVIDIA H200"] == kernel_time(shape, find_device("h200")).value
    assert times["NVIDIA H100 80GB HBM3"] > times["NVIDIA H200"]


def test_no_kernel_is_faster_than_its_bytes_or_flops():
    device = find_device("h200")
    for m in (1, 64, 4096):
        shape = shape_of("gemm", "bf16", {"m": m, "n": 8192, "k": 8192})
        seconds = kernel_time(shape, device).value
        assert seconds > shape.moved / device.figures["memory_bandwidth"].value
        assert seconds > shape.flops / device.peaks["bf16"].value


def test_every_kind_has_its_numbers_and_says_how_far_off():
    assert set(KERNEL_KINDS.values()) == rows().keys()
    for row in rows().values():
        assert 0 < row["off"] <= row["left_out"] < 0.2


@pytest.mark.parametrize(
    ("row", "device", "reason"),
    [
        (GEMM, "", "gpu_device.json beside the file"),
        (GEMM | {"dtype": "int8"}, "NVIDIA H200", "no numbers for gemm in int8"),
        (GEMM | {"k": ""}, "NVIDIA H200", "a size that gemm has is not stated: 'k'"),
        (GEMM | {"kind": "launch_eager"}, "NVIDIA H200", "what a launch takes"),
    ],
)
def test_a_kernel_that_cannot_be_compared_says_why(corpus, row, device, reason):
    (outcome,) = validate(read_corpus(corpus(row, device=device))).outcomes
    assert outcome.predicted is None
    assert reason in outcome.reason


@pytest.mark.parametrize("size", ["0", "-1", "1.5", "many", "1e20"])
def test_a_size_that_cannot_be_is_refused(corpus, size):
    with pytest.raises(ConfigError, match=r"csv:2: k = .* must be a whole number from 1"):
        read_corpus(corpus(GEMM | {"k": size}))


def test_a_card_file_that_is_no_json_is_refused(corpus):
    path = corpus(GEMM)
    path.with_name("gpu_device.json").write_text("{")
    with pytest.raises(ConfigError, match="not valid JSON"):
        read_corpus(path)


def test_a_card_beside_the_file_is_held_to_its_schema(corpus):
    path = corpus(GEMM)
    for text, said in (
        ('{"nome": "NVIDIA H200"}', r"gpu_device\.json: missing name"),
        ('{\n "sms": 132,\n "name": 5}', r"gpu_device\.json:3: name = 5 must be a text"),
        ("[]", r"gpu_device\.json: \[\] must be a table"),
    ):
        path.with_name("gpu_device.json").write_text(text)
        with pytest.raises(ConfigError, match=said):
            read_corpus(path)
