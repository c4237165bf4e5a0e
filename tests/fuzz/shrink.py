"""Making an input small that shows something, while it shows the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["shrunk"]


def shrunk(given: Any, shows: Callable[[Any], bool], most: int = 400) -> Any:
    """The smallest input found in ``most`` tries that still shows it: pieces go, values go plain.

    >>> shrunk({"a": [1, 2, 300], "b": "text"}, lambda given: 300 in given.get("a", []))
    {'a': [300]}
    """
    tried, goes_on = 0, True
    while goes_on and tried < most:
        goes_on = False
        for simpler in _simpler(given):
            tried += 1
            if shows(simpler):
                given, goes_on = simpler, True
                break
            if tried >= most:
                break
    return given


def _simpler(given: Any) -> Iterator[Any]:
    """Simpler values, those that save the most first."""
    match given:
        case str() | bytes() | list():
            size = len(given)
            while size:
                for at in range(0, len(given), size):
                    yield given[:at] + given[at + size :]
                size //= 2
        case dict():
            for key in given:
                yield {k: v for k, v in given.items() if k != key}
        case bool() | None:
            return
        case int():
            yield from (n for n in (0, 1, 2, given // 2) if abs(n) < abs(given))
        case float():
            yield from (n for n in (0, 1, 2) if n != given and abs(n) < abs(given))
    if isinstance(given, list):
        for at, item in enumerate(given):
            for simpler in _simpler(item):
                yield [*given[:at], simpler, *given[at + 1 :]]
    if isinstance(given, dict):
        for key, item in given.items():
            for simpler in _simpler(item):
                yield {**given, key: simpler}
