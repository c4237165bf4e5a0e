"""Public functions from Python: hostile values, and what one gives handed to others."""

from __future__ import annotations

import inspect
import pickle
import re
from functools import cache
from random import Random
from typing import Any

import numpy as np

from edgesym.errors import EdgesymError
from tests.fuzz.door import Door, Wrong
from tests.fuzz.doors.command import apart
from tests.test_domains import EXAMPLES, FUNCTIONS, hostile, outcome

#: Functions of seconds, which make other doors slow enough.
_SLOW = {"edgesym.compression.measured_document", "edgesym.validation.validate"}
_CALLED = sorted(EXAMPLES.keys() - _SLOW)
#: What answers show of themselves.
_SHOWN = ("_repr_html_", "_repr_markdown_", "_repr_latex_", "as_json")


@cache
def _parameters(called: str) -> tuple[str, ...]:
    return tuple(inspect.signature(FUNCTIONS[called]).parameters)


def _draw(random: Random) -> list[Any]:
    """Calls, one after the other: of each the function, and what is put in place of arguments."""
    steps: list[Any] = []
    for number in range(random.choice((1, 2, 3, 4))):
        called = random.choice(_CALLED)
        names = _parameters(called)
        put: dict[str, Any] = {}
        for name in random.sample(names, min(len(names), random.choice((0, 1, 1, 2)))):
            if number and random.random() < 0.6:
                put[name] = {"of": random.randrange(number)}
            else:
                put[name] = {"hostile": random.randrange(len(hostile()))}
        steps.append([called, put, random.random() < 0.3])
    return steps


def _enter(given: list[Any]) -> None:
    made: list[Any] = []
    with apart():
        for called, put, is_shown in filter(_is_step, given):
            arguments = {**EXAMPLES[called]()}
            for name, what in put.items():
                if "hostile" in what:
                    arguments[name] = hostile()[what["hostile"]][1]
                elif what["of"] < len(made):
                    arguments[name] = made[what["of"]]
            try:
                found = outcome(called, arguments)
                if is_shown:
                    _show(called, found)
            except EdgesymError as refused:
                _judge_words(called, str(refused))
                made.append(None)
                continue
            _judge(called, found, put)
            made.append(found)


def _is_step(step: Any) -> bool:
    """Whether a step is one: what is made smaller may be none."""
    return isinstance(step, list) and len(step) == 3 and step[0] in FUNCTIONS


def _judge_words(called: str, said: str) -> None:
    if not said.strip() or len(said) > 100_000:
        raise Wrong(f"{called}: an error of {len(said)} characters", "words", called)


def _judge(called: str, found: Any, put: dict[str, Any]) -> None:
    """A number is one; where nothing hostile was put in, it is finite."""
    is_number = isinstance(found, float | np.floating)
    if is_number and np.isnan(found) and not put:
        raise Wrong(f"{called} is {found}", place=called)


def _show(called: str, found: Any) -> None:
    """An answer shows itself, and is the same value when it comes back from another process."""
    repr(found)
    for name in _SHOWN:
        show = getattr(type(found), name, None)
        if show is not None:
            show(found)
    if not re.match(r"edgesym\.", type(found).__module__):
        return
    again = pickle.loads(pickle.dumps(found))  # noqa: S301 - it is our own
    if type(found).__eq__ is not object.__eq__ and again != found:
        raise Wrong(f"{called}: a {type(found).__name__} comes back as another", place=called)


DOORS = (Door("calls", _draw, _enter, 250, 20.0),)
