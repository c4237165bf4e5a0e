"""xLSTM's matrix memory: a matrix per head, with gates that are exponentials."""

from __future__ import annotations

from edgesym.graph.builder import Builder
from edgesym.graph.meaning import Purpose
from edgesym.graph.tensor import Role, Tensor
from edgesym.layers.norm import norm
from edgesym.layers.recurrence import scan
from edgesym.symbols import symbol

__all__ = ["matrix_memory"]

_INPUT, _STEP = Purpose.SCAN_INPUT, Purpose.SCAN_STEP


def matrix_memory(
    build: Builder,
    part: str,
    x: Tensor,
    *,
    heads: str = "heads",
    key_dim: str = "head_dim.key",
    value_dim: str = "head_dim.value",
    bias: bool = False,
) -> Tensor:
    """The mLSTM (Beck et al. 2024, arXiv:2405.04517, section 2.3): (b, T, H) -> (b, T, H).

    A head has queries and keys of D_k, values of D_v, and gates i and f that are exponentials,
    held in range by the largest exponent so far, m:

        m <- max(log f + m, i),   f' = e^(log f + m_before - m),   i' = e^(i - m),
        C <- f' C + i' k v,   n <- f' n + i' k,   y = C q / max(|n q|, e^(-m)).

    What leaves is normalised head by head, gated by sigmoid(o), and projected back; both gates
    of a head are capped (Beck et al. 2025, arXiv:2503.13427). Contractions:
    2 b T A (H (2 D_k + 3 D_v + 2) + 2 D_k D_v + D_k). C, n and m are kept in the format of the
    cache.

    Args:
        bias: whether the projections and the norm have one; both gates always have.
    """
    A, D_k, D_v = symbol(heads), symbol(key_dim), symbol(value_dim)
    values = A * D_v
    q, k, v, o = (
        build.project(f"{part}.{name}", x, width, purpose=_INPUT, bias=bias)
        for name, width in (
            *(("query", A * D_k), ("key", A * D_k)),
            *(("value", values), ("gate", values)),
        )
    )
    i, f = (
        build.pointwise(
            f"{part}.{name}_cap",
            "softcap",
            build.project(f"{part}.{name}", x, A, purpose=_INPUT, bias=True),
        )
        for name in ("input_gate", "forget_gate")
    )
    q = build.pointwise(f"{part}.query_scale", "scale", q)
    f = build.pointwise(f"{part}.scan_step", "softplus", f, purpose=_STEP)
    cache = Role.CACHE
    m = scan(build, f"{part}.scan_gates", "exponential_gates", (i, f), (A,), A, role=cache)
    k = build.pointwise(f"{part}.scan_input", "multiply", k, m, purpose=_STEP)
    n = scan(build, f"{part}.scan_norm", "normaliser", (q, k, m), (A, D_k), A, role=cache)
    inputs, state = (q, k, v, m, n), (A, D_k, D_v)
    y = scan(build, f"{part}.scan", "matrix_memory", inputs, state, values, role=cache)
    function = "layer_norm" if bias else "layer_norm_no_bias"
    y = norm(build, f"{part}.output_norm", y, function=function, bias=bias)
    o = build.pointwise(f"{part}.gate_sigmoid", "sigmoid", o)
    y = build.pointwise(f"{part}.gate_product", "multiply", y, o)
    return build.project(f"{part}.output", y, x.shape[-1], purpose=Purpose.SCAN_OUTPUT, bias=bias)
