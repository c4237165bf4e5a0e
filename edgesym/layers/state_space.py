"""Selective state-space layers: Mamba and Mamba-2.

Both are modelled as the recurrence they compute, token by token: what is needed,
whatever the length of the step. Implementations that work on chunks of a prefill
trade more arithmetic for matrix products; their padding is not counted.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy

from edgesym.graph.builder import Builder
from edgesym.graph.meaning import Group, Purpose
from edgesym.graph.tensor import Tensor
from edgesym.layers.convolution import causal_convolution
from edgesym.layers.norm import norm
from edgesym.layers.options import composed
from edgesym.layers.recurrence import scan
from edgesym.symbols import symbol

__all__ = ["Convolution", "mamba", "opened"]

_INPUT, _STEP, _OUTPUT = Purpose.SCAN_INPUT, Purpose.SCAN_STEP, Purpose.SCAN_OUTPUT


@dataclass(frozen=True, slots=True)
class Convolution:
    """The convolution that both begin with.

    Attributes:
        kernel: symbol of k.
        conv_bias: it has a bias.
        activation: element-wise function that follows, none where empty.
    """

    kernel: str = "kernel"
    conv_bias: bool = True
    activation: str = "silu"

    def run(self, build: Builder, part: str, x: Tensor) -> Tensor:
        """(b, T, c) -> (b, T, c)."""
        return causal_convolution(
            build,
            f"{part}.convolution",
            x,
            kernel=self.kernel,
            bias=self.conv_bias,
            activation=self.activation,
        )


@composed
def mamba(
    build: Builder,
    part: str,
    x: Tensor,
    *,
    inner: str = "ssm_inner",
    state: str = "state_dim",
    rank: str = "time_step_rank",
    bias: bool = False,
    inner_norm: str = "",
    norm_weight: bool = True,
    convolution: Convolution,
) -> Tensor:
    """Mamba's selective scan (Gu and Dao 2023, arXiv:2312.00752): (b, T, H) -> (b, T, H).

    x and z are projections to I, x passes a convolution; dt (through a rank R), B and C
    (N each) are projections of x; the state (I, N) of a sequence follows
    h = exp(dt A) h + dt x B and gives y = h C + D x, gated by silu(z).
    Contractions: 2 b T (3 H I + I (2 R + 3 N) + I k); A, kept as its logarithm, is
    taken as given.

    Args:
        bias: the projections in and out have biases.
        inner_norm: cost row of a norm on dt, B and C (Falcon Mamba, Jamba).
        norm_weight: whether that norm has weights (Falcon Mamba's has none).
        convolution: further options are the fields of :class:`Convolution`.
    """
    width, N, R = symbol(inner), symbol(state), symbol(rank)

    def selected(name: str, columns: sympy.Expr) -> Tensor:
        made = build.project(f"{part}.selection.{name}", u, columns, purpose=_INPUT)
        if not inner_norm:
            return made
        return norm(build, f"{part}.{name}_norm", made, function=inner_norm, weight=norm_weight)

    u = build.project(f"{part}.input.x", x, width, purpose=_INPUT, bias=bias)
    z = build.project(f"{part}.input.z", x, width, purpose=_INPUT, bias=bias)
    u = convolution.run(build, part, u)
    dt, B, C = selected("dt", R), selected("b", N), selected("c", N)
    dt = build.project(f"{part}.step", dt, width, purpose=_INPUT, bias=True)
    dt = build.pointwise(f"{part}.scan_step", "softplus", dt, purpose=_STEP)
    scaled = build.pointwise(f"{part}.scan_input", "multiply", u, dt, purpose=_STEP)
    A = build.weight(f"{part}.decay", width, N, group=Group.SCAN)
    y = scan(build, f"{part}.scan", "selective_scan", (scaled, dt, B, C, A), (width, N), width)
    skip = build.weight(f"{part}.skip", width, group=Group.SCAN)
    y = build.pointwise(f"{part}.scan_skip", "multiply_add", y, u, skip, purpose=_STEP)
    y = opened(build, part, y, z)
    return build.project(f"{part}.output", y, x.shape[-1], purpose=_OUTPUT, bias=bias)


def opened(build: Builder, part: str, y: Tensor, z: Tensor) -> Tensor:
    """y silu(z)."""
    opening = build.pointwise(f"{part}.scan_gate", "silu", z, purpose=_STEP)
    return build.pointwise(f"{part}.scan_product", "multiply", y, opening, purpose=_STEP)
