"""Selective state-space layers: Mamba and Mamba-2.

Both are modelled as the recurrence they compute, token by token: what is needed,
whatever the length of the step. Implementations that work on chunks of a prefill
trade more arithmetic for matrix products; their padding is not counted.
"""

from __future__ import annotations

import sympy

from edgesym.graph.builder import Builder
from edgesym.graph.meaning import Group, Purpose
from edgesym.graph.tensor import Tensor
from edgesym.layers.convolution import causal_convolution
from edgesym.layers.recurrence import scan
from edgesym.symbols import symbol

__all__ = ["mamba", "mamba2"]

_STEP = Purpose.SCAN_STEP


def mamba(
    build: Builder,
    part: str,
    x: Tensor,
    *,
    inner: str = "ssm_inner",
    state: str = "state_dim",
    rank: str = "time_step_rank",
    kernel: str = "kernel",
    bias: bool = False,
    conv_bias: bool = True,
    activation: str = "silu",
    inner_norm: str = "",
    norm_weight: bool = True,
) -> Tensor:
    """Mamba's selective scan (Gu and Dao 2023, arXiv:2312.00752): (b, T, H) -> (b, T, H).

    x and z are projections to I, x passes a convolution; dt (through a rank R), B and C
    (N each) are projections of x; the state (I, N) of a sequence follows
    h = exp(dt A) h + dt x B and gives y = h C + D x, gated by silu(z).
    Contractions: 2 b T (3 H I + I (2 R + 3 N) + I k); A, kept as its logarithm, is
    taken as given.

    Args:
        inner_norm: cost row of a norm on dt, B and C (Falcon Mamba, Jamba).
        norm_weight: whether that norm has weights (Falcon Mamba's has none).
    """
    hidden = x.shape[-1]
    width, N, R = symbol(inner), symbol(state), symbol(rank)

    def selected(name: str, columns: sympy.Expr) -> Tensor:
        made = _project(build, f"{part}.selection.{name}", u, columns)
        if not inner_norm:
            return made
        weight = (build.weight(f"{part}.{name}_norm", columns),) if norm_weight else ()
        return build.normalise(f"{part}.{name}_norm", inner_norm, made, *weight)

    u = _project(build, f"{part}.input.x", x, width, bias)
    z = _project(build, f"{part}.input.z", x, width, bias)
    u = causal_convolution(
        build, f"{part}.convolution", u, kernel=kernel, bias=conv_bias, activation=activation
    )
    dt, B, C = selected("dt", R), selected("b", N), selected("c", N)
    dt = _project(build, f"{part}.step", dt, width, bias=True)
    dt = build.pointwise(f"{part}.scan_step", "softplus", dt, purpose=_STEP)
    scaled = build.pointwise(f"{part}.scan_input", "multiply", u, dt, purpose=_STEP)
    A = build.weight(f"{part}.decay", width, N, group=Group.SCAN)
    y = scan(build, f"{part}.scan", "selective_scan", (scaled, dt, B, C, A), (width, N), width)
    skip = build.weight(f"{part}.skip", width, group=Group.SCAN)
    y = build.pointwise(f"{part}.scan_skip", "multiply_add", y, u, skip, purpose=_STEP)
    y = _gate(build, part, y, z)
    return _project(build, f"{part}.output", y, hidden, bias, Purpose.SCAN_OUTPUT)


def mamba2(
    build: Builder,
    part: str,
    x: Tensor,
    *,
    heads: str = "ssm_heads",
    head_dim: str = "ssm_head_dim",
    groups: str = "ssm_groups",
    state: str = "state_dim",
    kernel: str = "kernel",
    bias: bool = False,
    output_bias: bool | None = None,
    conv_bias: bool = True,
    activation: str = "silu",
    norm: str = "rms_norm",
    scaled: bool = False,
) -> Tensor:
    """Mamba-2's state-space duality (Dao and Gu 2024, arXiv:2405.21060): (b, T, H) -> (b, T, H).

    One projection gives z (A P), x (A P), B and C (G N each) and dt (A); x, B and C pass
    a convolution; the state (A, P, N) of a sequence follows h = exp(dt a) h + dt x B, with
    one decay a per head, and gives y = h C + D x, gated by silu(z) and normalised.
    Contractions: 2 b T (H (3 A P + 2 G N + A) + A P N + (A P + 2 G N) k); a, kept as
    its logarithm, is taken as given.

    Args:
        groups: symbol of G, in each of which A/G heads share B and C.
        output_bias: whether the output has a bias, where it is not as for the input.
        norm: cost row of the norm before the output, none where empty (Falcon-H1).
        scaled: what enters and what is projected is scaled (Falcon-H1).
    """
    b, new, hidden = x.shape
    A, P, G, N = symbol(heads), symbol(head_dim), symbol(groups), symbol(state)
    width = A * P
    if scaled:
        x = build.pointwise(f"{part}.input_scale", "scale", x)

    def entering(name: str, columns: sympy.Expr) -> Tensor:
        made = _project(build, f"{part}.input.{name}", x, columns, bias)
        return build.pointwise(f"{part}.{name}_scale", "scale", made) if scaled else made

    z, mixed, dt = entering("z", width), entering("xbc", width + 2 * G * N), entering("dt", A)
    mixed = causal_convolution(
        build, f"{part}.convolution", mixed, kernel=kernel, bias=conv_bias, activation=activation
    )
    u = build.run(
        f"{part}.x", "view", "x of x, B, C", (mixed,), build.activation(f"{part}.x", b, new, width)
    )
    dt = build.add_bias(dt, f"{part}.dt", (A,))
    rate, skip = (build.weight(f"{part}.{name}", A, group=Group.SCAN) for name in ("decay", "skip"))
    dt = build.pointwise(f"{part}.scan_step", "softplus", dt, purpose=_STEP)
    decay = build.pointwise(f"{part}.scan_decay", "decay", dt, rate, purpose=_STEP)
    scaled_input = build.pointwise(f"{part}.scan_input", "multiply", u, dt, purpose=_STEP)
    y = scan(build, f"{part}.scan", "ssd", (scaled_input, decay, mixed), (A, P, N), width)
    y = build.pointwise(f"{part}.scan_skip", "multiply_add", y, u, skip, purpose=_STEP)
    y = _gate(build, part, y, z)
    if norm:
        y = build.normalise(
            f"{part}.gated_norm", norm, y, build.weight(f"{part}.gated_norm", width)
        )
    biased = bias if output_bias is None else output_bias
    return _project(build, f"{part}.output", y, hidden, biased, Purpose.SCAN_OUTPUT)


def _project(
    build: Builder,
    part: str,
    x: Tensor,
    columns: sympy.Expr,
    bias: bool = False,
    purpose: Purpose = Purpose.SCAN_INPUT,
) -> Tensor:
    b, new, rows = x.shape
    weight = build.weight(part, rows, columns)
    equation = "b t h, h o -> b t o"
    made = build.contract(part, equation, (x, weight), b, new, columns, purpose=purpose)
    return build.add_bias(made, part, (columns,)) if bias else made


def _gate(build: Builder, part: str, y: Tensor, z: Tensor) -> Tensor:
    """y silu(z)."""
    opening = build.pointwise(f"{part}.scan_gate", "silu", z, purpose=_STEP)
    return build.pointwise(f"{part}.scan_product", "multiply", y, opening, purpose=_STEP)
