"""The devices that are shipped: every figure has a unit, a kind, a condition and a source."""

from __future__ import annotations

import re
from functools import cache

import pytest

from edgesym.devices import FIGURES, device_names
from edgesym.devices import find_device as read_device
from edgesym.devices.classes import class_names, class_rows, with_class
from edgesym.devices.library import shipped_device
from edgesym.errors import DeviceError, UnknownNameError
from edgesym.formats import find_format
from edgesym.symbols import TABLE, symbol
from edgesym.units import UNITS

DEVICES = list(device_names())
#: A device is a value: what is asked of every row is asked of one reading.
find_device = cache(read_device)


@cache
def merged(name):
    """A device file with the rows of its class."""
    return with_class(shipped_device(name), name)


def rows(name):
    """The rows of a device by name, of a dtype as ``energy_per_flop.int8``."""
    for key, row in merged(name).items():
        if isinstance(row, dict) and key != "variants":
            inner = {f"{key}.{dtype}": own for dtype, own in row.items() if isinstance(own, dict)}
            plain = {k: v for k, v in row.items() if not isinstance(v, dict)}
            yield from {**({key: plain} if plain else {}), **inner}.items()


#: Every device, computing in every dtype it has.
COMPUTING = [(name, dtype) for name in DEVICES for dtype in merged(name)["peak"]]


def price_per_flop(name, dtype):
    """The row that gives the price of a FLOP of a dtype."""
    table = merged(name)["energy_per_flop"]
    return table.get(dtype, table)


#: Facts by hand from the vendors' pages: device -> (peak dtype, FLOP/s), B/s, bytes of memory.
FACTS = {
    # 4 cores x 1.8 GHz x 8 FLOP; 3200 MT/s x 32 bit
    "raspberry-pi-4": (("fp32", 57.6e9), 12.8e9, 8 * 2**30),
    # 4 cores x 2.4 GHz x 16 FLOP; 4267 MT/s x 32 bit
    "raspberry-pi-5": (("fp32", 153.6e9), 17.07e9, 8 * 2**30),
    # 16384 cores x 2 FLOP x 2.52 GHz; 21 Gbit/s x 384 bit
    "rtx-4090": (("fp32", 82.58e12), 1008e9, 24 * 2**30),
    # tensor cores, dense: 71 TFLOP/s accumulating in fp32, 154.8, 121 and 85 TOP/s of int8
    "rtx-3090": (("fp16", 71.2e12), 936e9, 24 * 2**30),
    "rtx-5090": (("fp16", 209.5e12), 1792e9, 32 * 2**30),
    "rtx-a6000": (("fp16", 154.8e12), 768e9, 48 * 2**30),
    "l4": (("fp16", 121.2e12), 300e9, 24 * 2**30),
    "l40s": (("int8", 733e12), 864e9, 48 * 2**30),
    "jetson-orin-nano": (("int8", 20.48e12), 68.2e9, 8 * 2**30),
    "jetson-agx-orin": (("int8", 85.2e12), 204.8e9, 64 * 2**30),
    "h100-sxm": (("bf16", 989e12), 3350e9, 80 * 2**30),
    "b200": (("bf16", 2250e12), 8000e9, 180 * 2**30),
    "apple-m4": (("fp16", 4.6e12), 120e9, 16 * 2**30),
    "strix-halo": (("fp16", 29.7e12), 256e9, 128 * 2**30),
    "rk3588": (("int8", 6e12), 34.1e9, 16 * 2**30),
    "snapdragon-x-elite": (("fp32", 1305.6e9), 135.2e9, 16 * 2**30),
}


