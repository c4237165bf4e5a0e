"""The weight of an expression out of text."""

from __future__ import annotations

import sys
import threading
from random import Random

import pytest
import sympy

from edgesym.notation import bounds


@pytest.fixture
def switching(monkeypatch):
    """Threads that take turns often, and weights that are soon forgotten."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    monkeypatch.setattr(bounds, "_REMEMBERED", 50)
    yield
    sys.setswitchinterval(before)


def test_threads_that_forget_weights_leave_those_of_others(switching):
    letters, failed = sympy.symbols("x0:30"), []

    def weigh(seed):
        drawn = Random(seed)  # noqa: S311 - expressions, no secrets
        try:
            for _ in range(100):
                terms = [drawn.choice(letters) ** 2 / (1 + drawn.choice(letters)) for _ in range(9)]
                bounds.weight(sympy.Add(*terms))
        except KeyError as error:
            failed.append(error)

    threads = [threading.Thread(target=weigh, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
