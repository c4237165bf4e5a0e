"""What lies where while a run is lifted to blocks, and what becomes of one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sympy

from edgesym.graph.operation import Operation
from edgesym.graph.tensor import Tensor

__all__ = ["Lifted", "Memory"]


@dataclass(slots=True)
class Memory:
    """What lies where, over all blocks of a run.

    Attributes:
        size: an extent over our symbols.
        own: an extent of a weight over our symbols.
        weights: storage -> name and shape of a parameter.
        cached: storages that an earlier step left behind.
        kept: storage -> shape of what this step leaves behind.
        classes: path of a module -> its class.
        stored: storages of parameters that a block before stores.
        live: storages of what follows from weights or caches.
        covered: how many operations make each storage of what the call leaves behind.
        shared: storages of parameters that layers of one kind share.
        averages: numbers of rows that are picked for one expert, on average.
        copies: how often a weight is stored that no block before stores, of layers that run
            again; None where it is once for each.
        kinds: operator of the user's own and shapes of its arguments -> the kind of its symbol.
        is_of_source: whether what runs reads new source tokens alone, of which a cache is kept.
    """

    size: Callable[[Any], sympy.Expr]
    own: Callable[[Any], sympy.Expr]
    weights: Mapping[int, tuple[str, tuple[Any, ...]]]
    cached: frozenset[int]
    kept: Mapping[int, tuple[Any, ...]]
    classes: Mapping[str, str]
    stored: set[int] = field(default_factory=set)
    live: set[int] = field(default_factory=set)
    covered: Counter[int] = field(default_factory=Counter)
    shared: frozenset[int] = frozenset()
    averages: frozenset[sympy.Expr] = frozenset()
    copies: sympy.Expr | None = None
    kinds: dict[tuple[Any, ...], str] = field(default_factory=dict)
    is_of_source: bool = False

    def shape(self, extents: Sequence[Any]) -> tuple[sympy.Expr, ...]:
        """Extents over our symbols."""
        return tuple(self.size(extent) for extent in extents)


@dataclass(frozen=True, slots=True)
class Lifted:
    """A block's operations, what enters it and what leaves it.

    Attributes:
        lines: part -> file and line of the code that ran it.
    """

    operations: tuple[Operation, ...]
    entries: tuple[Tensor, ...]
    exits: tuple[Tensor, ...]
    lines: Mapping[str, str]
