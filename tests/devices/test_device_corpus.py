"""Shipped figures against those that were collected from public pages, row by row."""

from __future__ import annotations

import csv

import pytest

from edgesym.devices import find_device
from edgesym.errors import EdgesymError
from tests.support import CORPUS

PATH = CORPUS / "devices.csv"
pytestmark = pytest.mark.skipif(not PATH.exists(), reason="no corpus beside the checkout")

FIGURES = {"memory_bandwidth": (1e9, "memory_bandwidth"), "ram": (2.0**30, "memory_size")}
#: What is compared of the peaks: shader rates of fp16 are not those of matrix units.
PEAKS = ("fp32", "fp16 (tensor/matrix, dense)", "int8 (tensor/matrix, dense)")
PEAKS += ("bf16 (tensor/matrix, dense)", "fp8 (tensor/matrix, dense)", "fp4 (tensor/matrix, dense)")

#: Rows that differ -> which is right, and why.
DIFFER = {
    ("NVIDIA B200", "memory_bandwidth"): "theirs is one of the two dies of a module",
    ("NVIDIA B200", "ram"): "theirs is one of the two dies of a module",
    ("NVIDIA B200", "fp32"): "theirs is one of the two dies of a module",
    ("NVIDIA Jetson T5000 (AGX Thor)", "fp32"): "theirs is at a clock the module does not reach",
    ("NVIDIA Jetson T4000 (Thor)", "fp32"): "theirs is at a clock the module does not reach",
    ("Apple M2", "memory_bandwidth"): "theirs is rounded: 6400 MT/s x 128 bits",
    ("Apple M3 Max", "memory_bandwidth"): "the GPU of 30 cores has 300 GB/s: a variant",
    ("Apple M4 Max", "memory_bandwidth"): "the GPU of 32 cores has 410 GB/s: a variant",
    ("Apple M3 Ultra", "memory_bandwidth"): "Apple prints 819 GB/s",
    ("Raspberry Pi 4 Model B", "fp32"): "theirs is at 1.5 GHz, boards of today run at 1.8",
}

#: Names that are no device, or of which no two figures are public.
ABSENT = (
    *("EdgeProfiler assumption", "generic desktop", "Google Coral", "Raspberry Pi AI HAT+ 2"),
    *("Huawei Ascend 950DT", "Banana Pi", "Libre Computer", "Qualcomm Adreno 690"),
    *("MetaComputing", "Apple M5 Max ("),
)


def rows():
    with PATH.open(encoding="utf-8") as file:
        yield from csv.DictReader(file)


def pairs():
    """Each row of a figure: its name, what it is of, their number and ours."""
    for row in rows():
        attribute, dtype = row["attribute"], row["dtype"]
        try:
            found = find_device(row["device"])
        except EdgesymError:
            continue
        if attribute in FIGURES:
            times, word = FIGURES[attribute]
            yield row["device"], attribute, times * float(row["value"]), found.figures[word].value
        elif attribute == "peak_flops" and dtype in PEAKS and dtype.split()[0] in found.peaks:
            ours = found.peaks[dtype.split()[0]].value
            yield row["device"], dtype.split()[0], 1e9 * float(row["value"]), ours


def test_every_device_of_the_list_is_found_by_the_name_it_has_there():
    missing = set()
    for row in rows():
        try:
            find_device(row["device"])
        except EdgesymError:
            missing.add(row["device"])
    assert [name for name in sorted(missing) if not name.startswith(ABSENT)] == []


def test_figures_are_those_of_the_list_but_where_it_is_known_why_not():
    compared = list(pairs())
    assert len(compared) > 200
    differ = {(name, of) for name, of, theirs, ours in compared if abs(ours / theirs - 1) > 0.02}
    assert differ == set(DIFFER)
