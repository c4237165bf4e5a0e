"""A small page's data, and Node.js to run its modules."""

from __future__ import annotations

import json
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import edgesym
from edgesym import load
from edgesym.devices import find_device
from edgesym.explore.choices import Choices
from edgesym.explore.data import Data, data_of

PAGE = Path(edgesym.__file__).parent / "explore" / "page"
HERE = Path(__file__).parent


@cache
def choices_of_tests() -> Choices:
    """A small model, and one with a window; two devices; a runtime of each kind."""
    models = (load("llama-3.2-1b"), load("gemma-3-270m"))
    devices = (find_device("raspberry-pi-5"), find_device("h100-sxm"))
    return Choices(models, devices, ("", "transformers"), ("q4_k_m",))


@cache
def data_of_tests() -> Data:
    return data_of(choices_of_tests())


@pytest.fixture(scope="session")
def combinations():
    """The setups of the page of tests."""
    return [one for one in choices_of_tests().combinations() if one.setup is not None]


@pytest.fixture(scope="session")
def data() -> Data:
    return data_of_tests()


@pytest.fixture(scope="session")
def ask(data, tmp_path_factory):
    """Has the page's own modules answer questions, outside of a browser."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not installed")
    folder = tmp_path_factory.mktemp("modules")
    (folder / "package.json").write_text('{"type": "module"}')
    for module in PAGE.glob("*.js"):
        (folder / module.name).write_text(module.read_text(encoding="utf-8"), encoding="utf-8")

    def answered(**questions: Any) -> dict[str, Any]:
        asked = {"index": data.index, "programs": data.programs, **questions}
        done = subprocess.run(
            [node, HERE / "check.mjs", folder],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return answered
