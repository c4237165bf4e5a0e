"""The dense feed-forward layer."""

from __future__ import annotations

from dataclasses import dataclass

import sympy

from edgesym.graph.builder import Builder
from edgesym.graph.meaning import Group, Purpose
from edgesym.graph.tensor import Tensor
from edgesym.layers.adapter import add_adapter, low_rank
from edgesym.layers.norm import norm
from edgesym.layers.options import composed
from edgesym.symbols import symbol

__all__ = ["Matrices", "Unit", "feed_forward"]


@dataclass(frozen=True, slots=True)
class Unit:
    """What stands between the matrices: f(gate) * up where gated, else f(up).

    Attributes:
        gated: three matrices, not two (Shazeer 2020, arXiv:2002.05202).
        activation: cost row of f.
        product: cost row of the product of gate and up, where it is more than a product.
    """

    gated: bool = True
    activation: str = "silu"
    product: str = "multiply"

    def between(
        self, build: Builder, part: str, inner: Tensor, up: Tensor, *weights: Tensor
    ) -> Tensor:
        """f(inner), times up where gated; ``weights`` are those of f."""
        name, purpose = f"{part}.activation", Purpose.ACTIVATION
        made = build.pointwise(name, self.activation, inner, *weights, purpose=purpose)
        if not self.gated:
            return made
        return build.pointwise(f"{part}.product", self.product, made, up, purpose=Purpose.PRODUCT)


@dataclass(frozen=True, slots=True)
class Matrices:
    """The matrices of a feed-forward layer, and what else works on its inner dimension.

    Attributes:
        intermediate: symbol of I.
        bias: the matrices have biases.
        sparsity: cost row of a selection on the gate before its activation (Gemma 3n).
        activation_weights: learned scalars of the activation (xIELU has two).
        inner_norm: cost row of a norm, with a weight of I, on what enters the last matrix
            (BitNet).
        adapter: symbol of the rank of an adapter beside the matrices that x enters (Zamba2);
            where those are shared between layers, the adapter is not.
    """

    intermediate: str = "intermediate"
    bias: bool = False
    sparsity: str = ""
    activation_weights: int = 0
    inner_norm: str = ""
    adapter: str = ""

    def run(
        self, build: Builder, part: str, x: Tensor, unit: Unit, group: Group = Group.LINEAR
    ) -> Tensor:
        """(b, T, H) -> (b, T, H); ``group`` is what the matrices are."""
        inner = self._inner(build, part, x, unit, group)
        if self.inner_norm:
            inner = norm(build, f"{part}.inner_norm", inner, function=self.inner_norm)
        down = Purpose.DOWN
        return build.project(
            f"{part}.down", inner, x.shape[-1], purpose=down, group=group, bias=self.bias
        )

    def _inner(self, build: Builder, part: str, x: Tensor, unit: Unit, group: Group) -> Tensor:
        """(b, T, H) -> (b, T, I)."""
        width = symbol(self.intermediate)
        low = low_rank(build, f"{part}.adapter", x, symbol(self.adapter)) if self.adapter else None

        def entered(purpose: Purpose) -> Tensor:
            name = f"{part}.{purpose}"
            made = build.project(name, x, width, purpose=purpose, group=group)
            made = add_adapter(build, f"{name}_adapter", low, made) if low else made
            return build.add_bias(made, name, (width,)) if self.bias else made

        gate = entered(Purpose.GATE) if unit.gated else None
        up = entered(Purpose.UP)
        inner = gate or up
        if self.sparsity:
            name, purpose = f"{part}.sparsity", Purpose.ACTIVATION
            inner = build.normalise(name, self.sparsity, inner, purpose=purpose)
        scalars = sympy.Integer(self.activation_weights)
        learned = (build.weight(f"{part}.activation", scalars),) if scalars else ()
        return unit.between(build, part, inner, up, *learned)


@composed
def feed_forward(build: Builder, part: str, x: Tensor, *, matrices: Matrices, unit: Unit) -> Tensor:
    """Two or, gated, three matrices: (b, T, H) -> (b, T, H).

    Gated: down(f(gate x) * up x), 6 b T H I FLOPs; plain: down(f(up x)), 4 b T H I.

    The options are the fields of the stages.
    """
    return matrices.run(build, part, x, unit)
