"""A process ends in time, and with the one that asked for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from edgesym.measuring.process import in_process

STEP = """
import sys, time
from pathlib import Path
from edgesym.measuring.process import leave
step, path = sys.argv[1], Path(sys.argv[2])

def wait():
    Path(path.read_text()).write_text(str(__import__("os").getpid()))
    time.sleep(60)
    return {}

leave(step, path, {"wait": wait, "fail": lambda: 1 / 0, "answer": lambda: {"found": 1}}[step])
"""
ASK = """
from pathlib import Path
from edgesym.measuring.process import in_process
in_process("steps_of_a_test", "wait", Path("job"), "pid", 1)
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A module with steps, which the processes find."""
    (tmp_path / "steps_of_a_test.py").write_text(STEP, "utf-8")
    paths = [str(tmp_path), *filter(None, sys.path)]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    monkeypatch.chdir(tmp_path)
    return "steps_of_a_test"


def test_what_a_step_finds_is_handed_back(module, tmp_path):
    assert in_process(module, "answer", tmp_path / "job", "", 1) == {"found": 1}


def test_what_a_step_raises_is_its_reason(module, tmp_path):
    found = in_process(module, "fail", tmp_path / "job", "", 1)
    assert found == {"state": "failed", "reason": "ZeroDivisionError: division by zero"}


def test_a_step_that_takes_too_long_is_ended(module, tmp_path):
    found = in_process(module, "wait", tmp_path / "job", "pid", 1, most=2)
    assert found == {"state": "failed", "reason": "took longer than 2 s, and was ended"}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="prctl is of Linux")
def test_a_step_ends_with_the_process_that_asked(module, tmp_path):
    asking = subprocess.Popen([sys.executable, "-c", ASK])
    written = tmp_path / "pid"
    for _ in range(300):
        if written.exists() and written.read_text():
            break
        time.sleep(0.1)
    asking.kill()
    asking.wait()
    for _ in range(100):
        try:
            os.kill(int(written.read_text()), 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    os.kill(int(written.read_text()), signal.SIGKILL)
    pytest.fail("the step outlived the process that asked for it")
