"""Copies as a pass over a block: what a runtime does not make is another look at its source.

Code written operation by operation copies: keys and values for each head of a group, tensors laid
out anew or cast, rows gathered for experts. A runtime whose kernels read the source where it lies
makes none of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

import sympy

from edgesym.graph.block import Block, assembled
from edgesym.graph.meaning import Purpose
from edgesym.graph.operation import Operation
from edgesym.graph.tensor import Role, Tensor

__all__ = ["is_copy", "without_copies"]

#: Blocks remembered: those of some hundred models, in a few phases.
_REMEMBERED = 1024


def is_copy(operation: Operation) -> bool:
    """Whether an operation copies one tensor, and joins or makes none."""
    return operation.family == "copy" and len(_sources(operation)) == 1


def _sources(operation: Operation) -> list[Tensor]:
    return [t for t in operation.inputs if t.role is not Role.TOKEN]


@lru_cache(maxsize=_REMEMBERED)
def without_copies(block: Block, dropped: frozenset[Purpose]) -> Block:
    """A block in which copies of these purposes are views of what they copy.

    What reads a copy then reads its source: of keys repeated for each head, the keys once.
    """
    if not any(op.purpose in dropped and is_copy(op) for op in block.operations):
        return block
    return assembled(block, list(_renewed(block.operations, dropped)))


def _renewed(operations: Sequence[Operation], dropped: frozenset[Purpose]) -> Iterator[Operation]:
    """The operations, with what follows from a dropped copy as its source is."""
    known: dict[str, Tensor] = {}
    for operation in operations:
        inputs = tuple(_like(t, known) for t in operation.inputs)
        drops = operation.purpose in dropped and is_copy(operation)
        if not drops and operation.family != "view":
            yield replace(operation, inputs=inputs)
            continue
        source = next(t for t in inputs if t.role is not Role.TOKEN or not drops)
        made = operation.outputs[0]
        if drops or source.name in known:
            made = known[made.name] = _seen(source, made)
        yield replace(
            operation,
            family="view",
            function="copy" if drops else operation.function,
            inputs=(source,) if drops else inputs,
            outputs=(made, *operation.outputs[1:]),
            purpose=Purpose.VIEW,
        )


def _like(tensor: Tensor, known: Mapping[str, Tensor]) -> Tensor:
    """A tensor as an operation reads it, with the role and the reads of what it is a view of."""
    source = known.get(tensor.name)
    return tensor if source is None else _seen(source, replace(tensor, touched=None))


def _seen(source: Tensor, view: Tensor) -> Tensor:
    """A view of a source: a read moves the elements of the source that it shows, each once."""
    whole = source.moved if source.elements == view.elements else None
    if whole is None:
        share = sympy.cancel(source.moved / source.elements)
        whole = view.elements * share
    touched = None if whole == view.elements else whole
    copies = sympy.Integer(0) if source.role is Role.WEIGHT else None
    return replace(
        view, role=source.role, group=source.group, touched=touched, cache=None, copies=copies
    )
