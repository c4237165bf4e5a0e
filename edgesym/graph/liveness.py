"""Liveness: how much activation memory a block needs at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sympy

from edgesym.graph.block import Block
from edgesym.graph.kernels import Kernel
from edgesym.graph.tensor import Role, Tensor

__all__ = ["largest", "live_sets", "peak_elements"]

#: Coefficient of each term of a sum.
Terms = Mapping[sympy.Expr, sympy.Rational]


def live_sets(block: Block, kernels: list[Kernel]) -> list[tuple[Tensor, ...]]:
    """The activations that exist while each kernel runs.

    A tensor exists from the kernel that makes it to the last one that reads it;
    inside a fused kernel it never exists. Entries exist from the start, exits to
    the end.
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
    spans = {
        name: (born[name], died[name])
        for name in died
        if tensors[name].role is Role.ACTIVATION and name in born
    }
    return [
        tuple(tensors[name] for name, (start, end) in spans.items() if start <= index <= end)
        for index in range(len(kernels))
    ]


def peak_elements(block: Block, kernels: list[Kernel]) -> list[sympy.Expr]:
    """Candidates for the largest number of live activation elements, dominated ones left out."""
    return largest(sympy.Add(*(t.elements for t in alive)) for alive in live_sets(block, kernels))


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
    return all((c * term).is_nonnegative for term, c in differences)
