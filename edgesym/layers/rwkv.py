"""RWKV: time mixing, a recurrence per channel or per head, and channel mixing, its feed-forward."""

from __future__ import annotations

import sympy

from edgesym.graph.builder import Builder
from edgesym.graph.meaning import Group, Purpose
from edgesym.graph.tensor import Role, Tensor
from edgesym.layers.norm import norm
from edgesym.layers.recurrence import carry, scan
from edgesym.symbols import symbol

__all__ = ["channel_mixing", "matrix_time_mixing", "time_mixing"]


def time_mixing(
    build: Builder, part: str, x: Tensor, *, channels: str = "hidden.attention"
) -> Tensor:
    """RWKV-4's attention (Peng et al. 2023, arXiv:2305.13048, section 3.1): (b, T, H) -> (b, T, H).

    r, k, v are projections of a mix of each token with the one before; per channel

        wkv_t = (a + e^(u + k_t) v_t) / (b + e^(u + k_t)),
        a <- e^(-w) a + e^(k_t) v_t,   b <- e^(-w) b + e^(k_t),

    and sigmoid(r) wkv is projected back: 8 b T H H_a FLOPs of projections. The state is the
    token before (H) and, per channel, a, b and the largest exponent (3 H_a), which keeps
    them in range.
    """
    hidden, width = x.shape[-1], symbol(channels)
    before = _token_before(build, part, x)

    def projected(name: str) -> Tensor:
        mixed = _mixed(build, f"{part}.{name}_mix", x, before)
        return build.project(f"{part}.{name}", mixed, width, purpose=Purpose.SCAN_INPUT)

    receptance = build.pointwise(f"{part}.sigmoid", "sigmoid", projected("receptance"))
    key, value = projected("key"), projected("value")
    decay, bonus = (
        build.weight(f"{part}.{name}", width, group=Group.SCAN)
        for name in ("time_decay", "time_first")
    )
    inputs = (key, value, decay, bonus)
    wkv = scan(build, f"{part}.scan", "wkv", inputs, (width, sympy.Integer(3)), width)
    opened = build.pointwise(f"{part}.receptance_product", "multiply", receptance, wkv)
    return build.project(f"{part}.output", opened, hidden, purpose=Purpose.SCAN_OUTPUT)


def matrix_time_mixing(
    build: Builder, part: str, x: Tensor, *, heads: str = "heads", head_dim: str = "head_dim"
) -> Tensor:
    """RWKV-5's attention (Peng et al. 2024, arXiv:2404.05892, section 4.1): (b, T, H) -> (b, T, H).

    r, k, v and a gate g are projections of a mix of each token with the one before, of A heads of
    D. The state (D, D) of a head follows S <- w S + k v and gives y = r (S + u k v), with a rate w
    and a bonus u for each channel. What leaves is normalised head by head, gated by silu(g), and
    projected back: 2 b T A D (5 H + 2 D) FLOPs of contractions. The state is the token before (H)
    and A matrices.
    """
    A, D = symbol(heads), symbol(head_dim)
    before = _token_before(build, part, x)

    def projected(name: str) -> Tensor:
        mixed = _mixed(build, f"{part}.{name}_mix", x, before)
        return build.project(f"{part}.{name}", mixed, A * D, purpose=Purpose.SCAN_INPUT)

    inputs = [projected(name) for name in ("receptance", "key", "value")]
    gate = build.pointwise(f"{part}.gate_activation", "silu", projected("gate"))
    inputs += [
        build.weight(f"{part}.{name}", A, D, group=Group.SCAN)
        for name in ("time_decay", "time_first")
    ]
    y = scan(build, f"{part}.scan", "wkv_matrix", inputs, (A, D, D), A * D)
    y = norm(build, f"{part}.output_norm", y, function="layer_norm", bias=True)
    y = build.pointwise(f"{part}.gate_product", "multiply", y, gate)
    return build.project(f"{part}.output", y, x.shape[-1], purpose=Purpose.SCAN_OUTPUT)


def channel_mixing(
    build: Builder, part: str, x: Tensor, *, intermediate: str = "intermediate"
) -> Tensor:
    """RWKV's feed-forward, 4 and 5 (arXiv:2305.13048, section 3.1): (b, T, H) -> (b, T, H).

    sigmoid(W_r x_r) * (W_v max(W_k x_k, 0)^2), x_r and x_k being mixes of each token with
    the one before: 2 b T (2 H I + H^2) FLOPs, and a state of H.
    """
    hidden = x.shape[-1]
    before = _token_before(build, part, x)
    inner = _mixed(build, f"{part}.up_mix", x, before)
    inner = build.project(f"{part}.up", inner, symbol(intermediate), purpose=Purpose.UP)
    inner = build.pointwise(f"{part}.activation", "relu2", inner, purpose=Purpose.ACTIVATION)
    value = build.project(f"{part}.down", inner, hidden, purpose=Purpose.DOWN)
    opening = _mixed(build, f"{part}.receptance_mix", x, before)
    opening = build.project(f"{part}.receptance", opening, hidden, purpose=Purpose.GATE)
    opening = build.pointwise(f"{part}.sigmoid", "sigmoid", opening)
    return build.pointwise(f"{part}.receptance_product", "multiply", opening, value)


def _token_before(build: Builder, part: str, x: Tensor) -> Tensor:
    """The inputs moved on by one token; the last of them is kept for the next step."""
    kept, left = carry(build, f"{part}.shift_state", x.shape[-1], role=Role.CACHE)
    moved = build.activation(f"{part}.shift", *x.shape)
    return build.run(f"{part}.shift", "append", "rows", (x, kept), moved, left)


def _mixed(build: Builder, name: str, x: Tensor, before: Tensor) -> Tensor:
    """m x_t + (1 - m) x_(t-1), with a weight per channel."""
    return build.pointwise(name, "interpolate", x, before, build.weight(name, x.shape[-1]))