@pytest.mark.parametrize("device", DEVICES)
def test_a_figure_says_where_it_is_from(device):
    found = find_device(device)
    for key, row in rows(device):
        assert row["source"].startswith(("http://", "https://", "arXiv", "doi", "measured")), key
        assert row["condition"], key
        assert row["kind"] in ("stated", "measured", "derived", "inherited", "assumed"), key
        word, _, own = key.partition(".")
        unit = TABLE["peak_flops" if word == "peak" else word].unit
        assert UNITS[row["unit"]][0] == unit, key
        for dtype in [own] if own else found.peaks:
            figure = found.in_dtype(dtype)["peak_flops" if word == "peak" else word]
            if own or not any(k.startswith(f"{word}.") for k in found.figures):
                assert (figure.unit, figure.source) == (unit, row["source"]), key
                assert str(figure)
                assert row["condition"] in figure.explained, key


@pytest.mark.parametrize("device", DEVICES)
def test_what_is_not_known_has_a_spread_and_what_is_derived_is_arithmetic(device):
    found = find_device(device)
    figures = {f"peak.{d}": f for d, f in found.peaks.items()} | dict(found.figures)
    for key, row in rows(device):
        spread = {"std", "range"} & row.keys()
        if row["kind"] in ("assumed", "inherited"):
            assert spread, key
        elif spread and "launch" not in key:
            # a spread comes from several numbers, and says from how many
            assert "n = " in row["condition"], key
        if row["kind"] == "derived":
            assert isinstance(row["value"], str), key
        if isinstance(row["value"], str):
            shown = [f for name, f in figures.items() if name == key or name.startswith(f"{key}.")]
            assert any(f.arithmetic.startswith(row["value"]) for f in shown), key
        # a number typed beside its own arithmetic was how the two came apart
        assert row["kind"] != "derived" or not re.search(
            r"\d [x/*] \d[^=]* = \d", row["condition"].split(";")[0]
        ), key


@pytest.mark.parametrize(("name", "dtype"), COMPUTING)
def test_figures_make_sense_together(name, dtype):
    figures = {word: figure.value for word, figure in find_device(name).in_dtype(dtype).items()}
    assert all(figures[word] <= 1 for word in figures if word.endswith("utilisation"))
    assert 0 < figures["memory_reserve"] < figures["memory_size"]
    assert 0 < figures["idle_power"] < figures["power_limit"]
    computing = figures["compute_utilisation"] * figures["peak_flops"]
    moving = figures["memory_utilisation"] * figures["memory_bandwidth"]
    spent = figures["energy_per_flop"] * computing + figures["energy_per_byte"] * moving
    # prices do not contain one another: at the roofline the board draws what it may; those
    # measured one by one may ask for more, and the limit caps them
    if "contains" in price_per_flop(name, dtype):
        assert spent + figures["idle_power"] <= figures["power_limit"] * (1 + 1e-12)


@pytest.mark.parametrize("name", DEVICES)
def test_peaks_are_dense_and_those_of_narrower_dtypes_no_lower(name):
    peaks = {dtype: figure.value for dtype, figure in find_device(name).peaks.items()}
    said = {dtype: row["condition"] for dtype, row in merged(name)["peak"].items()}
    # dot products on CUDA cores are slower than tensor cores
    order = [d for d in ("fp32", "fp16", "int8") if d in peaks and "dp4a" not in said[d]]
    assert [peaks[d] for d in order] == sorted(peaks[d] for d in order)
    if {"bf16", "fp16"} <= peaks.keys() and name != "gaudi-3":
        assert peaks["bf16"] == peaks["fp16"]
    widest = max(peaks.get(dtype, 0) for dtype in ("fp32", "fp16", "bf16"))
    for dtype, row in merged(name)["peak"].items():
        assert "dense" in row["condition"] or "peak." in str(row["value"]), dtype
        # the sparse rate of a tensor core is twice the dense one of half the width; of other
        # units than those of integers, an NPU or NEON beside AMX, nothing follows
        if dtype == "int8" and not re.search("NPU|NEON|i8mm", row["condition"]):
            assert peaks["int8"] <= 4 * widest
        if dtype == "int8":
            assert peaks["int8"] <= 8 * widest or "NPU" in row["condition"]
        if dtype in ("fp8", "fp4"):
            assert peaks[dtype] <= (4.5 if dtype == "fp8" else 9) * widest


