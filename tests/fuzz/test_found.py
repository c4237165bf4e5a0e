"""What was found once is not found again."""

from __future__ import annotations

import json
from random import Random

import pytest

from tests.fuzz.corpus import kept
from tests.fuzz.door import Door, Wrong, attempt, text_of
from tests.fuzz.doors import DOORS
from tests.fuzz.limits import bounded_memory
from tests.fuzz.mutate import HOSTILE, mutated_data
from tests.fuzz.runner import tried
from tests.fuzz.shrink import shrunk

FOUND = list(kept())


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("path", "row"), FOUND, ids=[path.stem for path, _ in FOUND])
def test_what_was_found_is_answered_or_refused(path, row, request):
    if row.get("open"):
        request.applymarker(pytest.mark.xfail(reason=row["open"], strict=False))
    with bounded_memory():
        found = attempt(DOORS[row["door"]], row["input"])
    assert found is None, text_of(found)


def broken(given):
    """A door that does all that a door must not."""
    if "hang" in given:
        while True:
            pass
    if "wrong" in given:
        raise Wrong("wrong")
    if "exit" in given:
        raise Wrong("code 7", "exit code")
    if "memory" in given:
        raise MemoryError
    if "trace" in given:
        raise KeyError(given)
    if "process" in given:
        import os

        os.system("true")  # noqa: S605 - the guard is to refuse it


BROKEN = Door("broken", lambda random: random.choice(("good", "a trace b")), broken, seconds=0.2)


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ("a hang", "hang"),
        ("wrong", "wrong answer"),
        ("exit", "exit code"),
        ("memory", "memory"),
        ("trace", "traceback"),
        ("process", "traceback"),
    ],
)
def test_a_door_that_breaks_is_found(given, kind):
    found = attempt(BROKEN, given)
    assert found is not None
    assert found.kind == kind


def test_an_answer_is_no_finding():
    assert attempt(BROKEN, "good") is None


def test_what_is_found_is_made_small_and_counted():
    tally = tried(BROKEN, 0, range(50))
    assert tally.inputs == 50
    assert 5 < tally.kinds["traceback"] < 45
    (found,) = tally.findings.values()
    assert found.given == "trace"
    assert json.loads(text_of(found))["input"] == "trace"


def test_the_same_seed_draws_the_same_inputs():
    for door in DOORS.values():
        first = door.given(1, 2)
        assert repr(first) == repr(door.given(1, 2)), door.name


def test_what_values_are_replaced_by_stays_what_it_is():
    before = repr(HOSTILE)
    for number in range(300):
        mutated_data(Random(number), [{"a": [1, [2, {"b": 3}]], "c": {"d": [4]}}])  # noqa: S311 - it draws inputs
    assert repr(HOSTILE) == before


def test_an_input_is_made_small_piece_by_piece():
    given = {"a": [1, 2, {"b": 300}], "c": "text"}
    small = shrunk(given, lambda one: "b" in str(one.get("a")))
    assert small == {"a": [{"b": 0}]}
