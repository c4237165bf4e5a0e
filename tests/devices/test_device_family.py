"""Families of devices in one file, classes over others, variants, and what lies on one chip."""

from __future__ import annotations

from itertools import pairwise

import pytest

from edgesym.devices import device_names, find_device, is_device
from edgesym.devices.classes import class_names, class_rows
from edgesym.devices.library import shipped_device
from edgesym.devices.variants import variant_names, with_variant
from edgesym.errors import DeviceError, EdgesymError, UnknownNameError
from edgesym.runtimes import runtime_names

DEVICES = device_names()
#: Class -> what the bandwidth of its devices lies between, GB/s, after their kind of memory.
BANDWIDTH = {
    "nvidia-data-centre": (900, 25000),
    "nvidia-volta": (600, 1200),
    "amd-data-centre": (900, 25000),
    "accelerator": (800, 10000),
    "geforce": (100, 1800),
    "rtx-workstation": (90, 1800),
    "radeon": (200, 1000),
    "intel-arc": (100, 520),
    "apple-gpu": (60, 900),
    "jetson-orin": (30, 210),
    "blackwell-unified": (270, 280),
    "hexagon-npu": (50, 140),
    "arm-phone-cpu": (25, 140),
    "x86-desktop-cpu": (10, 110),
    "x86-laptop-cpu": (35, 260),
    "server-cpu": (30, 700),
    "cortex-a76-board": (15, 90),
    "cortex-a53-board": (3, 18),
    "rockchip-npu": (12, 40),
}


@pytest.mark.parametrize("name", DEVICES)
def test_figures_lie_where_those_of_such_devices_do(name):
    device = find_device(name)
    low, high = BANDWIDTH.get(device.device_class, (2, 25000))
    assert low <= device.figures["memory_bandwidth"].value / 1e9 <= high
    idle, limit = (device.figures[word].value for word in ("idle_power", "power_limit"))
    assert 0 < idle < limit
    # every machine is balanced: from a tenth of a FLOP per byte to some hundred in fp32
    slowest = min(figure.value for figure in device.peaks.values())
    assert 0.2 <= slowest / device.figures["memory_bandwidth"].value <= 400


@pytest.mark.parametrize("name", DEVICES)
def test_every_variant_is_a_device(name):
    for variant in variant_names(shipped_device(name)):
        found = find_device(f"{name}@{variant}")
        assert found.id in (name, f"{name}@{variant}")
        assert found.room > 0


def test_fewer_cores_compute_in_proportion_and_wait_for_the_same_memory():
    whole, fewer = find_device("m1-max"), find_device("m1-max@24-core")
    assert fewer.id == "apple-m1-max@24-core"
    assert fewer.name == "Apple M1 Max (24-core GPU, 64 GB)"
    assert fewer.peaks["fp16"].value == pytest.approx(0.75 * whole.peaks["fp16"].value)
    assert fewer.figures["memory_bandwidth"] == whole.figures["memory_bandwidth"]
    slower = find_device("m4-max@32-core")
    assert slower.figures["memory_bandwidth"].value == 410e9
    assert slower.peaks["fp32"].std > 0


def test_variants_follow_one_another_and_one_that_changes_nothing_is_the_device():
    both = find_device("m1-max@24-core@32GB")
    assert both.id == "apple-m1-max@24-core@32GB"
    assert both.name == "Apple M1 Max (24-core GPU, 32 GB)"
    assert find_device("m1-max@32-core@64GB") == find_device("m1-max")


@pytest.mark.parametrize("called", ["m1-max@16-core", "m1-max@", "rtx4090@24-core"])
def test_a_variant_that_does_not_exist_is_refused_with_those_that_do(called):
    with pytest.raises(DeviceError, match="no such memory or variant; there is"):
        find_device(called)


def test_a_variant_changes_any_figure():
    table = {"variants": {"15W": {"power_limit": 15}}, "power_limit": {"value": 25, "unit": "W"}}
    assert with_variant(table, "15w", "board")["power_limit"] == {"value": 15, "unit": "W"}


def test_a_number_in_a_family_takes_its_row_and_a_table_what_it_does_not_say():
    card = shipped_device("rtx-4070-ti-super")
    assert card["peak"]["fp32"]["value"] == "8448 * 2 * 2.61"
    assert card["peak"]["fp32"]["source"].endswith("geforce-rtx-4070-ti-super.c4187")
    limit = shipped_device("l40s")["power_limit"]
    assert (limit["value"], limit["unit"], limit["kind"]) == (350, "W", "stated")


@pytest.mark.parametrize("name", class_names())
def test_a_class_is_over_others_and_names_runtimes_that_exist(name):
    rows, seen = class_rows(name), [name]
    while base := class_rows(seen[-1]).get("base"):
        assert base not in seen
        seen.append(base)
    assert {"memory_size", "power_limit", "memory_utilisation", "launch_overhead"} <= rows.keys()
    assert set(rows["runtimes"]) <= set(runtime_names())


