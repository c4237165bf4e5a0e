"""Device files of a user, and figures set by hand: what makes no sense is refused by name."""

from __future__ import annotations

import pytest

from edgesym.devices import find_device
from edgesym.errors import ConfigError, DeviceError, EdgesymError, UnitError, UnknownNameError

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


@pytest.fixture
def read(tmp_path):
    def written(content):
        path = tmp_path / "mine.toml"
        path.write_text(content)
        return find_device(str(path))

    return written


def test_a_file_of_a_user_is_a_device(read):
    device = read('name = "My board"\n' + text())
    assert (device.id, device.name) == ("mine", "My board")
    assert device.peaks["fp32"].value == 10e9
    assert device.figures["memory_bandwidth"].value == 20e9
    assert device.figures["launch_overhead"].value == 5e-6
    assert device.figures["memory_size"].kind == "stated"


#: what the file says -> what the error says.
WRONG = [
    ("", "no peak rate; add a table"),
    (text(peak_fp32=None), "no peak rate"),
    (text(memory_size=None), "memory_size is missing; add a table"),
    (text(memory_bandwidth=None), "memory_bandwidth is missing"),
    (text(memory_utilisation=None), "memory_utilisation is missing"),
    (text(memory_bandwidth=row(20, rest="")), "memory_bandwidth: missing source"),
    (text(memory_bandwidth="value = 20"), "memory_bandwidth: missing source, unit"),
    (text(memory_bandwidth=row(20, rest='source="s"\nnote="n"')), "memory_bandwidth: unknown note"),
    (text(memory_bandwidth=row(20, '"GBs"')), "unknown unit 'GBs'; nearest: .*GB"),
    (text(memory_bandwidth=row(20, '"GFLOP/s"')), "'GFLOP/s' measures FLOP/s, where B/s"),
    (text(memory_size=row(8, '"GB/s"')), "'GB/s' measures B/s, where B is needed"),
    (text(memory_bandwidth=row(0)), "memory_bandwidth = 0 B/s: must be positive"),
    (text(memory_bandwidth=row(-1)), "memory_bandwidth = -1e.09 B/s: must be positive"),
    (text(peak_fp32=row(0, '"FLOP/s"')), "peak.fp32 = 0 FLOP/s: must be positive"),
    (text(memory_bandwidth=row("nan")), "memory_bandwidth: value nan must be finite"),
    (text(memory_bandwidth=row("inf")), "memory_bandwidth: value inf must be finite"),
    (text(memory_bandwidth=row('"20"')), "memory_bandwidth: value '20' must be a number"),
    (text(memory_bandwidth=row("true")), "memory_bandwidth: value True must be a number"),
    (text(memory_utilisation=row(1.2, '"1"')), "memory_utilisation = 1.2: .*between 0 and 1"),
    (text(memory_utilisation=row(0, '"1"')), "memory_utilisation = 0 1: must be positive"),
    (text(launch_overhead=row(-1, '"s"')), "launch_overhead = -1 s: must be positive"),
    (text(memory_bandwidth=row(9, rest='source="s"\nkind="guess"')), "kind of .*'guess'"),
    (text(memory_bandwith=row(9)), "unknown key of device .*'memory_bandwith'; nearest: memory_b"),
    ("memory_size = 3\n" + text(memory_size=None), "memory_size is 3; write a table"),
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
        ["memory_bandwidth=34 GB/s", "peak.int8=1 TOP/s", "launch_overhead=0", "memory_bandwidth=9"]
    )
    assert changed.figures["memory_bandwidth"].value == 9
    assert changed.figures["memory_bandwidth"].kind == "override"
    assert changed.peaks["int8"].value == 1e12
    assert changed.figures["launch_overhead"].value == 0
    assert changed.figures["memory_size"] == plain.figures["memory_size"]
    assert plain.figures["memory_bandwidth"].kind != "override"
