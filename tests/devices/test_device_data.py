"""The devices that are shipped: every figure has a unit, a kind, a condition and a source."""

from __future__ import annotations

import pytest

from edgesym.data import shipped
from edgesym.devices import FIGURES, device_names, find_device
from edgesym.errors import DeviceError, UnknownNameError
from edgesym.formats import find_format
from edgesym.symbols import TABLE, symbol
from edgesym.units import UNITS

DEVICES = list(device_names())
ROWS = [
    pytest.param(name, key, row, id=f"{name}:{key}")
    for name in DEVICES
    for key, row in [
        *((k, v) for k, v in shipped("devices/data", name).items() if k in FIGURES),
        *((f"peak.{k}", v) for k, v in shipped("devices/data", name)["peak"].items()),
    ]
]

#: Facts by hand from the vendors' pages: device -> (peak dtype, FLOP/s), B/s, bytes of memory.
FACTS = {
    # 4 cores x 1.8 GHz x 8 FLOP; 3200 MT/s x 32 bit
    "raspberry-pi-4": (("fp32", 57.6e9), 12.8e9, 8 * 2**30),
    # 4 cores x 2.4 GHz x 16 FLOP; 4267 MT/s x 32 bit
    "raspberry-pi-5": (("fp32", 153.6e9), 17.07e9, 8 * 2**30),
    # 16384 cores x 2 FLOP x 2.52 GHz; 21 Gbit/s x 384 bit
    "rtx-4090": (("fp32", 82.58e12), 1008e9, 24 * 2**30),
}


@pytest.mark.parametrize(("device", "key", "row"), ROWS)
def test_a_figure_says_where_it_is_from(device, key, row):
    assert row["source"].startswith(("https://", "arXiv", "doi"))
    assert row["condition"]
    assert row["kind"] in ("stated", "measured", "derived", "assumed")
    unit = "FLOP/s" if key.startswith("peak.") else TABLE[key].unit
    assert UNITS[row["unit"]][0] == unit
    found = find_device(device)
    figure = found.peaks[key[5:]] if key.startswith("peak.") else found.figures[key]
    assert figure.value == pytest.approx(float(row["value"] * UNITS[row["unit"]][1]), rel=1e-12)
    assert figure.unit == unit
    assert str(figure)
    if figure.std:
        # a spread comes from several numbers, and says from how many
        assert "n = " in row["condition"]


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
    assert device.figures.keys() <= set(FIGURES)
    assert device.figures.keys() >= {
        *("memory_size", "memory_bandwidth", "storage_bandwidth", "launch_overhead"),
        *("compute_utilisation", "memory_utilisation", "energy_per_flop", "energy_per_byte"),
    }
    for dtype in device.peaks:
        values = device.values(dtype)
        assert values[symbol("peak_flops")] == device.peaks[dtype].value
        assert values.keys() == {symbol(word) for word in (*device.figures, "peak_flops")}
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
