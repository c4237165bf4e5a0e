"""Liveness: how much activation memory a block needs at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import sympy

from edgesym.graph.block import Block
from edgesym.graph.kernels import Kernel
from edgesym.graph.meaning import Purpose
from edgesym.graph.tensor import Role, Tensor

__all__ = ["NEEDED", "Holding", "held_elements", "largest", "live_sets", "peak_elements"]

#: Coefficient of each term of a sum.
Terms = Mapping[sympy.Expr, sympy.Rational]


@dataclass(frozen=True, slots=True)
class Holding:
    """Activations that live longer than they are needed: to the end of their block.

    Attributes:
        made_by: those that operations of these purposes make.
        read_by: those that operations of these purposes read.
        entries: whether what enters a block is among them.
        outlive: whether those of the last layer stay while what comes after the layers runs.
    """

    made_by: frozenset[Purpose] = frozenset()
    read_by: frozenset[Purpose] = frozenset()
    entries: bool = False
    outlive: bool = False

    def names(self, block: Block) -> frozenset[str]:
        """Names of the tensors of a block that are held."""
        found = {t.name for t in block.entries} if self.entries else set()
        for operation in block.operations:
            if operation.purpose in self.made_by:
                found.update(block.root(t) for t in operation.outputs)
            if operation.purpose in self.read_by:
                found.update(block.root(t) for t in operation.inputs)
        return frozenset(found)


#: Nothing is held longer than it is needed.
NEEDED = Holding()


def live_sets(
    block: Block, kernels: list[Kernel], holding: Holding = NEEDED
) -> list[tuple[Tensor, ...]]:
    """The activations that exist while each kernel runs.

    A tensor exists from the kernel that makes it to the last one that reads it, or to the end
    of the block if it is held; inside a fused kernel it never exists. Entries exist from the
    start, exits to the end.
    """
    roots = block.roots
    tensors = {t.name: t for t in block.entries}
    born = dict.fromkeys(tensors, -1)
    died = {roots.get(t.name, t.name): len(kernels) for t in block.exits}
    for index, kernel in enumerate(kernels):
        for operation in kernel.operations:
            for tensor in operation.inputs:
                name = roots.get(tensor.name, tensor.name)
                if born.get(name, index) != index:
                    died[name] = max(index, died.get(name, index))
            for tensor in operation.outputs:
                tensors[tensor.name] = tensor
                born[tensor.name] = index
    died |= dict.fromkeys(holding.names(block) & died.keys(), len(kernels))
    spans = {
        name: (born[name], died[name])
        for name in died
        if name in born and tensors[name].role is Role.ACTIVATION
    }
    return [
        tuple(tensors[name] for name, (start, end) in spans.items() if start <= index <= end)
        for index in range(len(kernels))
    ]


def peak_elements(
    block: Block,
    kernels: list[Kernel],
    holding: Holding = NEEDED,
    during: Callable[[Kernel], sympy.Expr] | None = None,
) -> list[sympy.Expr]:
    """Candidates for the largest number of live activation elements, dominated ones left out.

    ``during`` says what lies beside them while one kernel runs.
    """
    alive = live_sets(block, kernels, holding)
    sums = [sympy.Add(*(tensor.elements for tensor in tensors)) for tensors in alive]
    if during is not None:
        sums = [found + during(kernel) for found, kernel in zip(sums, kernels, strict=True)]
    return largest(sums)


def held_elements(
    blocks: Iterable[Block],
    kernels: Callable[[Block], list[Kernel]],
    holding: Holding,
    constant: Callable[[Block], sympy.Expr],
    during: Callable[[Kernel], sympy.Expr] | None = None,
) -> list[sympy.Expr]:
    """Candidates for the largest number of live elements in all blocks, where some are held.

    Where what is held outlives its layer, it lies beside what runs after the layers. A further
    layer takes its place: the tensors of that are bound to the same names.

    Args:
        constant: elements that lie there as long as a block runs, whatever it makes.
        during: elements that lie there while a kernel runs.
    """
    candidates: list[sympy.Expr] = []
    left: list[sympy.Expr] = []
    for block in blocks:
        alive = peak_elements(block, kernels(block), holding, during)
        layered = block.repeat != 1
        beside = left if left and not layered else [constant(block)]
        candidates += [elements + more for elements in alive for more in beside]
        if holding.outlive and layered:
            left.append(sympy.Add(*_left(block, kernels(block), holding)))
    return largest(candidates)


def _left(block: Block, kernels: list[Kernel], holding: Holding) -> Iterator[sympy.Expr]:
    """Elements of the tensors of a block that are held, beside its entries and exits."""
    names = holding.names(block) - {t.name for t in (*block.entries, *block.exits)}
    last = live_sets(block, kernels, holding)[-1:]
    return (tensor.elements for alive in last for tensor in alive if tensor.name in names)


def largest(candidates: Iterable[sympy.Expr]) -> list[sympy.Expr]:
    """The candidates that no other one is sure to reach, all symbols being positive.

    >>> from edgesym.symbols import symbol
    >>> H, I = symbol("hidden"), symbol("intermediate")
    >>> largest([H, 2 * H, H + I])
    [2*H, H + I]
    """
    kept: dict[sympy.Expr, Terms] = {}
    for candidate in dict.fromkeys(sympy.expand(c) for c in candidates):
        terms = candidate.as_coefficients_dict()
        if any(_reaches(other, terms) for other in kept.values()):
            continue
        kept = {other: t for other, t in kept.items() if not _reaches(terms, t)}
        kept[candidate] = terms
    return list(kept)


def _reaches(greater: Terms, lesser: Terms) -> bool:
    """Whether greater - lesser is a sum of terms that are all sure to be nonnegative."""
    differences = ((t, greater.get(t, 0) - lesser.get(t, 0)) for t in {**greater, **lesser})
    return all(
        c == 0 or (term.is_nonnegative if c > 0 else term.is_nonpositive) for term, c in differences
    )
