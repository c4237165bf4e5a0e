"""Griffin's recurrent block: a convolution and a gated linear recurrence beside a gate."""

from __future__ import annotations

from edgesym.graph.builder import Builder
from edgesym.graph.meaning import Group, Purpose
from edgesym.graph.tensor import Tensor
from edgesym.layers.convolution import causal_convolution
from edgesym.layers.recurrence import scan
from edgesym.symbols import symbol

__all__ = ["gated_recurrence"]


def gated_recurrence(
    build: Builder,
    part: str,
    x: Tensor,
    *,
    inner: str = "ssm_inner",
    heads: str = "heads",
    kernel: str = "kernel",
    activation: str = "gelu_tanh",
) -> Tensor:
    """The real-gated linear recurrent unit (De et al. 2024, arXiv:2402.19427, section 2.4).

    (b, T, H) -> (b, T, H). Two projections to I, of which one opens; the other passes a
    convolution and then h = a h + sqrt(1 - a^2) (i u), a = exp(-8 r softplus(lambda)), whose
    gates r and i are products of u with A blocks of I/A x I/A. Contractions:
    2 b T (3 H I + 2 I^2 / A + I k). The state is I of the recurrence and I k of the
    convolution per sequence.
    """
    width, A = symbol(inner), symbol(heads)
    b, new, hidden = x.shape
    entering, step = Purpose.SCAN_INPUT, Purpose.SCAN_STEP

    def gate(name: str, u: Tensor) -> Tensor:
        """sigmoid(W u + c), W of A blocks: (b, T, A, I/A) -> the same."""
        made, axes = f"{part}.{name}_gate", u.shape[2:]
        weight = build.weight(made, A, width / A, width / A)
        y = build.contract(
            made, "b t a i, a i j -> b t a j", (u, weight), *u.shape, purpose=entering
        )
        y = build.add_bias(y, made, axes)
        return build.pointwise(f"{made}_sigmoid", "sigmoid", y, purpose=step)

    y = build.project(f"{part}.input.y", x, width, purpose=entering, bias=True)
    y = build.pointwise(f"{part}.scan_gate", activation, y, purpose=step)
    u = build.project(f"{part}.input.x", x, width, purpose=entering, bias=True)
    u = causal_convolution(build, f"{part}.convolution", u, kernel=kernel, activation="")
    blocks = Tensor(f"{part}.blocks", (b, new, A, width / A))
    blocks = build.run(f"{part}.blocks", "view", "heads", (u,), blocks)
    opened = build.pointwise(
        f"{part}.scan_input", "multiply", blocks, gate("input", blocks), purpose=step
    )
    decay = build.weight(f"{part}.decay", width, group=Group.SCAN)
    inputs = (opened, gate("recurrent", blocks), decay)
    h = scan(build, f"{part}.scan", "rg_lru", inputs, (width,), width)
    h = build.pointwise(f"{part}.scan_product", "multiply", h, y, purpose=step)
    return build.project(f"{part}.output", h, hidden, purpose=Purpose.SCAN_OUTPUT, bias=True)
