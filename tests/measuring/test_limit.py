"""The memory limit: what does not fit fails, in a process of its own, and is lifted afterwards."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
from edgesym.measuring.limit import Memory, limited
memory = Memory()
with limited(64 << 20):
    small = bytearray(b"x") * (16 << 20)
    try:
        bytearray(128 << 20)
        print("took")
    except MemoryError:
        print("refused")
print(16 << 20 <= memory.resident <= 20 << 20, memory.peak >= 16 << 20)
del small
large = bytearray(128 << 20)
print("lifted")
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits memory on Linux alone")
def test_memory_is_limited_measured_and_lifted():
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    assert ran.stdout.split() == ["refused", "True", "True", "lifted"]
