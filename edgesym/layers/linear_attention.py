"""Linear attention: a matrix per head in place of the cache of keys and values.

Modelled as the recurrence over tokens. Implementations that work on chunks of a
prefill trade more arithmetic for larger products; that is not counted.
"""

from __future__ import annotations

import sympy

from edgesym.graph.builder import Builder
from edgesym.graph.meaning import Group, Purpose
from edgesym.graph.tensor import Role, Tensor
from edgesym.layers.convolution import causal_convolution
from edgesym.layers.norm import norm
from edgesym.layers.recurrence import scan
from edgesym.symbols import symbol

__all__ = ["gated_delta_rule", "lightning_attention"]

_INPUT = Purpose.SCAN_INPUT


def gated_delta_rule(
    build: Builder,
    part: str,
    x: Tensor,
    *,
    key_heads: str = "heads.key",
    value_heads: str = "heads.value",
    key_dim: str = "head_dim.key",
    value_dim: str = "head_dim.value",
    kernel: str = "kernel",
    activation: str = "silu",
    gate: str = "silu",
    per_channel: bool = False,
) -> Tensor:
    """Gated DeltaNet (Yang et al. 2024, arXiv:2412.06464, section 3.1): (b, T, H) -> (b, T, H).

    Queries, keys (A_k heads of D_k) and values (A_v heads of D_v) pass a convolution; each
    query and key serves A_v / A_k values. The state (D_k, D_v) of a value head follows

        S <- a S,   S <- S + k B (v - S^T k),   y = S^T q,

    with a decay a and a step size B per token and head. What leaves is normalised head by
    head, gated by silu(z), and projected back. Contractions: 2 b T (H (2 A_k D_k +
    3 A_v D_v + 2 A_v) + (2 A_k D_k + A_v D_v) k + 2 A_v D_k D_v), k being the width of the
    convolution; the decay rate, kept as its logarithm, is taken as given.

    Args:
        gate: cost row of the function of z.
        per_channel: a decay for each of the D_k channels of a head, and both it and z made
            by two matrices over a width of one head (Kimi Linear, arXiv:2510.26692).
    """
    A_k, A_v = symbol(key_heads), symbol(value_heads)
    D_k, D_v = symbol(key_dim), symbol(value_dim)
    keys, values = A_k * D_k, A_v * D_v

    def mixed(name: str, width: sympy.Expr) -> Tensor:
        made = build.project(f"{part}.{name}", x, width, purpose=_INPUT)
        return causal_convolution(
            build,
            f"{part}.{name}.convolution",
            made,
            kernel=kernel,
            bias=False,
            activation=activation,
        )

    q, k, v = mixed("query", keys), mixed("key", keys), mixed("value", values)
    q = build.normalise(f"{part}.query_norm", "l2_norm", q)
    q = build.pointwise(f"{part}.query_scale", "scale", q)
    k = build.normalise(f"{part}.key_norm", "l2_norm", k)
    beta = build.project(f"{part}.beta", x, A_v, purpose=_INPUT)
    beta = build.pointwise(f"{part}.scan_input", "sigmoid", beta, purpose=Purpose.SCAN_STEP)
    decays = A_v * D_k if per_channel else A_v
    source = build.project(f"{part}.decay_down", x, D_k, purpose=_INPUT) if per_channel else x
    decay = build.project(f"{part}.decay", source, decays, purpose=_INPUT, bias=True)
    step, rate = Purpose.SCAN_STEP, build.weight(f"{part}.rate", A_v, group=Group.SCAN)
    decay = build.pointwise(f"{part}.scan_step", "softplus", decay, purpose=step)
    decay = build.pointwise(f"{part}.scan_decay", "decay", decay, rate, purpose=step)
    y = scan(build, f"{part}.scan", "gated_delta", (q, k, v, beta, decay), (A_v, D_k, D_v), values)
    y = build.normalise(
        f"{part}.output_norm", "rms_norm", y, build.weight(f"{part}.output_norm", D_v)
    )
    source = build.project(f"{part}.z_down", x, D_v, purpose=_INPUT) if per_channel else x
    z = build.project(f"{part}.z", source, values, purpose=_INPUT)
    z = build.pointwise(f"{part}.gate_activation", gate, z)
    y = build.pointwise(f"{part}.gate_product", "multiply", y, z)
    return build.project(f"{part}.output", y, x.shape[-1], purpose=Purpose.SCAN_OUTPUT)


def lightning_attention(
    build: Builder,
    part: str,
    x: Tensor,
    *,
    heads: str = "heads",
    head_dim: str = "head_dim",
    activation: str = "silu",
) -> Tensor:
    """Lightning attention (Qin et al. 2024, arXiv:2401.04658): (b, T, H) -> (b, T, H).

    q, k and v pass an activation; the state (D, D) of a head follows S <- r S + k v and
    gives y = q S, with a rate r fixed for each head. What leaves is normalised over all
    heads, gated by a sigmoid, and projected back (MiniMax 2025, arXiv:2501.08313).
    Contractions: 2 b T A D (5 H + 2 D). The state is kept in the format of the cache.
    """
    A, D = symbol(heads), symbol(head_dim)

    def active(name: str) -> Tensor:
        made = build.project(f"{part}.{name}", x, A * D, purpose=_INPUT)
        return build.pointwise(f"{part}.{name}_activation", activation, made)

    inputs = [active(name) for name in ("query", "key", "value")]
    y = scan(build, f"{part}.scan", "linear_attention", inputs, (A, D, D), A * D, role=Role.CACHE)
    y = norm(build, f"{part}.output_norm", y)
    opening = build.project(f"{part}.gate", x, A * D, purpose=_INPUT)
    opening = build.pointwise(f"{part}.gate_sigmoid", "sigmoid", opening)
    y = build.pointwise(f"{part}.gate_product", "multiply", y, opening)
    return build.project(f"{part}.output", y, x.shape[-1], purpose=Purpose.SCAN_OUTPUT)
