"""Loops over tokens: of iterations that are alike one is kept, with how often it runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from edgesym.errors import ConfigError
from edgesym.tracing.record import Recorded, Recorder, Seen

__all__ = ["fold"]


def fold(recorder: Recorder, size: Callable[[Any], Any]) -> list[Recorded]:
    """The operations of a run with each loop over tokens as one iteration, and how often it runs.

    The first iteration may differ from the others: then both are kept.

    Args:
        size: an extent as a value that compares equal where it is the same.

    Raises:
        ConfigError: iterations after the first differ, so that their cost is no multiple.
    """
    made: list[Recorded] = []
    renamed: dict[int, Seen] = {}
    moved: dict[int, int] = {}

    def seen(given: Seen) -> Seen:
        if given.identity in renamed:
            return renamed[given.identity]
        return replace(given, storage=moved.get(given.storage, given.storage))

    for loop, ran in groupby(recorder.operations, key=lambda op: op.loop):
        bodies = [list(body) for _, body in groupby(ran, key=lambda op: op.iteration)]
        if not loop or len(bodies) == 1:
            kept = [op for body in bodies for op in body]
        else:
            count, line = recorder.loops[loop]
            first, *others = bodies
            if any(_shapes(body, size) != _shapes(others[0], size) for body in others):
                raise ConfigError(
                    f"{line}: the iterations of this loop over tokens differ from one another, "
                    "so that what it costs is no closed form"
                )
            alike = _shapes(first, size) == _shapes(others[0], size)
            once = [] if alike else first
            body = first if alike else others[0]
            times = count if alike else count - 1
            for other in others:
                for before, after in zip(other, body, strict=True):
                    for old, new in zip(before.outputs, after.outputs, strict=True):
                        renamed.setdefault(old.identity, new)
                        # a view of what the iteration before left behind is of that one's memory
                        if old.storage != new.storage and not before.is_alias:
                            moved.setdefault(old.storage, new.storage)
            kept = [*once, *(replace(op, times=times) for op in body)]
        made += [
            replace(op, inputs=tuple(map(seen, op.inputs)), outputs=tuple(map(seen, op.outputs)))
            for op in kept
        ]
    recorder.moved = moved
    return made


def _shapes(body: Sequence[Recorded], size: Callable[[Any], Any]) -> list[Any]:
    return [
        (op.name, op.path, op.line, *(tuple(map(size, t.shape)) for t in (*op.inputs, *op.outputs)))
        for op in body
    ]
