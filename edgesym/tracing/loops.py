"""Loops over tokens: of iterations that are alike one is kept, with how often it runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from itertools import groupby
from typing import Any

import sympy

from edgesym.errors import ConfigError
from edgesym.graph.operation import Operation
from edgesym.graph.tensor import Role, Tensor
from edgesym.tracing.record import Recorded, Recorder, Seen

__all__ = ["fold", "looped"]


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


def looped(operation: Operation, times: sympy.Expr, inner: AbstractSet[str]) -> Operation:
    """An operation that a loop over tokens runs several times: an axis more for each tensor.

    Args:
        inner: names of what is made in loops; a view of anything else is a part of it.
    """

    def each(given: Tensor) -> Tensor:
        if given.role is Role.WEIGHT:
            return given
        touched = None if given.touched is None else times * given.touched
        return replace(given, shape=(times, *given.shape), touched=touched)

    function = operation.function
    if operation.family == "contraction":
        left, _, out = function.partition("->")
        sides = zip(left.split(","), operation.inputs, strict=True)
        words = [side if t.role is Role.WEIGHT else f"y {side.strip()}" for side, t in sides]
        function = f"{', '.join(words)} -> y {out.strip()}"
    is_view = operation.family == "view"
    return replace(
        operation,
        function=function,
        inputs=tuple(t if is_view and t.name not in inner else each(t) for t in operation.inputs),
        outputs=tuple(map(each, operation.outputs)),
    )


def _shapes(body: Sequence[Recorded], size: Callable[[Any], Any]) -> list[Any]:
    return [
        (op.name, op.path, op.line, *(tuple(map(size, t.shape)) for t in (*op.inputs, *op.outputs)))
        for op in body
    ]
