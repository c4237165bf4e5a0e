"""Cells: the layers of each block by how they store their weights."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import sympy

from edgesym.architectures.model import Model
from edgesym.architectures.weights import facts_of, layers_of
from edgesym.formats import Formats
from edgesym.formats.assign import Stored
from edgesym.frozen import FrozenMap
from edgesym.graph.block import Block
from edgesym.graph.meaning import Group
from edgesym.graph.tensor import BYTES, Role, Tensor
from edgesym.runtimes import Runtime
from edgesym.runtimes.placement import Place, Section
from edgesym.symbols import symbol

__all__ = [
    "Cell",
    "cells_of",
    "groups_of",
    "kinds_of",
    "left_to_host",
    "shared_in",
    "weights_in",
]


@dataclass(frozen=True, slots=True)
class Cell:
    """Layers of one block that store their weights alike.

    Attributes:
        layers: the index of each; none where the block is no layer.
        count: how many they are.
        stored: tensor -> the format that they store it in.
    """

    block: str
    layers: tuple[int, ...]
    count: sympy.Expr
    stored: FrozenMap[str, Stored]

    def section(self, count: sympy.Expr, place: Place = Place.DEVICE) -> Section:
        """So many of its layers in one place."""
        widths = {name: stored.width for name, stored in self.stored.items()}
        return Section(count, place, widths=FrozenMap(widths))


def cells_of(model: Model, formats: Formats) -> tuple[list[Cell], dict[sympy.Symbol, int]]:
    """The layers of every block by how they store their weights, and numbers that count them."""
    stored = formats.assigned.stored
    if not stored:
        main, width = formats.weights.main.name, BYTES[Role.WEIGHT]
        stored = FrozenMap(
            (name, (Stored(main, weight.rows, width),))
            for weight in facts_of(model).weights
            for name in weight.names
        )
    layers, numbers, cells = layers_of(model), dict[sympy.Symbol, int](), list[Cell]()
    for block in model.blocks():
        mine = {name: found for (of, name), found in stored.items() if of == block.name}
        cells += _of_block(block, mine, layers.get(block.name, ()), numbers)
    return cells, numbers


def _of_block(
    block: Block,
    stored: Mapping[str, tuple[Stored, ...]],
    layers: tuple[int, ...],
    numbers: dict[sympy.Symbol, int],
) -> Iterator[Cell]:
    """The cells of one block."""
    alike: dict[tuple[Stored, ...], list[int]] = {}
    for layer in layers or (-1,):
        chosen = tuple(
            next(each for each in found if not each.layers or layer in each.layers)
            for found in stored.values()
        )
        alike.setdefault(chosen, []).append(layer)
    known = {
        each.layers: sympy.cancel(each.share * block.repeat)
        for found in stored.values()
        for each in found
        if each.layers
    }
    for place, (chosen, having) in enumerate(alike.items()):
        count: sympy.Expr = block.repeat
        if len(alike) > 1:
            stack = block.repeat.name.partition("_")[2]
            own = symbol("layers", "_".join(filter(None, (stack, f"mix{place + 1}"))))
            count = known.get(frozenset(having), own)
            numbers |= {own: len(having)} if count is own else {}
        formats = dict(zip(stored, chosen, strict=True))
        yield Cell(block.name, tuple(having) if layers else (), count, FrozenMap(formats))


def kinds_of(model: Model) -> dict[int, str]:
    """Layer -> the block that it is."""
    return {layer: kind for kind, layers in layers_of(model).items() for layer in layers}


def weights_in(block: Block) -> Iterator[Tensor]:
    """The weights of a block, as often as its operations read them."""
    for operation in block.operations:
        yield from (tensor for tensor in operation.inputs if tensor.role is Role.WEIGHT)


def groups_of(model: Model) -> dict[str, dict[str, Group]]:
    """Block -> what each of its weights is."""
    return {
        block.name: {t.name: t.group or Group.LINEAR for t in weights_in(block)}
        for block in model.blocks()
    }


def shared_in(model: Model) -> Iterator[str]:
    """Weights that layers share."""
    layered = set(layers_of(model))
    for block in model.blocks():
        if block.name in layered:
            yield from (t.name for t in weights_in(block) if t.copies is not None)


def left_to_host(
    runtime: Runtime, cells: Iterable[Cell], made: Mapping[str, list[Section]]
) -> dict[str, tuple[Section, ...]]:
    """The sections of all blocks, with the weights on the host that the runtime does not run."""
    found: dict[str, tuple[Section, ...]] = {name: tuple(each) for name, each in made.items()}
    if not runtime.rest:
        return found
    by_block: dict[str, list[Cell]] = {}
    for cell in cells:
        by_block.setdefault(cell.block, []).append(cell)
    for block, own in by_block.items():
        idle = [
            {n: Place.HOST for n, s in cell.stored.items() if not runtime.runs(s.found, s.rows)}
            for cell in own
        ]
        if not any(idle):
            continue
        if block not in made:
            found[block] = tuple(
                replace(cell.section(cell.count), apart=FrozenMap(apart))
                for cell, apart in zip(own, idle, strict=True)
            )
            continue
        # sections of a cell have its widths
        apart_of = {c.section(c.count).widths: a for c, a in zip(own, idle, strict=True)}
        found[block] = tuple(
            replace(section, apart=FrozenMap({**apart_of.get(section.widths, {}), **section.apart}))
            for section in made[block]
        )
    return found
