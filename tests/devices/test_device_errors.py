"""Device files of a user, and figures set by hand: what makes no sense is refused by name."""

from __future__ import annotations

import pytest

from edgesym.devices import find_device
from edgesym.errors import (
    ConfigError,
    DeviceError,
    EdgesymError,
    UnitError,
    UnknownNameError,
)
from edgesym.symbols import symbol

FIGURES = {
    "peak.fp32": (10, "GFLOP/s"),
    "memory_size": (8, "GiB"),
    "memory_bandwidth": (20, "GB/s"),
    "compute_utilisation": (0.5, "1"),
    "memory_utilisation": (0.6, "1"),
    "launch_overhead": (5, "us"),
}


def text(**changes):
    """A device file; a change replaces the lines of a figure, None drops it."""
    tables = {
        name: f'value = {value}\nunit = "{unit}"\nsource = "me"'
        for name, (value, unit) in FIGURES.items()
    }
    tables |= {name.replace("peak_fp32", "peak.fp32"): lines for name, lines in changes.items()}
    return "".join(f"[{n}]\n{lines}\n" for n, lines in tables.items() if lines is not None)


def row(value, unit='"GB/s"', rest='source = "me"'):
    return f"value = {value}\nunit = {unit}\n{rest}"


def test_a_file_of_a_user_is_a_device(read):
    device = read('name = "My board"\n' + text())
    assert (device.id, device.name) == ("mine", "My board")
    assert device.peaks["fp32"].value == 10e9
    assert device.figures["memory_bandwidth"].value == 20e9
    assert device.figures["launch_overhead"].value == 5e-6
    assert device.figures["memory_size"].kind == "stated"


SOURCE = 'source = "me"\n'

#: what the file says -> what the error says.
WRONG = [
    ("", "no peak rate; add a table"),
    (text(peak_fp32=None), "no peak rate"),
    (text(memory_size=None), "memory_size is missing; add a table"),
    (text(memory_bandwidth=None), "memory_bandwidth is missing"),
    (text(memory_utilisation=None), "memory_utilisation is missing"),
    (text(memory_bandwidth=row(20, rest="")), "memory_bandwidth: missing source"),
    (text(memory_bandwidth="value = 20"), "memory_bandwidth: missing source, unit"),
    (
        text(memory_bandwidth=row(20, rest='source="s"\nnote="n"')),
        "memory_bandwidth: 'note'; known: .*source",
    ),
    (text(memory_bandwidth=row(20, '"GBs"')), "unknown unit 'GBs'; nearest: .*GB"),
    (text(memory_bandwidth=row(20, '"GFLOP/s"')), "'GFLOP/s' measures FLOP/s, where B/s"),
    (text(memory_size=row(8, '"GB/s"')), "'GB/s' measures B/s, where B is needed"),
    (text(memory_bandwidth=row(0)), "memory_bandwidth = 0 B/s: must be positive"),
    (text(memory_bandwidth=row(-1)), "memory_bandwidth = -1e.09 B/s: must be positive"),
    (text(peak_fp32=row(0, '"FLOP/s"')), "peak.fp32 = 0 FLOP/s: must be positive"),
    (text(memory_bandwidth=row("nan")), "memory_bandwidth.value = nan must be a finite"),
    (text(memory_bandwidth=row("inf")), "memory_bandwidth.value = inf must be a finite"),
    (text(memory_bandwidth=row("true")), "memory_bandwidth.value = True must be a number"),
    (text(memory_utilisation=row(1.2, '"1"')), "memory_utilisation = 1.2: .*between 0 and 1"),
    (text(memory_utilisation=row(0, '"1"')), "memory_utilisation = 0 1: must be positive"),
    (text(launch_overhead=row(-1, '"s"')), "launch_overhead = -1 s: must be positive"),
    (text(memory_bandwidth=row(9, rest='source="s"\nkind="guess"')), "kind of .*'guess'"),
    (text(memory_bandwith=row(9)), "unknown key of .*'memory_bandwith'; nearest: memory_b"),
    (
        text(memory_bandwidth=row(20, rest=SOURCE + "std=-1")),
        "std -1e.09 B/s must be .*not negative",
    ),
    (
        text(memory_bandwidth=row(20, rest=SOURCE + "std=nan")),
        "bandwidth.std = nan must be a finite",
    ),
    (
        text(memory_bandwidth=row(20, rest=SOURCE + "std=inf")),
        "bandwidth.std = inf must be a finite",
    ),
    (text(memory_bandwidth=row(20, rest=SOURCE + "std=true")), "std = True must be a number"),
    (
        text(memory_bandwidth=row(20, rest=SOURCE + "std=1\nrange=[19,21]")),
        "std and range .*give one",
    ),
    (text(memory_bandwidth=row(20, rest=SOURCE + "range=20")), "range = 20 must be two numbers"),
    (
        text(memory_bandwidth=row(20, rest=SOURCE + "range=[19]")),
        r"range = \[19\] must be two numbers",
    ),
    (
        text(memory_bandwidth=row(20, rest=SOURCE + "range=[[1], 2]")),
        r"range\[1\] = \[1\] must be a num",
    ),
    (
        text(memory_bandwidth=row(20, rest=SOURCE + "range=[1, inf]")),
        r"range\[2\] = inf must be a finite",
    ),
    (text(memory_bandwidth=row(20, rest=SOURCE + "range=[0, 30]")), "= 0 B/s: must be positive"),
    (
        text(memory_bandwidth=row(20, rest=SOURCE + "range=[21, 19]")),
        "21 GB/s to 19 GB/s must go from",
    ),
    (text(memory_bandwidth=row(20, rest=SOURCE + "range=[20, 20]")), "must go from low to high"),
    (
        text(memory_bandwidth=row(20, rest=SOURCE + "range=[21, 22]")),
        "memory_bandwidth = 20 GB/s lies outside its range 21 GB/s to 22 GB/s",
    ),
    (
        text(memory_utilisation=row(0.9, '"1"', SOURCE + "range=[0.8, 1.1]")),
        "memory_utilisation = 1.1: .*between 0 and 1",
    ),
    (
        text(memory_bandwidth=row(20, rest=f"{SOURCE}std=1{'0' * 400}")),
        "std is a number of about 401 digits",
    ),
    ("memory_size = 3\n" + text(memory_size=None), "memory_size = 3 must be a table"),
    ("not toml", "not valid TOML"),
]


