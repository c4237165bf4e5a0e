"""Names of devices as people write them, sizes of memory, and classes."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from edgesym.devices import device_names, find_device, is_device
from edgesym.devices.library import shipped_device
from edgesym.errors import DeviceError, EdgesymError, UnknownNameError

#: What is typed -> the device that is meant.
MEANT = [
    ("pi5", "raspberry-pi-5"),
    ("Pi 5", "raspberry-pi-5"),
    ("PI_4", "raspberry-pi-4"),
    ("pi400", "raspberry-pi-400"),
    ("m2", "apple-m2"),
    ("M4 Max", "apple-m4-max"),
    ("rtx4090", "rtx-4090"),
    ("RTX 4090", "rtx-4090"),
    ("GeForce RTX 3080 Ti", "rtx-3080-ti"),
    ("h100", "h100-sxm"),
    ("H100 PCIe", "h100-pcie"),
    ("a100", "a100-80gb"),
    ("orin-nano", "jetson-orin-nano"),
    ("Orin Nano Super", "jetson-orin-nano-super"),
    ("AGX Orin", "jetson-agx-orin"),
    ("thor", "jetson-agx-thor"),
    ("DGX Spark", "dgx-spark"),
    ("Strix Halo", "strix-halo"),
    ("orange pi 5", "rk3588"),
    ("7900 XTX", "rx-7900-xtx"),
]


@pytest.mark.parametrize(("typed", "meant"), MEANT)
def test_a_device_is_found_as_people_write_it(typed, meant):
    assert find_device(typed) == find_device(meant)
    assert find_device(typed).id == meant
    assert is_device(typed)


def test_no_name_means_two_devices():
    names = [
        re.sub(r"[^\w+]|_", "", name.lower())
        for stem in device_names()
        for name in (stem, *shipped_device(stem).get("aliases", ()))
    ]
    assert [name for name, times in Counter(names).items() if times > 1] == []


def test_a_size_of_memory_is_chosen_behind_the_name():
    small, large = find_device("m2"), find_device("m2@24GB")
    assert large.id == "apple-m2@24GB"
    assert large.name == "Apple M2 (10-core GPU, 24 GB)"
    assert large.figures["memory_size"].value == 24 * 2**30
    # what is computed from the memory follows it
    assert large.room == pytest.approx(1.5 * small.room)
    assert large.peaks == small.peaks


@pytest.mark.parametrize("size", ["12GB", "GB", "", "-8GB"])
def test_a_size_that_is_not_sold_is_refused_with_those_that_are(size):
    with pytest.raises(DeviceError, match=r"apple-m2@.*there is .*@8GB, @16GB, @24GB.*--set"):
        find_device(f"m2@{size}")


def test_a_card_is_sold_with_one_size():
    with pytest.raises(DeviceError, match="there is no other size"):
        find_device("rtx4090@48GB")


@pytest.mark.parametrize("name", device_names())
def test_the_size_that_is_meant_without_one_is_among_those_sold(name):
    sizes = shipped_device(name).get("memory_variants")
    if sizes:
        gib = find_device(name).figures["memory_size"].value / 2**30
        assert gib in sizes
        assert find_device(f"{name}@{sizes[-1]}GB").room > 0


TWO_FIGURES = """
class = "apple-gpu"
[peak.fp32]
value = 5
unit = "TFLOP/s"
source = "me"
[memory_bandwidth]
value = 150
unit = "GB/s"
source = "me"
[memory_size]
value = 32
unit = "GiB"
source = "me"
[power_limit]
value = 40
unit = "W"
source = "me"
"""


def test_a_class_gives_what_a_file_leaves_out_with_its_wider_range(read):
    device = read(TWO_FIGURES)
    assert device.peaks["fp16"].value == 5e12
    assert device.figures["memory_bandwidth"].kind == "stated"
    used = device.figures["memory_utilisation"]
    assert used.kind == "inherited"
    # wider than that of a chip that was measured
    assert used.std > find_device("apple-m2").figures["memory_utilisation"].std


def test_a_row_of_the_device_is_in_place_of_that_of_the_class(read):
    own = '[memory_utilisation]\nvalue = 0.9\nunit = "1"\nsource = "me"\n'
    assert read(TWO_FIGURES + own).figures["memory_utilisation"].value == 0.9
    dtype = '[compute_utilisation.fp16]\nvalue = 0.5\nunit = "1"\nsource = "me"\n'
    device = read(TWO_FIGURES + dtype)
    assert device.in_dtype("fp16")["compute_utilisation"].value == 0.5
    assert device.in_dtype("fp32")["compute_utilisation"].kind == "inherited"


def test_one_row_for_every_dtype_is_in_place_of_all_that_the_class_has(read):
    every = '[compute_utilisation]\nvalue = 0.5\nunit = "1"\nsource = "me"\n'
    device = read(TWO_FIGURES.replace("apple-gpu", "geforce") + every)
    assert {device.in_dtype(d)["compute_utilisation"].value for d in device.peaks} == {0.5}


#: what is changed in the file -> what the error says.
WRONG = [
    ('"apple-gpu"', '"aple-gpu"', r"unknown class of .*'aple-gpu'; nearest: apple-gpu"),
    ('"apple-gpu"', "3", "class = 3 must be a text"),
    ("[power_limit]", "[idle_power]", "power_limit"),
]


@pytest.mark.parametrize(("old", "new", "message"), WRONG)
def test_a_class_that_makes_no_sense_is_refused_by_name(read, old, new, message):
    with pytest.raises(EdgesymError, match=message):
        read(TWO_FIGURES.replace(old, new))


def test_an_alias_that_is_mistyped_names_the_nearest_device():
    with pytest.raises(UnknownNameError, match=r"nearest: .*rtx-4090"):
        find_device("rtx-4900")


def test_an_unknown_device_gets_the_nearest_names_and_aliases_and_never_all():
    with pytest.raises(UnknownNameError, match=r"nearest: .*pi5"):
        find_device("pi55")
    with pytest.raises(UnknownNameError, match=r"and \d+ more") as refused:
        find_device("zzzz")
    assert "edgesym devices lists them" in str(refused.value)
