"""The router of a mixture of experts: which experts a token uses, and how much of each."""

from __future__ import annotations

from dataclasses import dataclass

import sympy

from edgesym.graph.builder import Builder
from edgesym.graph.meaning import Group, Purpose
from edgesym.graph.tensor import Tensor
from edgesym.layers.norm import norm
from edgesym.symbols import symbol

__all__ = ["Routing"]


@dataclass(frozen=True, slots=True)
class Routing:
    """A router scores E experts, of which each token uses k.

    Attributes:
        experts: symbol of E.
        chosen: symbol of k.
        router_bias: the router has a bias.
        router_norm: cost row of a norm, with a weight and a constant, on what the router takes.
        scoring: ``softmax`` over the experts, or ``sigmoid`` of each score.
        correction: a vector added to the scores by which experts are chosen (DeepSeek-V3,
            arXiv:2412.19437): a ``weight``, or a ``buffer`` that is no parameter.
        expert_scale: a learned factor per expert on the scores.
        idle: symbol of further experts that the router scores and that give back what they
            take, without weights (LongCat-Flash, arXiv:2509.01322, section 2.1); empty for none.
    """

    experts: str = "experts"
    chosen: str = "experts_per_token"
    router_bias: bool = False
    router_norm: str = ""
    scoring: str = "softmax"
    correction: str = ""
    expert_scale: bool = False
    idle: str = ""

    @property
    def stored(self) -> sympy.Expr:
        """E, the experts that there are."""
        return symbol(self.experts)

    @property
    def used(self) -> sympy.Expr:
        """k, the experts that a token uses; k E / (E + Z) where some of those chosen are idle."""
        chosen = symbol(self.chosen)
        return chosen * self.stored / self.scored if self.idle else chosen

    @property
    def scored(self) -> sympy.Expr:
        """E + Z, the experts that the router scores."""
        return self.stored + (symbol(self.idle) if self.idle else 0)

    def scores(self, build: Builder, part: str, x: Tensor) -> Tensor:
        """The scores of the experts for each token: 2 b T H (E + Z) FLOPs and the scoring."""
        name = f"{part}.router"
        asked, purpose = self._normalised(build, part, x), Purpose.ROUTER
        bias, group = self.router_bias, Group.ROUTER
        scores = build.project(name, asked, self.scored, purpose=purpose, group=group, bias=bias)
        return self._adjusted(build, part, self._scored(build, f"{part}.scoring", scores))

    def _normalised(self, build: Builder, part: str, x: Tensor) -> Tensor:
        """What the router takes."""
        if not self.router_norm:
            return x
        asked = norm(build, f"{part}.router_norm", x, function=self.router_norm)
        return build.pointwise(f"{part}.router_scale", "scale", asked)

    def _scored(self, build: Builder, name: str, scores: Tensor) -> Tensor:
        if self.scoring == "softmax":
            return build.normalise(name, "softmax", scores, purpose=Purpose.SCORING)
        return build.pointwise(name, self.scoring, scores, purpose=Purpose.SCORING)

    def _adjusted(self, build: Builder, part: str, scores: Tensor) -> Tensor:
        """The scores with the correction and the factors of the experts."""
        purpose = Purpose.SCORING
        if self.correction:
            name = f"{part}.correction"
            learned = (build.weight(name, self.stored),) if self.correction == "weight" else ()
            scores = build.pointwise(name, "add", scores, *learned, purpose=purpose)
        if self.expert_scale:
            name = f"{part}.expert_scale"
            factors = build.weight(name, self.stored)
            scores = build.pointwise(name, "multiply", scores, factors, purpose=purpose)
        return scores