@pytest.mark.parametrize(("content", "message"), WRONG, ids=lambda v: v[-30:])
def test_a_file_that_is_no_device_is_refused(read, content, message):
    with pytest.raises(EdgesymError, match=message) as caught:
        read(content)
    assert isinstance(caught.value, ConfigError | DeviceError | UnitError | UnknownNameError)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.toml: cannot be read"):
        find_device(str(tmp_path / "none.toml"))


SETTINGS = [
    ("memory_bandwidth", DeviceError, "memory_bandwidth: write it as figure=value"),
    ("memory_bandwidth=", UnitError, "not a number"),
    ("memory_bandwidth=fast", UnitError, "'fast' is not a number"),
    ("memory_bandwidth=20GB", UnitError, "'GB' measures B, where B/s"),
    ("memory_bandwidth=0", DeviceError, "memory_bandwidth = 0 B/s: must be positive"),
    ("memory_bandwidth=-20GB/s", DeviceError, "must be positive"),
    ("compute_utilisation=1.01", DeviceError, "lies between 0 and 1"),
    ("memory_bandwith=1", UnknownNameError, "'memory_bandwith'; nearest: memory_bandwidth"),
    ("peak=1GFLOP/s", UnknownNameError, "device figure 'peak'"),
    ("peak.fp32=1GB/s", UnitError, "measures B/s, where FLOP/s"),
    ("peak.fp32=0", DeviceError, "peak.fp32 = 0 FLOP/s: must be positive"),
    ("memory_bandwidth=16+-1TB", UnitError, "'TB' measures B, where B/s .*write a spread as 16"),
    ("memory_bandwidth=16+-", UnitError, "memory_bandwidth: 16 has no unit"),
    ("memory_bandwidth=+-1GB/s", UnitError, "not a number"),
    ("memory_bandwidth=16GB/s+--1GB/s", DeviceError, "std -1e.09 B/s must be .*not negative"),
    ("memory_bandwidth=16+-1+-2GB/s", UnitError, "write a spread as 16"),
    ("memory_bandwidth=17..15GB/s", DeviceError, "17 GB/s to 15 GB/s must go from low to high"),
    ("memory_bandwidth=..15GB/s", UnitError, "not a number"),
    ("memory_bandwidth=0..15GB/s", DeviceError, "= 0 B/s: must be positive"),
    ("memory_utilisation=0.5..1.5", DeviceError, "between 0 and 1"),
    ("memory_bandwidth=20", UnitError, "--set memory_bandwidth: 20 has no unit.* GB/s"),
    ("memory_bandwidth=16+-1", UnitError, "16 has no unit.* GB/s.*; write a spread as 16"),
    ("memory_size=8", UnitError, "8 has no unit.* GiB"),
    ("peak.fp32=1e9", UnitError, "1e9 has no unit.* GFLOP/s"),
    ("launch_overhead=3e-6", UnitError, "3e-6 has no unit.* us"),
    ("energy_per_byte=64e-12", UnitError, "has no unit.* pJ/B"),
    ("idle_power=3", UnitError, "3 has no unit.* W"),
    ("=3", UnknownNameError, "device figure ''"),
    ("name=x", UnknownNameError, "device figure 'name'"),
]


