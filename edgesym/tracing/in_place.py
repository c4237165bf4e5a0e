"""What traced code writes where it lies: caches that grow, states that are replaced."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import sympy

from edgesym.graph.operation import Operation
from edgesym.graph.tensor import Role
from edgesym.symbols import symbol
from edgesym.tracing.record import Seen

__all__ = ["grows", "held_as", "in_place"]

#: Words of the extents that grow from step to step.
_TOKENS = (
    "cached_tokens",
    "new_tokens",
    "window",
    "source_tokens",
    "new_source_tokens",
    "cached_source_tokens",
)


def grows(shape: Sequence[sympy.Expr]) -> bool:
    """Whether a tensor's size depends on tokens."""
    tokens = set(map(symbol, _TOKENS))
    return any(extent.free_symbols & tokens for extent in shape)


def held_as(seen: Seen) -> Role:
    """Between steps: in a format of its own, such as a recurrent state's, or a cache."""
    return Role.STATE if seen.is_wide else Role.CACHE


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