#: What is typed -> the device that is meant.
PARTS = [
    ("Apple M2 CPU", "apple-m2-cpu"),
    ("Galaxy S24 Ultra GPU", "snapdragon-8-gen-3-gpu"),
    ("Samsung Galaxy S23 (Snapdragon 8 Gen 2)", "snapdragon-8-gen-2"),
    ("Snapdragon 8 Gen 2 NPU", "snapdragon-8-gen-2-npu"),
    ("RK3588 CPU", "rk3588-cpu"),
    ("Jetson AGX Orin CPU", "jetson-agx-orin-cpu"),
    ("RTX 4090 GPU", "rtx-4090"),
]


@pytest.mark.parametrize(("typed", "meant"), PARTS)
def test_a_part_of_a_chip_is_a_device(typed, meant):
    assert find_device(typed).id == meant


@pytest.mark.parametrize("typed", ["RTX 4090 CPU", "Pi 5 GPU", "iPhone 16 NPU"])
def test_a_part_that_is_not_there_is_no_other_part(typed):
    with pytest.raises(UnknownNameError):
        find_device(typed)


PEAK = '[peak.fp32]\nvalue = 900\nunit = "GFLOP/s"\nsource = "me"\n'
BYTES = '[memory_bandwidth]\nvalue = 60\nunit = "GB/s"\nsource = "me"\n'


@pytest.mark.parametrize("name", class_names())
def test_two_figures_and_a_class_are_a_device_with_its_wider_range(read, name):
    device = read(f'class = "{name}"\n{PEAK}{BYTES}')
    assert device.figures["memory_bandwidth"].value == 60e9
    for word in ("memory_size", "power_limit"):
        assert device.figures[word].kind == "inherited"
        assert device.figures[word].std > 0
    assert device.runtimes


@pytest.mark.parametrize("name", ["generic-cpu", "generic-gpu"])
def test_a_generic_class_alone_is_a_device(read, name):
    device = read(f'class = "{name}"\n')
    assert all(figure.std > 0 for figure in device.figures.values())
    bounds = device.figures["memory_bandwidth"].spread.bounds
    assert bounds[1] > 10 * bounds[0]


#: What is wrong in a file -> what the error says.
WRONG = [
    (BYTES.replace("GB/s", "B/s"), r"memory_bandwidth = 60 B/s is no figure of a device.*unit"),
    (BYTES + PEAK.replace("fp32", "fp16").replace("GFLOP", "FLOP"), r"peak.fp16 = 900 FLOP/s is"),
    (BYTES + 'host = "pi55"\n', "unknown host of .*nearest: "),
    (BYTES + "host = 3\n", "host = 3 must be a text"),
    (BYTES + "runtimes = [3]\n", r"runtimes\[1\] = 3 must be a text"),
    (BYTES + '[idle_power]\nvalue = 90\nunit = "W"\nsource = "me"\n', "idle_power = 90 W is above"),
]


@pytest.mark.parametrize(("text", "message"), WRONG)
def test_a_file_with_an_impossible_figure_is_one_clear_error(read, text, message):
    keys = [line for line in text.splitlines() if line.startswith(("host", "runtimes"))]
    tables = "\n".join(line for line in text.splitlines() if line not in keys)
    with pytest.raises(EdgesymError, match=message):
        read("\n".join(['class = "apple-gpu"', *keys, PEAK, tables]))


#: Neighbours that must not be taken for one another.
NEAR = [
    ("RTX 4070 Ti", "RTX 4070 Ti SUPER", "RTX 4070 SUPER", "RTX 4070", "RTX 4070 Laptop GPU"),
    ("RTX A4000", "RTX 4000 Ada", "Quadro RTX 4000", "RTX 4000 SFF Ada", "RTX PRO 4000"),
    ("H100 PCIe", "H100 SXM", "H100 NVL", "H200", "GH200", "H20"),
    ("RX 7900 XT", "RX 7900 XTX", "RX 7900 GRE", "7900M"),
    ("A100 40GB", "A100 80GB", "A100 PCIe 80GB", "A10", "A10G", "A16", "Apple A16"),
    ("Snapdragon 8 Gen 2", "Snapdragon 8+ Gen 1", "Snapdragon 8 Elite", "8 Elite Gen 5"),
]


@pytest.mark.parametrize("names", NEAR)
def test_neighbours_are_different_devices(names):
    found = sorted(find_device(name).id for name in names)
    assert all(one != other for one, other in pairwise(found))


@pytest.mark.parametrize("name", ["Intel 7600X", "NVIDIA RX 7900 XTX", "RTX 4090 48GB", "Apple M9"])
def test_a_name_that_is_nearly_right_is_refused(name):
    with pytest.raises(EdgesymError):
        find_device(name)


def test_a_name_of_two_devices_is_refused_with_both():
    with pytest.raises(DeviceError, match="raspberry-pi-5 and rx-7600; give one"):
        find_device("Pi 5 - 8GB (AMD RX 7600)")
    assert is_device("Pi 5 - 8GB (AMD RX 7600)")
