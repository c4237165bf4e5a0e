"""Caches and states that code writes where they lie."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from edgesym.graph.operation import Operation
from edgesym.graph.tensor import Role

__all__ = ["in_place"]


def in_place(operations: Sequence[Operation]) -> list[Operation]:
    """Operations that write a cache or a state where it lies: what it held is no input of theirs.

    The cache says itself what it held, and whoever reads it reads that. A state that nothing else
    reads is read where it is replaced.
    """
    held = (Role.CACHE, Role.STATE)
    read = Counter(t.name for op in operations for t in op.inputs if t.role in held)
    found = []
    for op in operations:
        inputs = tuple(
            t for t in op.inputs if t.role not in held or not (_is_grown(op) or read[t.name] > 1)
        )
        found.append(replace(op, inputs=inputs or op.inputs) if op.family == "append" else op)
    return found


def _is_grown(op: Operation) -> bool:
    made = op.outputs[0].cache
    return made is not None and made.held != made.kept
