"""Hostile inputs at the doors of :mod:`tests.fuzz.doors.calls`."""

from __future__ import annotations

import pytest

from tests.fuzz.doors.calls import DOORS
from tests.fuzz.support import assert_nothing_new


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("door", DOORS, ids=[door.name for door in DOORS])
def test_every_input_is_answered_or_refused(door):
    assert_nothing_new(door)
