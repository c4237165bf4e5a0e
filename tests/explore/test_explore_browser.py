"""The page in a real Chromium; skipped where there is none, or no playwright-core beside it.

``npm ci --prefix tests/explore/browser`` fetches what drives it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from edgesym.analysis.estimate import estimate
from edgesym.explore.page import page
from edgesym.explore.serve import server
from edgesym.units import human

HERE = Path(__file__).parent / "browser"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
READY = CHROMIUM and shutil.which("node") and (HERE / "node_modules" / "playwright-core").is_dir()

pytestmark = pytest.mark.skipif(not READY, reason="Chromium, Node.js or playwright-core is absent")


@pytest.fixture(scope="module")
def address(data, tmp_path_factory):
    file = tmp_path_factory.mktemp("page") / "index.html"
    file.write_text(page(data), encoding="utf-8")
    return file.as_uri()


def driven(address, step, folder="."):
    """What a step of ``browser/drive.mjs`` finds; the console stays silent."""
    command = ["node", HERE / "drive.mjs", CHROMIUM, address, step, folder]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["heard"] == []
    return found


def shown(setup):
    """The numbers on top of the page, from Python."""
    found = estimate(setup).quantities
    names = ("tokens_per_second", "time_per_output_token", "time_to_first_token")
    units = ("tokens/s", "s", "s", "B")
    return [
        human(found[name], unit).replace(" us", " µs")
        for name, unit in zip((*names, "memory_footprint"), units, strict=True)
    ]


def test_sliders_move_numbers_and_links_restore_them(address, combinations):
    found = driven(address, "numbers")
    setup = combinations[0].setup
    assert found["first"] == found["back"] == shown(setup)
    assert found["moved"] != found["first"]
    device = setup.device.with_settings(("memory_bandwidth=34.14GB/s",))
    asked = replace(setup, device=device, run=replace(setup.run, context=4096))
    assert found["typed"] == found["again"] == shown(asked)
    assert "a.context=4096&a.memory_bandwidth=34140000000" in found["link"]
    assert found["formula"].startswith("= ")
    assert found["refused"] == "context: 1e+99 is too large."


def test_a_hostile_link_is_text(address):
    found = driven(address, "hostile")
    assert found["hacked"] == [None, 0]
    assert len(found["notices"]) == 3
    assert "<img src=x" in found["notices"][0]


def test_axe_finds_nothing_serious_and_nothing_is_too_wide(address, tmp_path):
    found = driven(address, "looks", tmp_path)
    del found["heard"]
    assert len(found) == 6
    for view, told in found.items():
        assert told == {"serious": [], "wide": 0}, view


def test_two_setups_stand_side_by_side(address):
    found = driven(address, "compare")
    (same, other), (left, right) = found["before"], found["after"]
    assert same == other == left != right
    assert found["again"] == found["after"]
    assert "B / A" in found["ratio"]


def test_pictures_numbers_and_formulas_are_saved(address, tmp_path):
    found = driven(address, "parts", tmp_path)
    for name in ("roofline", "line"):
        assert Path(found[f"{name}.svg"]).read_text(encoding="utf-8").startswith("<svg")
        assert Path(found[f"{name}.png"]).read_bytes().startswith(b"\x89PNG")
    csv = Path(found["csv"]).read_text(encoding="utf-8")
    assert csv.startswith("setup,kind,name,value,low_90,high_90,unit")
    assert "time_per_output_token" in csv
    assert r"\begin{align*}" in Path(found["tex"]).read_text(encoding="utf-8")
    assert found["inverse"].startswith("100 ms takes a memory bandwidth of ")
    assert found["put"][1] == "100 ms"
    assert found["cost"].startswith("attention.scores (scores), decode: ")
    assert found["formula"][-1].startswith("= ")
    assert found["over"] == "kv_cache_bytes against batch"


def test_it_is_ready_and_drawn_in_time(address):
    found = driven(address, "speed")
    assert found["inside"] < 1000  # milliseconds from the start of loading
    assert found["compute"] < 2


def test_the_checkers_page_shows_reading_verdict_and_repair(data, tmp_path):
    with server(page(data, served=True)) as serving:
        thread = threading.Thread(target=serving.serve_forever, daemon=True)
        thread.start()
        found = driven(serving.address, "checker", tmp_path)
        serving.shutdown()
        thread.join()
    assert found["serious"] == []
    assert "read as" in found["verdict"]
    assert "wrong" in found["verdict"]
    assert "gate matrix or up matrix or down matrix counted twice" in found["verdict"]
    assert found["refused"]
