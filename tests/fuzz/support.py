"""What the tests of doors share."""

from __future__ import annotations

from tests.fuzz.corpus import known
from tests.fuzz.door import Door, text_of
from tests.fuzz.limits import bounded_memory
from tests.fuzz.runner import tried

__all__ = ["assert_nothing_new"]


def assert_nothing_new(door: Door) -> None:
    """Try a door's inputs: none shows anything but what is known to stand open."""
    with bounded_memory():
        tally = tried(door, "ci", range(door.inputs), shrinks=False)
    new = [text_of(found) for key, found in tally.findings.items() if key not in known()]
    assert not new, "".join(new)
