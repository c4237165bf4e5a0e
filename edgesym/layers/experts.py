"""A mixture of experts."""

from __future__ import annotations

from dataclasses import dataclass

import sympy

from edgesym.graph.builder import Builder
from edgesym.graph.meaning import Group, Purpose
from edgesym.graph.tensor import Tensor
from edgesym.layers.feed_forward import Matrices, Unit
from edgesym.layers.norm import norm
from edgesym.layers.options import composed
from edgesym.layers.routing import Routing
from edgesym.symbols import symbol

__all__ = ["experts"]


@dataclass(frozen=True, slots=True)
class Experts:
    """The matrices of the routed experts, and how their results are added up.

    Attributes:
        intermediate: symbol of the inner dimension of an expert.
        bias: the matrices have biases (gpt-oss).
        scale_input: the score scales the expert's input (Llama 4), not its output.
    """

    intermediate: str = "expert_intermediate"
    bias: bool = False
    scale_input: bool = False

    def run(
        self, build: Builder, part: str, x: Tensor, scores: Tensor, routing: Routing, unit: Unit
    ) -> Tensor:
        """(b, T, H) -> (b, T, H), 6 b T k H I FLOPs where gated."""
        width, k = symbol(self.intermediate), routing.used
        routed = x
        if self.scale_input:
            name = f"{part}.scale"
            routed = build.activation(name, *x.shape[:2], k, x.shape[-1])
            build.run(name, "pointwise", "multiply", (x, scores), routed)
        up = self._project(build, part, routed, width, routing, Purpose.UP)
        inner = (
            self._project(build, part, routed, width, routing, Purpose.GATE) if unit.gated else up
        )
        inner = unit.between(build, part, inner, up)
        down = self._project(build, part, inner, x.shape[-1], routing, Purpose.DOWN)
        function = "add" if self.scale_input else "multiply_add"
        sources = [down] if self.scale_input else [down, scores]
        name, combined = f"{part}.combine", build.activation(f"{part}.combine", *x.shape)
        return build.run(name, "reduction", function, sources, combined, purpose=Purpose.COMBINE)

    def _project(
        self,
        build: Builder,
        part: str,
        x: Tensor,
        columns: sympy.Expr,
        routing: Routing,
        purpose: Purpose,
    ) -> Tensor:
        """(b, T, H), or (b, T, k, H), times the matrices of k of E experts: (b, T, k, columns)."""
        b, new, *_, rows = x.shape
        E, k, name = routing.stored, routing.used, f"{part}.{purpose}"
        weight = build.weight(name, E, rows, columns, share=k / E, group=Group.EXPERT)
        axes = "b t h" if len(x.shape) == 3 else "b t j h"
        equation = f"{axes}, e/j h i -> b t j i"
        made = build.contract(name, equation, (x, weight), b, new, k, columns, purpose=purpose)
        if not self.bias:
            return made
        vectors = build.weight(f"{name}_bias", E, columns, share=k / E, group=Group.BIAS)
        return build.pointwise(f"{name}_bias", "add", made, vectors, purpose=Purpose.BIAS)


@dataclass(frozen=True, slots=True)
class Around:
    """What lies between the stream and the routed experts.

    Attributes:
        input_norm: cost row of a norm, with a weight, on what the experts take (Gemma 4).
        latent: symbol of a dimension that the routed experts work in, between a matrix down
            to it and one back (Nemotron 3).
        latent_bias: those two have biases.
    """

    input_norm: str = ""
    latent: str = ""
    latent_bias: bool = False

    def entering(self, build: Builder, part: str, x: Tensor) -> Tensor:
        """What the routed experts take."""
        if self.input_norm:
            x = norm(build, f"{part}.input_norm", x, function=self.input_norm)
        if self.latent:
            x = build.project(f"{part}.latent_in", x, symbol(self.latent), bias=self.latent_bias)
        return x

    def leaving(self, build: Builder, part: str, mixed: Tensor, hidden: sympy.Expr) -> Tensor:
        """What they give back to the stream of width ``hidden``."""
        if not self.latent:
            return mixed
        return build.project(f"{part}.latent_out", mixed, hidden, bias=self.latent_bias)


@dataclass(frozen=True, slots=True)
class Shared:
    """An expert that every token uses.

    Attributes:
        shared: symbol of its inner dimension; empty for none.
        shared_bias: its matrices have biases.
        shared_gate: a sigmoid of one score opens it (Qwen1.5-MoE).
    """

    shared: str = ""
    shared_bias: bool = False
    shared_gate: bool = False

    def added(self, build: Builder, part: str, x: Tensor, mixed: Tensor, unit: Unit) -> Tensor:
        """What the routed experts give, plus that of the shared one."""
        if not self.shared:
            return mixed
        matrices = Matrices(intermediate=self.shared, bias=self.shared_bias)
        always = matrices.run(build, part, x, unit, Group.SHARED_EXPERT)
        if self.shared_gate:
            always = _opened(build, part, x, always)
        return build.pointwise(f"{part}.add", "add", mixed, always)


def _opened(build: Builder, part: str, x: Tensor, y: Tensor) -> Tensor:
    """y behind a sigmoid gate of one score per token: 2 b T H FLOPs and the gate."""
    name, one = f"{part}.opening", sympy.Integer(1)
    opening = build.project(name, x, one, purpose=Purpose.ROUTER, group=Group.ROUTER)
    opening = build.pointwise(f"{name}_sigmoid", "sigmoid", opening, purpose=Purpose.SCORING)
    return build.pointwise(f"{name}_product", "multiply", y, opening)


@composed
def experts(
    build: Builder,
    part: str,
    x: Tensor,
    *,
    routing: Routing,
    routed: Experts,
    unit: Unit,
    around: Around,
    shared: Shared,
) -> Tensor:
    """A mixture of experts (Shazeer et al. 2017, arXiv:1701.06538): (b, T, H) -> (b, T, H).

    A router scores E experts, each token uses k of them, and a shared one is used by every
    token. Three sums fall out: stored (E experts), computed (k per token), and read (the
    expected number of distinct experts that b T tokens hit).

    The options are the fields of the stages.
    """
    scores = routing.scores(build, part, x)
    entering = around.entering(build, part, x)
    mixed = routed.run(build, part, entering, scores, routing, unit)
    mixed = around.leaving(build, part, mixed, x.shape[-1])
    return shared.added(build, f"{part}_shared", x, mixed, unit)
