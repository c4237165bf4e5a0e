"""What a device keeps of its memory and draws at most, as a user sees it."""

from __future__ import annotations

import json

import pytest

LIMITLESS = """
[peak.fp32]
value = 100
unit = "GFLOP/s"
source = "me"
"""
ROWS = {
    "memory_size": (8, "GiB"),
    "memory_bandwidth": (20, "GB/s"),
    "compute_utilisation": (0.5, "1"),
    "memory_utilisation": (0.6, "1"),
    "launch_overhead": (5, "us"),
    "energy_per_flop": (100, "pJ/FLOP"),
    "energy_per_byte": (100, "pJ/B"),
    "idle_power": (2, "W"),
}


@pytest.fixture
def limitless(tmp_path):
    path = tmp_path / "mine.toml"
    rows = (f'[{w}]\nvalue = {v}\nunit = "{u}"\nsource = "me"\n' for w, (v, u) in ROWS.items())
    path.write_text(LIMITLESS + "".join(rows))
    return str(path)


VERBS = [
    ("estimate", "llama-3.2-1b"),
    ("explain", "energy_per_token", "llama-3.2-1b"),
    ("sensitivity", "llama-3.2-1b", "--quantity", "energy_per_token"),
    ("solve", "llama-3.2-1b", "--for", "bandwidth", "--such-that", "energy_per_token <= 1 J"),
    ("solve", "llama-3.2-1b", "--for", "batch", "--such-that", "energy_per_token <= 0.5 J"),
]


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_a_device_without_a_limit_is_not_capped(edgesym, limitless, verb):
    ran = edgesym(*verb, "--device", limitless, "--weights", "q4_0")
    assert ran.code == 0, ran.err
    assert "nan" not in ran.out.lower()
    # JSON has no infinity
    asked = edgesym(*verb, "--device", limitless, "--weights", "q4_0", "--json")
    json.loads(asked.out, parse_constant=pytest.fail)


def test_what_is_infinite_has_no_elasticity(edgesym, limitless):
    asked = ("sensitivity", "llama-3.2-1b", "--quantity", "energy_per_token")
    ran = edgesym(*asked, "--device", limitless, "--with-respect-to", "power_limit")
    assert ran.code == 2
    assert "power_limit is infinite here, and nothing limits energy_per_token" in ran.err


def test_without_a_limit_energy_is_the_sum_of_its_prices(edgesym, limitless):
    found = json.loads(edgesym("estimate", "llama-3.2-1b", "--device", limitless, "--json").out)
    spent = 100e-12 * (found["flops"] + found["memory_traffic_bytes"])
    spent += 2 * found["time_per_output_token_s"]
    assert found["energy_per_token_J"] == pytest.approx(spent, rel=1e-12)
    assert found["memory_reserve_bytes"] is None


#: --reserve, or a setting -> what the memory line says; the model takes 6 GiB of 8 GiB.
RESERVES = [
    (("--reserve", "0"), "fits (", True, False),
    (("--reserve", "1.5GiB"), "fits tightly: ", True, True),
    (("--set", "memory_reserve=1.5GiB"), "fits tightly: ", True, True),
    (("--reserve", "4GiB"), "does not fit: ", False, False),
]


@pytest.mark.parametrize(("options", "said", "fits", "tight"), RESERVES)
def test_a_model_fits_beside_what_the_system_keeps(edgesym, options, said, fits, tight):
    asked = ("estimate", "llama-3.2-3b", "--device", "raspberry-pi-5", "--context", "256")
    ran = edgesym(*asked, "--weights", "fp16", *options, columns=400)
    assert ran.code == 0, ran.err
    memory = next(line for line in ran.out.splitlines() if line.startswith("memory"))
    assert said in memory
    assert "; system and runtime" in memory
    found = json.loads(edgesym(*asked, "--weights", "fp16", *options, "--json").out)
    assert (found["fits"], found["tight"]) == (fits, tight)
    kept = {"0": 0, "1.5GiB": 3 * 2**29, "4GiB": 4 * 2**30}
    assert found["memory_reserve_bytes"] == kept[options[1].removeprefix("memory_reserve=")]


def test_a_device_says_what_its_system_keeps(edgesym):
    asked = ("estimate", "llama-3.2-1b", "--device", "apple-m2")
    assert json.loads(edgesym(*asked, "--json").out)["memory_reserve_bytes"] == 2**34 // 3
    assert "system and runtime 5.333 GiB" in edgesym(*asked, columns=400).out


WRONG = [
    (("--reserve", "-1GiB"), "--reserve = -1.07374e+09 B: must be positive"),
    (("--reserve", "2"), "--reserve: 2 has no unit"),
    (("--reserve", "lots"), "--reserve: 'lots' is not a number"),
]


@pytest.mark.parametrize(("options", "message"), WRONG)
def test_a_reserve_that_makes_no_sense_ends_in_one_line(edgesym, options, message):
    ran = edgesym("estimate", "llama-3.2-1b", "--device", "raspberry-pi-5", *options)
    assert ran.code == 2
    assert message in ran.err


#: A change of a figure that has one for each dtype -> what is said to have been set.
CHANGES = [
    ("rtx-4090", "compute_utilisation=0.5*compute_utilisation", "compute_utilisation.int8"),
    ("raspberry-pi-5", "compute_utilisation=0.5*compute_utilisation", "compute_utilisation.int8"),
    ("rtx-4090", "energy_per_flop=2*energy_per_flop", "energy_per_flop.int8"),
    ("rtx-4090", "energy_per_flop.int8=1pJ/FLOP", "energy_per_flop.int8"),
    ("rtx-4090", "energy_per_flop=1pJ/FLOP", "energy_per_flop"),
]


@pytest.mark.parametrize(("device", "setting", "told"), CHANGES)
def test_a_figure_of_all_dtypes_is_set_in_the_one_computed_in(edgesym, device, setting, told):
    asked = ("estimate", "llama-3.2-1b", "--device", device, "--weights", "q4_0", "--json")
    ran = edgesym(*asked, "--set", setting)
    assert ran.code == 0, ran.err
    changed, plain = json.loads(ran.out), json.loads(edgesym(*asked).out)
    assert list(changed["given"]) == [told]
    of = "energy_per_token_J" if "energy" in setting else "time_to_first_token_s"
    assert changed[of] != plain[of]


@pytest.mark.parametrize("figure", ["compute_utilisation.fp16", "energy_per_flop.fp16"])
def test_a_figure_of_another_dtype_changes_nothing_and_says_so(edgesym, figure):
    asked = ("estimate", "llama-3.2-1b", "--device", "rtx-4090", "--weights", "q4_0")
    ran = edgesym(*asked, "--set", f"{figure}=0.5*{figure}")
    assert ran.code == 2
    assert f"--set {figure} changes nothing here" in ran.err
