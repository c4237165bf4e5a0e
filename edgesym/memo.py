"""Memos keyed by values: one evaluation per fact, whatever object asks for it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import wraps
from threading import Lock
from typing import Any, ParamSpec, TypeVar

__all__ = ["Key", "memo"]

P = ParamSpec("P")
T = TypeVar("T")


class Key:
    """What decides a result, hashed once: large values take long to hash.

    >>> Key(("llama-3.2-1b", 16)) == Key(("llama-3.2-1b", 16))
    True
    """

    __slots__ = ("_hash", "decides")

    def __init__(self, decides: Hashable) -> None:
        self.decides = decides
        self._hash = hash(decides)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, Key) and self.decides == other.decides

    def __reduce__(self) -> tuple[Any, ...]:
        """What decides alone: a hash of text is another one in another process."""
        return Key, (self.decides,)


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
        known: OrderedDict[Key, T] = OrderedDict()
        lock = Lock()

        @wraps(function)
        def remembered(*args: P.args, **kwargs: P.kwargs) -> T:
            decides = key(*args, **kwargs)
            wanted = decides if isinstance(decides, Key) else Key(decides)
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
