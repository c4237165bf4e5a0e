"""The weights of a model as recipes tell them apart, read from its graph and its integers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

import sympy

from edgesym.architectures.model import Model
from edgesym.errors import ConfigError
from edgesym.formats import Facts, Weight
from edgesym.graph.block import Block
from edgesym.graph.einsum import axes_of
from edgesym.graph.meaning import Group, Purpose
from edgesym.graph.operation import Operation
from edgesym.graph.tensor import Role, Tensor
from edgesym.symbols import symbol

__all__ = ["facts_of", "layers_of"]

_REMEMBERED = 256
#: Layers that are told apart one by one: more than any model has.
_DEEPEST = 100_000


@lru_cache(maxsize=_REMEMBERED)
def facts_of(model: Model) -> Facts:
    """What recipes ask of a model.

    >>> from edgesym.architectures.locate import load
    >>> facts = facts_of(load("llama-3.2-1b"))
    >>> facts.gqa, facts.tied, len(facts.weights)
    (4, True, 11)
    """
    values = model.values
    layers = layers_of(model)
    found: dict[tuple[str, str], Weight] = {}
    aliases: dict[str, list[tuple[str, str, Purpose]]] = {}
    for block in model.blocks():
        for operation, tensor in _read(block):
            key = (block.name, tensor.name)
            if tensor.copies == 0:
                aliases.setdefault(tensor.name, []).append((*key, operation.purpose))
            elif key in found:
                known = found[key]
                found[key] = replace(known, purposes=known.purposes | {operation.purpose})
            else:
                shared = tensor.copies is not None
                having = () if shared else layers.get(block.name, ())
                found[key] = _weight(block, operation, tensor, having, model)
    weights = [_joined(weight, aliases) for weight in found.values()]
    gqa = values.get(symbol("heads"), 1) // values.get(symbol("kv_heads"), 1)
    return Facts(
        weights=tuple(weights),
        architecture=model.architecture,
        dtype=model.dtype,
        layers=sum(count for _, count in model.order),
        gqa=max(gqa, 1),
        experts=values.get(symbol("experts"), 0),
        vocab=values.get(symbol("vocab"), 0),
        tied=any(w.group is Group.EMBEDDING and Purpose.HEAD in w.purposes for w in weights),
        rope_factors=model.rope_factors,
    )


def layers_of(model: Model) -> dict[str, tuple[int, ...]]:
    """Kind of block -> the indices of its layers.

    >>> from edgesym.architectures.locate import load
    >>> layers_of(load("deepseek-v3"))["dense"]
    (0, 1, 2)

    Raises:
        ConfigError: more layers than are told apart.
    """
    depth = sum(count for _, count in model.order)
    if depth > _DEEPEST:
        raise ConfigError(
            f"{model.origin}: {depth} layers; at most {_DEEPEST} where weights are told apart"
        )
    found: dict[str, list[int]] = {}
    first = 0
    for kind, count in model.order:
        found.setdefault(kind, []).extend(range(first, first + count))
        first += count
    return {kind: tuple(layers) for kind, layers in found.items()}


def _read(block: Block) -> Iterator[tuple[Operation, Tensor]]:
    """Every weight of a block, with each operation that reads it."""
    for operation in block.operations:
        for tensor in operation.inputs:
            if tensor.role is Role.WEIGHT:
                yield operation, tensor


def _joined(weight: Weight, aliases: dict[str, list[tuple[str, str, Purpose]]]) -> Weight:
    """A weight with the blocks that read it and do not store it."""
    name = weight.names[0][1]
    others = aliases.get(name, [])
    names = dict.fromkeys((*weight.names, *((block, tensor) for block, tensor, _ in others)))
    purposes = weight.purposes | {purpose for *_, purpose in others}
    return replace(weight, names=tuple(names), purposes=purposes)


def _weight(
    block: Block, operation: Operation, tensor: Tensor, layers: tuple[int, ...], model: Model
) -> Weight:
    matrices, rows, row = _extents(operation, tensor)
    integers = {made: sympy.Integer(n) for made, n in model.values.items()}

    def number(extent: sympy.Expr) -> int:
        value = extent.xreplace(integers)
        if not value.is_Integer:
            raise ConfigError(
                f"{model.name}: {tensor.name} is {extent} long, which is {value}, no whole number"
            )
        return int(value)

    of_tower = any(block.name in tower.blocks for tower in model.towers)
    return Weight(
        block=block.name,
        names=((block.name, tensor.name),),
        group=tensor.group or Group.LINEAR,
        purposes=frozenset((operation.purpose,)),
        matrices=number(matrices),
        rows=number(rows),
        row=number(row),
        layers=layers,
        repeat=block.repeat,
        extents=(matrices, rows, row),
        times=number(block.repeat) if of_tower else 1,
        is_tower=of_tower,
    )


def _extents(operation: Operation, tensor: Tensor) -> tuple[sympy.Expr, sympy.Expr, sympy.Expr]:
    """Matrices, outputs of one, and inputs of one, of a weight that an operation reads.

    The inputs are the axes that a contraction sums over; an axis that the other side and the
    result have too, or of which some are picked, counts matrices.
    """
    one = sympy.Integer(1)
    if operation.family != "contraction":
        *rows, row = tensor.shape or (one,)
        return one, sympy.Mul(*rows), row
    operands = axes_of(operation.function)
    place = next(i for i, t in enumerate(operation.inputs) if t.name == tensor.name)
    result, mine = operands[-1], operands[place]
    others = {axis for i, axes in enumerate(operands[:-1]) if i != place for axis in axes}
    matrices, rows, row = one, one, one
    for axis, extent in zip(mine, tensor.shape, strict=True):
        if "/" in axis or (axis in result and axis in others):
            matrices *= extent
        elif axis in result:
            rows *= extent
        else:
            row *= extent
    return matrices, rows, row
