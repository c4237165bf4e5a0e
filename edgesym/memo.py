"""Memos keyed by values: one evaluation per fact, whatever object asks for it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import wraps
from threading import Lock
from typing import ParamSpec, TypeVar

__all__ = ["memo"]

P = ParamSpec("P")
T = TypeVar("T")


def memo(key: Callable[P, Hashable], size: int) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Remember what a pure function gives, by a key made of its arguments.

    ``functools.lru_cache`` with a key: arguments that differ in what does not decide the result
    (a model's name) share it. The function runs with the arguments of whoever asks first, outside
    the lock, so that an error names what was asked of and is not remembered.

    Args:
        key: from the arguments to what decides the result.
        size: results kept; the one that was not asked for longest goes first.

    >>> half = memo(key=abs, size=2)(lambda number: abs(number) / 2)
    >>> half(-3), half(3)
    (1.5, 1.5)
    """

    def remembering(function: Callable[P, T]) -> Callable[P, T]:
        known: OrderedDict[Hashable, T] = OrderedDict()
        lock = Lock()

        @wraps(function)
        def remembered(*args: P.args, **kwargs: P.kwargs) -> T:
            wanted = key(*args, **kwargs)
            with lock:
                if wanted in known:
                    known.move_to_end(wanted)
                    return known[wanted]
            result = function(*args, **kwargs)
            with lock:
                result = known.setdefault(wanted, result)
                while len(known) > size:
                    known.popitem(last=False)
            return result

        remembered.cache_clear = known.clear  # type: ignore[attr-defined]
        return remembered

    return remembering
