"""What the tests of doors share: the same inputs in each run, or others, or seconds of them."""

from __future__ import annotations

import os
import time
from itertools import count

from tests.fuzz.corpus import file_away, known
from tests.fuzz.door import Door, text_of
from tests.fuzz.limits import bounded_memory
from tests.fuzz.runner import tried

__all__ = ["assert_nothing_new"]

#: Variables: what inputs are drawn from, so that a run tries others, and seconds of processor time
#: for each door, in place of a number of inputs.
SEED, SECONDS = "EDGESYM_FUZZ_SEED", "EDGESYM_FUZZ_SECONDS"


def assert_nothing_new(door: Door) -> None:
    """Try a door's inputs: none shows anything but what is known to stand open.

    What is found is made small and filed in found/, where it is tried from then on.
    """
    seconds = float(os.environ.get(SECONDS) or 0)
    drawn, start = os.environ.get(SEED) or "ci", time.process_time()
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
