"""Known differences between an implementation's counts and what the mathematics needs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

from edgesym.architectures.model import Model
from edgesym.architectures.reader import architectures
from edgesym.data import shipped
from edgesym.errors import ExpressionError
from edgesym.expression import FUNCTIONS, read

__all__ = ["Difference", "differences"]

_KIND_OF_LAYERS = re.compile(r"layers_\w+")


@dataclass(frozen=True, slots=True)
class Difference:
    """A row of ``architectures/shared/differences.toml``.

    Attributes:
        reason: why the two differ.
        formula: how their number follows from ours; empty where it is not stated.
    """

    reason: str
    formula: str = ""

    def theirs(
        self,
        names: Mapping[str, Any],
        kinds: Mapping[str, Any],
        functions: Mapping[str, Callable[..., Any]] = FUNCTIONS,
    ) -> Iterator[Any]:
        """Their number as the formula gives it; nothing where it speaks of what is not there.

        Two labels that always come together have one symbol, so ``layers_LABEL`` is the layers
        of all kinds that are named after the label. Where none is, they are all of it, L, or none:
        a model of one kind of layers does not name it.

        Args:
            names: ``ours``, the words of the symbols and of the step, with their values.
            kinds: kind of layers -> how many of them the model has.
        """
        counted, open_words = {}, []
        for word in dict.fromkeys(_KIND_OF_LAYERS.findall(self.formula)):
            label = f"_{word.partition('_')[2]}_"
            having = [count for kind, count in kinds.items() if label in f"_{kind}_"]
            counted[word] = sum(having)
            open_words += [] if having else [word]
        for each in product((names.get("layers"), 0), repeat=len(open_words)):
            guess = {**counted, **dict(zip(open_words, each, strict=True))}
            try:
                yield read(self.formula, {**guess, **names}, functions)
            except ExpressionError:  # a formula that has no value explains nothing
                return


def differences(model: Model, quantity: str) -> Iterator[Difference]:
    """The rows of a model's architecture and a quantity, in order.

    Args:
        quantity: as the rows name it, such as ``prefill_flops``.
    """
    for row in _rows():
        files = {architectures().get(model_type) for model_type in row["model_types"]}
        if model.architecture in files and row["quantity"] == quantity:
            yield Difference(str(row["reason"]), row.get("theirs", ""))


@cache
def _rows() -> list[dict[str, Any]]:
    return list(shipped("architectures/shared", "differences")["difference"])
