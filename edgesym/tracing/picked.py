"""How many rows a loop over experts picks: known from how they were chosen, not from values.

Of n tokens each takes the k best of E experts. A mask of who took one of them has a true in each
of its elements with chance 1/E (k/E where the k choices of a token are joined), if experts are
chosen alike often; so many rows are picked on average, and all experts together have n k. Each
expert is taken by some token.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy
import torch
from torch.utils._python_dispatch import _disable_current_modes

from edgesym.errors import ConfigError
from edgesym.tracing.sizes import Sizes, line_of_code
from edgesym.tracing.values import Values

__all__ = ["Picks", "without_masks"]

#: Operations through which a mask of choices stays one.
_KEEP = frozenset(
    (
        *("eq", "ne", "gt", "ge", "lt", "view", "_unsafe_view", "reshape", "t", "transpose"),
        *("permute", "expand", "slice", "select", "unsqueeze", "squeeze", "split", "unbind"),
        *("alias", "detach", "_to_copy", "clone", "one_hot", "logical_and", "bitwise_and", "mul"),
        "index",
    )
)
#: Operations that join the choices of a token.
_JOIN = frozenset(("any", "sum", "amax", "max", "scatter", "scatter_"))
#: Those of them that give the number of each.
_COUNT = frozenset(("sum",))
#: Comparisons of a running number of choices with how many there may be.
_LIMITS = frozenset(("le", "lt"))


class Picks:
    """Follows choices of experts through a run.

    Args:
        sizes: the symbolic sizes of the run.
        values: what is known of values, where they are carried along.
    """

    def __init__(self, sizes: Sizes, values: Values | None = None) -> None:
        self._sizes = sizes
        self._values = values
        # tensor -> of how many experts, how many are chosen, how many of them an element says
        self._chosen: dict[int, tuple[Any, sympy.Expr, sympy.Expr]] = {}
        # tensor -> how many choices each of its elements counts, on average
        self._counts: dict[int, sympy.Expr] = {}
        self._running: dict[int, Any] = {}
        # an average -> of how many parts, and the whole
        self._wholes: dict[sympy.Expr, tuple[int, Any]] = {}

    def see(self, name: str, inputs: list[torch.Tensor], outputs: list[torch.Tensor]) -> None:
        """Follow one operation."""
        size = self._sizes.expression
        if name == "topk":
            self._chosen[id(outputs[1])] = (
                inputs[0].shape[-1],
                size(outputs[1].shape[-1]),
                sympy.Integer(1),
            )
            return
        if name == "argmax" and outputs[0].dim() == inputs[0].dim() - 1:
            one = sympy.Integer(1)
            self._chosen[id(outputs[0])] = (inputs[0].shape[-1], one, one)
            return
        for given in inputs:
            if id(given) in self._counts and name in _KEEP:
                self._counts |= {id(made): self._counts[id(given)] for made in outputs}
        masks = inputs[:1] if name == "index" else inputs  # places pick from it, and are no mask
        found = next((t for t in masks if id(t) in self._chosen), None)
        if found is None:
            return
        if name == "cumsum":
            self._running[id(outputs[0])] = found.shape
        if name not in _KEEP | _JOIN:
            return
        count, chosen, said = self._chosen[id(found)]
        for made in outputs:
            self._chosen[id(made)] = (count, chosen, chosen if name in _JOIN else said)
        if name in _COUNT and self._is_of_all(outputs[0]):
            whole = self._elements(found) * said / size(count)
            self._counts[id(outputs[0])] = sympy.cancel(whole / self._elements(outputs[0]))

    def _elements(self, tensor: torch.Tensor) -> sympy.Expr:
        return sympy.Mul(*map(self._sizes.expression, tensor.shape))

    def _is_of_all(self, mask: torch.Tensor) -> bool:
        """Whether the tokens of a mask are joined: an element is of an expert, not of a token."""
        return not self._elements(mask).free_symbols & self._sizes.of_work

    def limited(self, name: str, args: Sequence[Any]) -> None:
        """Look at a comparison: of more choices of an expert than it takes some are dropped.

        Raises:
            ConfigError: there may be more than it takes.
        """
        if name not in _LIMITS or not isinstance(args[0], torch.Tensor):
            return
        shape = self._running.get(id(args[0]))
        if shape is None or isinstance(args[1], torch.Tensor):
            return
        most = shape[-2]  # the axis of the tokens, before that of the experts
        if not (most <= args[1] if name == "le" else most < args[1]):
            raise ConfigError(
                f"{line_of_code()}: experts take no more than {args[1]} tokens each and drop the "
                "others, which depends on data"
            )

    def rows(self, mask: torch.Tensor) -> torch.Tensor | None:
        """The places of a mask's trues, as many as there are on average; None if unknown."""
        if id(mask) not in self._chosen:
            return None
        count, chosen, said = self._chosen[id(mask)]
        elements = self._elements(mask)
        is_of_token = elements in (1, chosen)  # of the only one that there is
        if self._is_of_all(mask) and not is_of_token and self._values is not None:
            return self._every(count)
        number = self._sizes.expected(sympy.cancel(elements * said / self._sizes.expression(count)))
        return torch.empty((number, mask.dim()), dtype=torch.long)

    def _every(self, count: Any) -> torch.Tensor:
        """The places of all experts: some token takes each."""
        made = torch.empty((count, 1), dtype=torch.long)
        hint = count.node.hint if isinstance(count, torch.SymInt) else count
        with _disable_current_modes():
            places = torch.arange(hint)[:, None]
        assert self._values is not None
        self._values.put(made, places, is_place=True)
        return made

    def number(self, tensor: torch.Tensor) -> Any:
        """How many tokens take an expert, on average, where that is what a tensor holds."""
        if id(tensor) not in self._counts:
            return None
        return self._sizes.expected(self._counts[id(tensor)])

    def parts(self, tensor: torch.Tensor, extents: Sequence[Any], dim: int) -> Any:
        """A tensor split into parts of an average size; None if that is not how it is split."""
        averages = self._sizes.averages
        if any(self._sizes.expression(extent) not in averages for extent in extents):
            return None
        for extent in extents:
            self._wholes[self._sizes.expression(extent)] = (len(extents), tensor.shape[dim])
        return [tensor.narrow(dim, 0, extent) for extent in extents]

    def whole(self, tensors: Sequence[torch.Tensor], dim: int) -> Any:
        """The extent of all parts of an average size together; None if these are not all."""
        if not self._wholes or any(t.dim() != tensors[0].dim() for t in tensors):
            return None
        extents = {self._sizes.expression(t.shape[dim]) for t in tensors}
        parts, whole = self._wholes.get(next(iter(extents)), (0, None))
        return whole if len(extents) == 1 and parts == len(tensors) else None


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
