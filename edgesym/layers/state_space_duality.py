"""Mamba-2: a state-space layer with one decay per head."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import sympy

from edgesym.graph.builder import Builder
from edgesym.graph.meaning import Group, Purpose
from edgesym.graph.tensor import Tensor
from edgesym.layers.norm import norm
from edgesym.layers.options import composed
from edgesym.layers.recurrence import scan
from edgesym.layers.state_space import Convolution, opened
from edgesym.symbols import symbol

__all__ = ["mamba2"]

_INPUT, _STEP, _OUTPUT = Purpose.SCAN_INPUT, Purpose.SCAN_STEP, Purpose.SCAN_OUTPUT


@dataclass(frozen=True, slots=True)
class Heads:
    """The extents of Mamba-2.

    Attributes:
        heads: symbol of A.
        head_dim: symbol of P.
        groups: symbol of G, in each of which A/G heads share B and C.
        state: symbol of N.
    """

    heads: str = "ssm_heads"
    head_dim: str = "ssm_head_dim"
    groups: str = "ssm_groups"
    state: str = "state_dim"


@dataclass(frozen=True, slots=True)
class Ends:
    """The products in and out of Mamba-2.

    Attributes:
        bias: they have biases.
        output_bias: whether the output has one, where it is not as for the input.
        norm: cost row of the norm before the output, none where empty (Falcon-H1).
        scaled: what enters and what is projected is scaled (Falcon-H1).
    """

    bias: bool = False
    output_bias: bool | None = None
    norm: str = "rms_norm"
    scaled: bool = False

    def entering(
        self, build: Builder, part: str, x: Tensor, widths: Mapping[str, sympy.Expr]
    ) -> Iterator[Tensor]:
        """A projection of x to each of the widths."""
        if self.scaled:
            x = build.pointwise(f"{part}.input_scale", "scale", x)
        for name, width in widths.items():
            made = build.project(f"{part}.input.{name}", x, width, purpose=_INPUT, bias=self.bias)
            scale = f"{part}.{name}_scale"
            yield build.pointwise(scale, "scale", made) if self.scaled else made

    def leaving(self, build: Builder, part: str, y: Tensor, hidden: sympy.Expr) -> Tensor:
        """(b, T, A P) -> (b, T, H)."""
        if self.norm:
            y = norm(build, f"{part}.gated_norm", y, function=self.norm)
        biased = self.bias if self.output_bias is None else self.output_bias
        return build.project(f"{part}.output", y, hidden, purpose=_OUTPUT, bias=biased)


@composed
def mamba2(
    build: Builder,
    part: str,
    x: Tensor,
    *,
    extents: Heads,
    ends: Ends,
    convolution: Convolution,
) -> Tensor:
    """Mamba-2's state-space duality (Dao and Gu 2024, arXiv:2405.21060): (b, T, H) -> (b, T, H).

    One projection gives z (A P), x (A P), B and C (G N each) and dt (A); x, B and C pass
    a convolution; the state (A, P, N) of a sequence follows h = exp(dt a) h + dt x B, with
    one decay a per head, and gives y = h C + D x, gated by silu(z) and normalised.
    Contractions: 2 b T (H (3 A P + 2 G N + A) + A P N + (A P + 2 G N) k); a, kept as
    its logarithm, is taken as given.

    The options are the fields of the stages.
    """
    b, new, hidden = x.shape
    words = (extents.heads, extents.head_dim, extents.groups, extents.state)
    A, P, G, N = map(symbol, words)
    width = A * P
    widths = {"z": width, "xbc": width + 2 * G * N, "dt": A}
    z, mixed, dt = ends.entering(build, part, x, widths)
    mixed = convolution.run(build, part, mixed)
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
    return ends.leaving(build, part, opened(build, part, y, z), hidden)