@pytest.mark.parametrize("name", class_names())
def test_a_class_says_what_is_not_known_of_each_of_its_devices(name):
    table = class_rows(name)
    assert table["summary"]
    assert table["part"] in ("cpu", "gpu", "npu")
    assert table["runtimes"]
    # nobody sells a generic device
    assert any(find_device(d).device_class == name for d in DEVICES) != name.startswith("generic-")
    for word, row in table.items():
        # a peak follows from the architecture; what else a class says has a spread
        if isinstance(row, dict) and word != "peak":
            for own in [row] if "value" in row else [r for r in row.values() if "value" in r]:
                assert own["kind"] == "inherited"
                assert "range" in own


@pytest.mark.parametrize("name", DEVICES)
def test_every_device_is_of_a_class_and_the_processor_beside_it_is_one(name):
    found = find_device(name)
    assert found.device_class in class_names()
    assert found.part in ("cpu", "gpu", "npu")
    if found.host:
        host = find_device(found.host)
        assert (host.part, host.host) == ("cpu", "")
        # of one chip and one memory, but for cards, which have a link to their host
        shared = "link_bandwidth" not in found.figures
        assert not (shared and found.host_assumed)
        for word in ("memory_bandwidth", "memory_size") if shared else ():
            assert host.figures[word].value == found.figures[word].value


@pytest.mark.parametrize("name", FACTS)
def test_the_main_figures_are_the_vendors(name):
    (dtype, peak), bandwidth, memory = FACTS[name]
    device = find_device(name)
    assert device.peaks[dtype].value == pytest.approx(peak, rel=1e-3)
    assert device.figures["memory_bandwidth"].value == pytest.approx(bandwidth, rel=1e-3)
    assert device.figures["memory_size"].value == memory


@pytest.mark.parametrize("name", DEVICES)
def test_a_device_has_what_a_step_needs(name):
    device = find_device(name)
    assert {word.partition(".")[0] for word in device.figures} <= set(FIGURES)
    needed = {
        *("memory_size", "memory_bandwidth", "storage_bandwidth", "launch_overhead"),
        *("compute_utilisation", "memory_utilisation", "energy_per_flop", "energy_per_byte"),
        *("memory_reserve", "idle_power", "power_limit", "peak_flops"),
    }
    for dtype in device.peaks:
        values = device.values(dtype)
        assert values[symbol("peak_flops")] == device.peaks[dtype].value
        assert values.keys() >= {symbol(word) for word in needed}
    link = {"link_bandwidth", "link_utilisation"} & device.figures.keys()
    assert len(link) in (0, 2)


@pytest.mark.parametrize("name", DEVICES)
@pytest.mark.parametrize("weights", ["fp32", "fp16", "bf16", "int8", "q4_0"])
def test_a_device_computes_in_the_best_dtype_it_has(name, weights):
    device, layout = find_device(name), find_format(weights)
    chosen = device.arithmetic(layout)
    better = layout.arithmetic[: layout.arithmetic.index(chosen)]
    assert chosen in device.peaks
    assert not set(better) & device.peaks.keys()


def test_a_dtype_without_a_peak_is_refused_with_the_way_out():
    device = find_device("raspberry-pi-4")
    with pytest.raises(DeviceError, match=r"no peak rate for fp8; it has .*--set peak\.fp8="):
        device.arithmetic(find_format("fp32"), "fp8")
    assert device.with_settings(["peak.fp8=1GFLOP/s"]).arithmetic(find_format("fp32"), "fp8")


def test_an_unknown_device_names_the_nearest():
    with pytest.raises(UnknownNameError, match=r"'raspbery-pi-5'; nearest: raspberry-pi-5.*toml"):
        find_device("raspbery-pi-5")
