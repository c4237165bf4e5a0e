"""What the tests of doors share: inputs that each commit draws anew, or so many seconds of them."""

from __future__ import annotations

import os
import subprocess
import time
from functools import cache
from itertools import count
from pathlib import Path

from tests.fuzz.corpus import file_away, known
from tests.fuzz.door import Door, text_of
from tests.fuzz.limits import bounded_memory
from tests.fuzz.runner import tried

__all__ = ["assert_nothing_new", "seed"]

#: Variables: what inputs are drawn from, in place of the commit, and seconds of processor time for
#: each door, in place of a number of inputs.
SEED, SECONDS = "EDGESYM_FUZZ_SEED", "EDGESYM_FUZZ_SECONDS"


@cache
def seed() -> str:
    """What inputs are drawn from: as asked, else the commit, so that each tries others."""
    asked = os.environ.get(SEED, "")
    if asked:
        return asked
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "--short=12", "HEAD"]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:  # a copy of the files, where there is no git
        return "ci"
    return ran.stdout.strip() or "ci"


def assert_nothing_new(door: Door) -> None:
    """Try a door's inputs: none shows anything but what is known to stand open.

    What is found is made small and filed in found/, where it is tried from then on.
    """
    seconds = float(os.environ.get(SECONDS) or 0)
    drawn, start = seed(), time.process_time()
    numbers = count() if seconds else range(door.inputs)
    with bounded_memory():
        tally = tried(
            door,
            drawn,
            numbers,
            until=lambda: bool(seconds) and time.process_time() - start > seconds,
        )
    new = [found for key, found in tally.findings.items() if key not in known()]
    said = [f"{SEED}={drawn}; {file_away(found).name}:\n{text_of(found)}" for found in new]
    assert not said, "".join(said)
