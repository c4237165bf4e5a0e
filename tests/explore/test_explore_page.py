"""The page as a file: nothing from elsewhere, nothing that ends an element, the library as told."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from html import unescape
from pathlib import Path

import pytest

from edgesym import load
from edgesym.devices import find_device
from edgesym.errors import ConfigError, OutputError
from edgesym.explore import data as data_module
from edgesym.explore import page as module
from edgesym.explore.choices import Choices
from edgesym.explore.data import Data
from edgesym.explore.page import MODULES, bundled, page

BARE = Data("{}", ())


def test_without_models_it_is_smaller_than_what_was_promised():
    assert len(page(BARE).encode()) < 1_500_000


def test_nothing_comes_from_elsewhere(data):
    made = page(data)
    markup = re.sub(r"<script.*?</script>", "", made, flags=re.DOTALL)
    assert not re.findall(r"""(?:src|href|action)=["'](?!data:|#)""", markup)
    assert not re.findall(r"@import|url\((?!data:)", markup)
    assert "default-src 'none'" in unescape(made)
    assert "connect-src 'none'" in unescape(made)
    assert "connect-src 'self'" in unescape(page(BARE, served=True))


def test_its_policy_names_each_script_by_its_hash(data):
    made = page(data)
    scripts = re.findall(r"<script>(.*?)</script>", made, flags=re.DOTALL)
    assert len(scripts) == 3
    for script in scripts:
        digest = b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in unescape(made.partition("<script")[0])


def test_data_never_end_their_element():
    hostile = json.dumps({"name": "</script><script>alert(1)</script><!--"})
    made = page(Data(hostile, ()))
    assert made.count("<script>") == 3
    (index,) = re.findall(r'<script type="application/json" id="index">(.*?)</script>', made)
    assert json.loads(index) == json.loads(hostile)


def test_every_module_is_in_the_page_once_and_after_what_it_takes():
    here = Path(module.__file__).parent / "page"
    names = {path.name.removesuffix(".js") for path in here.iterdir() if path.name.endswith(".js")}
    assert sorted(MODULES) == sorted(names)
    for place, name in enumerate(MODULES):
        text = here.joinpath(f"{name}.js").read_text(encoding="utf-8")
        assert set(re.findall(r'from "\./(\w+)\.js"', text)) <= set(MODULES[:place])
        assert len(text.splitlines()) <= 600
    assert not re.search(r"^(import|export) ", bundled(MODULES), flags=re.MULTILINE)


def test_the_library_is_the_one_that_its_page_names():
    vendor = Path(module.__file__).parent / "vendor"
    told = vendor.joinpath("README.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"\| `([\w.]+\.js)` \|.*\| ([\d.]+) \| ISC, `([\w.]+)` \| `(\w{64})` \|", told
    )
    files = {path.name for path in vendor.iterdir() if path.name.endswith(".js")}
    assert {row[0] for row in rows} == files
    for name, version, licence, digest in rows:
        content = vendor.joinpath(name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest
        assert f"v{version}".encode() in content[:200]
        assert "Permission to use" in vendor.joinpath(licence).read_text(encoding="utf-8")


def test_the_same_choices_give_the_same_page(data):
    assert page(data) == page(data)


def test_too_many_combinations_are_refused_with_what_to_do():
    with pytest.raises(ConfigError, match=r"1200 combinations .* name fewer"):
        Choices((None,) * 10, (None,) * 10, ("",) * 4, ("q8_0",) * 3)
    with pytest.raises(ConfigError, match="without a model"):
        Choices((), (None,))


def test_more_than_a_browser_holds_is_refused(monkeypatch, data):
    monkeypatch.setattr(module, "LARGEST", 100_000)
    with pytest.raises(OutputError, match="more than browsers open; name fewer models"):
        page(data)
    monkeypatch.setattr(data_module, "_UNPACKED", 1000)
    with pytest.raises(OutputError, match=r"llama-3\.2-1b on .* more than a browser can hold"):
        data_module.data_of(Choices((load("llama-3.2-1b"),), (find_device("h100-sxm"),)))
