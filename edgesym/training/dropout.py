"""Dropout as a pass over the operations of a block."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from edgesym.graph.block import Block
from edgesym.graph.meaning import attention_core
from edgesym.graph.operation import Operation
from edgesym.graph.tensor import Tensor

__all__ = ["with_dropout"]


def with_dropout(block: Block) -> tuple[list[Operation], tuple[Tensor, ...]]:
    """The operations and exits of a block, with dropout where the first transformers had it.

    On what the embedding gives, on the softmax of attention, and on what a sublayer adds
    to the residual stream (Vaswani et al. 2017, arXiv:1706.03762, section 5.4; GPT-2).
    """
    named: dict[str, Tensor] = {}
    operations = list(_inserted(block, named))
    return operations, tuple(named.get(t.name, t) for t in block.exits)


def _inserted(block: Block, named: dict[str, Tensor]) -> Iterator[Operation]:
    leaving = {t.name for t in block.exits}
    core = attention_core(block.operations)
    embeds = any(operation.family == "lookup" for operation in block.operations)

    def dropped(tensor: Tensor, part: str) -> Operation:
        made = Tensor(f"{part}_dropout", tensor.shape)
        named[tensor.name] = made
        return Operation(made.name, "pointwise", "dropout", (tensor,), (made,))

    for operation in block.operations:
        inputs = tuple(named.get(t.name, t) for t in operation.inputs)
        if operation.part.endswith(".residual"):
            branch = dropped(inputs[1], operation.part)
            yield branch
            inputs = (inputs[0], *branch.outputs, *inputs[2:])
        yield replace(operation, inputs=inputs)
        made = operation.outputs[0]
        scored = operation.part in core and operation.part.endswith(".softmax")
        if scored or (embeds and made.name in leaving):
            yield dropped(made, operation.part)
