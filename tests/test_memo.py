"""Memos: one evaluation per key, bounded, the same from many threads, errors not remembered."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from edgesym.errors import ConfigError
from edgesym.memo import memo


def test_one_evaluation_per_key():
    asked = []

    @memo(key=lambda text, **_: text.lower(), size=8)
    def first(text, *, said=""):
        asked.append(text)
        return text[0]

    assert [first("Ab", said="x"), first("aB"), first("b")] == ["A", "A", "b"]
    assert asked == ["Ab", "b"]


def test_what_was_not_asked_for_longest_goes_first():
    asked = []
    square = memo(key=lambda n: n, size=2)(lambda n: asked.append(n) or n * n)
    for number in (1, 2, 1, 3, 1, 2):
        assert square(number) == number**2
    assert asked == [1, 2, 3, 2]


def test_an_error_is_raised_anew_with_what_was_asked_of():
    @memo(key=lambda name: 0, size=2)
    def refuse(name):
        raise ConfigError(f"{name} has none")

    for name in ("one", "other"):
        with pytest.raises(ConfigError, match=f"{name} has none"):
            refuse(name)


def test_threads_get_one_object():
    made = memo(key=lambda n: n % 7, size=100)(lambda n: [n % 7])
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(made, range(700)))
    assert all(item is made(number) for number, item in enumerate(found))
