"""What operations and axes mean: what attention is, and what may be divided."""

from __future__ import annotations

from collections.abc import Sequence

import sympy

from edgesym.graph.kernels import FUSED
from edgesym.graph.operation import Operation
from edgesym.graph.tensor import Tensor
from edgesym.symbols import describe

__all__ = ["attention_core", "is_divided"]

#: Words of the extents that are divided.
DIVIDED = frozenset(
    (
        *("heads", "kv_heads", "intermediate", "vocab", "expert_intermediate"),
        *("shared_intermediate", "ssm_inner", "ssm_heads", "per_layer_vocab"),
    )
)


def attention_core(operations: Sequence[Operation]) -> set[str]:
    """The parts from the scores of attention to the product with its values."""
    homes = {op.part.removesuffix("values") for op in operations if op.part.endswith(".values")}
    return {
        op.part
        for op in operations
        for home, _, last in [op.part.rpartition(".")]
        if f"{home}." in homes
        and op.family != "view"
        and FUSED.get(last.removesuffix("_dropout").removesuffix("_bias")) == "core"
    }


def is_divided(tensor: Tensor) -> bool:
    """Whether one of the tensor's extents is divided over the devices.

    >>> from edgesym.symbols import symbol
    >>> is_divided(Tensor("x", (symbol("batch"), symbol("intermediate"))))
    True
    """
    symbols = sympy.Tuple(*tensor.shape).free_symbols
    return any(describe(s).word.partition(".")[0] in DIVIDED for s in symbols)