@pytest.mark.parametrize(("setting", "error", "message"), SETTINGS)
def test_a_setting_that_makes_no_sense_is_refused(setting, error, message):
    with pytest.raises(error, match=message):
        find_device("apple-m2").with_settings([setting])


def test_settings_override_figures_and_say_so():
    plain = find_device("raspberry-pi-5")
    changed = plain.with_settings(
        ["memory_bandwidth=34 GB/s", "peak.int8=1 TOP/s", "launch_overhead=0"]
    )
    assert changed.figures["memory_bandwidth"].value == 34e9
    assert changed.figures["memory_bandwidth"].kind == "override"
    assert changed.peaks["int8"].value == 1e12
    assert changed.figures["launch_overhead"].value == 0
    assert changed.figures["memory_size"] == plain.figures["memory_size"]
    assert plain.figures["memory_bandwidth"].kind != "override"


#: text -> value, standard deviation, how it is printed.
SPREADS = [
    ("memory_bandwidth=17GB/s+-0.5GB/s", 17e9, 0.5e9, "17.00 +- 0.50 GB/s"),
    ("memory_bandwidth=16+-1GB/s", 16e9, 1e9, "16.0 +- 1.0 GB/s"),
    ("memory_bandwidth=16 GB/s ± 1", 16e9, 1e9, "16.0 +- 1.0 GB/s"),
    ("memory_bandwidth=16GB/s+-500MB/s", 16e9, 0.5e9, "16.00 +- 0.50 GB/s"),
    ("memory_bandwidth=16e9+-0.5e9B/s", 16e9, 0.5e9, "16.00 +- 0.50 GB/s"),
    ("memory_bandwidth=16+-0GB/s", 16e9, 0, "16 GB/s"),
    ("memory_bandwidth=16GB/s", 16e9, 0, "16 GB/s"),
    ("memory_bandwidth=15..17GB/s", 16e9, 2e9 / 12**0.5, "16 GB/s, between 15 GB/s and 17 GB/s"),
    ("memory_utilisation=0.5..0.7", 0.6, 0.2 / 12**0.5, "0.6, between 0.5 and 0.7"),
    ("launch_overhead=0..4us", 2e-6, 4e-6 / 12**0.5, "2 us, between 0 s and 4 us"),
    ("launch_overhead=0+-4us", 0, 4e-6, "0.0 +- 4.0 us"),
    ("peak.int8=600+-25GFLOP/s", 600e9, 25e9, "600 +- 25 GFLOP/s"),
    ("energy_per_flop=290.3+-38pJ/FLOP", 290.3e-12, 38e-12, "290 +- 38 pJ/FLOP"),
]


@pytest.mark.parametrize(("setting", "value", "std", "printed"), SPREADS)
def test_a_setting_may_give_a_spread(setting, value, std, printed):
    changed = find_device("raspberry-pi-5").with_settings([setting])
    name = setting.partition("=")[0]
    figure = changed.peaks["int8"] if name.startswith("peak") else changed.figures[name]
    assert figure.value == pytest.approx(value, rel=1e-12)
    assert figure.std == pytest.approx(std, rel=1e-12)
    assert str(figure) == printed
    # what is printed can be set again
    if std and not figure.spread.bounds:
        again = find_device("apple-m2").with_settings([f"{name}={printed}"])
        assert (again.peaks | again.figures)[name.removeprefix("peak.")].std == pytest.approx(std)


def test_a_setting_without_a_spread_is_exact():
    shipped = find_device("apple-m2")
    assert shipped.figures["memory_utilisation"].std > 0
    assert shipped.with_settings(["memory_utilisation=0.8"]).figures["memory_utilisation"].std == 0


def test_a_file_gives_the_spread_in_the_unit_of_the_value(read):
    device = read(
        text(
            memory_bandwidth=row(17, rest=SOURCE + "std = 0.5"),
            memory_utilisation=row(0.67, '"1"', SOURCE + "range = [0.5, 0.7]"),
            peak_fp32=row(10, '"GFLOP/s"', SOURCE + "range = [10, 12]"),
        )
    )
    bandwidth, utilisation = (device.figures[f"memory_{w}"] for w in ("bandwidth", "utilisation"))
    assert (bandwidth.std, utilisation.spread.bounds) == (0.5e9, (0.5, 0.7))
    assert (str(bandwidth), str(utilisation)) == (
        "17.00 +- 0.50 GB/s",
        "0.67, between 0.5 and 0.7",
    )
    # a uniform distribution between 0.5 and 0.7, by its integral
    middle, steps = 0.6, 10_000
    points = [0.5 + 0.2 * (i + 0.5) / steps for i in range(steps)]
    variance = sum((p - middle) ** 2 for p in points) / steps
    stds = device.stds("fp32")
    assert stds[symbol("memory_utilisation")] == pytest.approx(variance**0.5, rel=1e-6)
    assert stds.keys() == {
        symbol(w) for w in ("memory_bandwidth", "memory_utilisation", "peak_flops")
    }
