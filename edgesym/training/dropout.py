"""Dropout as a pass over the operations of a block."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from edgesym.graph.block import Block, assemble
from edgesym.graph.convention import Convention
from edgesym.graph.meaning import Purpose
from edgesym.graph.operation import Operation
from edgesym.graph.tensor import Tensor

__all__ = ["Dropped", "with_dropout"]

#: Blocks remembered: those of a few models; one quantity of training asks for each many times.
_REMEMBERED = 64


@dataclass(frozen=True, slots=True)
class Dropped:
    """A block with dropout.

    Attributes:
        homes: the part of each dropout -> the part that it follows, and is counted with.
    """

    block: Block
    homes: dict[str, str]


@lru_cache(maxsize=_REMEMBERED)
def with_dropout(block: Block, counting: Convention) -> Dropped:
    """A block with dropout where the first transformers had it.

    On what the embedding gives, on the softmax of attention, and on what a sublayer adds
    to the residual stream (Vaswani et al. 2017, arXiv:1706.03762, section 5.4; GPT-2).
    """
    named: dict[str, Tensor] = {}
    homes: dict[str, str] = {}
    operations = list(_inserted(block, named, homes))
    exits = tuple(named.get(t.name, t) for t in block.exits)
    made = assemble(block.name, block.repeat, operations, (block.entries, exits), counting)
    return Dropped(made, homes)


def _inserted(block: Block, named: dict[str, Tensor], homes: dict[str, str]) -> Iterator[Operation]:
    leaving = {t.name for t in block.exits}
    embeds = any(operation.purpose is Purpose.EMBEDDING for operation in block.operations)

    def dropped(tensor: Tensor, operation: Operation) -> Operation:
        made = Tensor(f"{operation.part}_dropout", tensor.shape)
        named[tensor.name] = made
        homes[made.name] = operation.part
        core = Purpose.SOFTMAX if operation.purpose is Purpose.SOFTMAX else Purpose.ELEMENTWISE
        return Operation(made.name, "pointwise", "dropout", (tensor,), (made,), core)

    for operation in block.operations:
        inputs = tuple(named.get(t.name, t) for t in operation.inputs)
        if operation.purpose is Purpose.RESIDUAL:
            branch = dropped(inputs[1], operation)
            yield branch
            inputs = (inputs[0], *branch.outputs, *inputs[2:])
        yield replace(operation, inputs=inputs)
        made = operation.outputs[0]
        if operation.purpose is Purpose.SOFTMAX or (embeds and made.name in leaving):
            yield dropped(made, operation)
