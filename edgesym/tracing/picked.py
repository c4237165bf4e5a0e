"""How many rows a loop over experts picks: known from how they were chosen, not from values.

Of n tokens each takes the k best of E experts. A mask of who took one of them has a true in each
of its elements with chance 1/E (k/E where the k choices of a token are joined), if experts are
chosen alike often; so many rows are picked on average, and all experts together have n k.
"""

from __future__ import annotations

from typing import Any

import sympy
import torch

from edgesym.tracing.sizes import Sizes

__all__ = ["Picks", "without_masks"]

#: Operations through which a mask of choices stays one.
_KEEP = frozenset(
    (
        *("eq", "ne", "gt", "ge", "lt", "view", "_unsafe_view", "reshape", "t", "transpose"),
        *("permute", "expand", "slice", "select", "unsqueeze", "squeeze", "split", "unbind"),
        *("alias", "detach", "_to_copy", "clone", "one_hot", "logical_and", "bitwise_and"),
    )
)
#: Operations that join the choices of a token.
_JOIN = frozenset(("any", "sum", "amax", "max", "scatter", "scatter_"))


class Picks:
    """Follows choices of experts through a run.

    Args:
        sizes: the symbolic sizes of the run.
    """

    def __init__(self, sizes: Sizes) -> None:
        self._sizes = sizes
        # tensor -> of how many experts, how many are chosen, how many of them an element says
        self._chosen: dict[int, tuple[sympy.Expr, sympy.Expr, sympy.Expr]] = {}

    def see(self, name: str, inputs: list[torch.Tensor], outputs: list[torch.Tensor]) -> None:
        """Follow one operation."""
        size = self._sizes.expression
        if name == "topk":
            count, chosen = (size(t.shape[-1]) for t in (inputs[0], outputs[1]))
            self._chosen[id(outputs[1])] = (count, chosen, sympy.Integer(1))
            return
        found = next((self._chosen[id(t)] for t in inputs if id(t) in self._chosen), None)
        if found is None or name not in _KEEP | _JOIN:
            return
        count, chosen, said = found
        for made in outputs:
            self._chosen[id(made)] = (count, chosen, chosen if name in _JOIN else said)

    def rows(self, mask: torch.Tensor) -> torch.Tensor | None:
        """The places of a mask's trues, as many as there are on average; None if unknown."""
        if id(mask) not in self._chosen:
            return None
        count, _, said = self._chosen[id(mask)]
        elements = sympy.Mul(*map(self._sizes.expression, mask.shape))
        number = self._sizes.expected(sympy.cancel(elements * said / count))
        return torch.empty((number, mask.dim()), dtype=torch.long)


def without_masks(picks: Picks, args: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """The arguments of an index whose masks are places instead; None if one is not known."""
    tensor, indices, *more = args
    made: list[Any] = []
    for index in indices:
        if isinstance(index, torch.Tensor) and index.dtype == torch.bool:
            rows = picks.rows(index)
            if rows is None:
                return None
            made += rows.unbind(1)
        else:
            made.append(index)
    return (tensor, made, *more)
