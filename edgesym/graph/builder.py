"""The builder that layers add operations with; its verbs say what an operation is for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import sympy

from edgesym.domain import checked
from edgesym.errors import GraphError
from edgesym.graph.block import Block, assemble
from edgesym.graph.convention import Convention
from edgesym.graph.einsum import product
from edgesym.graph.meaning import FAMILY_GROUP, Group, Purpose
from edgesym.graph.operation import Operation
from edgesym.graph.tensor import Role, Tensor
from edgesym.workload import Workload

__all__ = ["Builder"]


class Builder:
    """Collects the operations of one block; layers call its verbs.

    Attributes:
        workload: the tokens the block works on.
        convention: the way of counting, where it decides an extent.
        copies: how often the weights made from now on are stored in all, where blocks
            share them.
        handed: tensors that later blocks take beside the one that leaves.
        taken: tensors that earlier blocks handed on.
    """

    @checked
    def __init__(self, name: str, workload: Workload, convention: Convention) -> None:
        self.name = name
        self.workload = workload
        self.convention = convention
        self.copies: sympy.Expr | None = None
        self.handed: list[Tensor] = []
        self.taken: list[Tensor] = []
        self._operations: dict[str, Operation] = {}
        self._made: set[str] = set()

    @checked
    def run(
        self,
        part: str,
        family: str,
        function: str,
        inputs: Sequence[Tensor],
        output: Tensor,
        *others: Tensor,
        purpose: Purpose | None = None,
    ) -> Tensor:
        """Add an operation; returns its first output, the one that layers pass on.

        Args:
            purpose: what it is for; by default what its family is mostly for.

        Raises:
            GraphError: the part or the output exists already.
        """
        made = (output, *others)
        names = {t.name for t in made}
        if part in self._operations or names & self._made:
            raise GraphError(f"block {self.name!r} has {part!r} twice")
        group = FAMILY_GROUP[family]
        grouped = tuple(
            replace(t, group=group) if t.role is Role.WEIGHT and t.group is None else t
            for t in inputs
        )
        meant = _usual(family, grouped, output) if purpose is None else purpose
        self._operations[part] = Operation(part, family, function, grouped, made, meant)
        self._made |= names
        return output

    def activation(self, part: str, *shape: sympy.Expr) -> Tensor:
        """An activation named after the part that makes it."""
        return Tensor(part, tuple(shape))

    def weight(
        self,
        name: str,
        *shape: sympy.Expr,
        share: sympy.Expr | None = None,
        tokens: sympy.Expr | None = None,
        group: Group | None = None,
    ) -> Tensor:
        """A weight; with ``share``, the fraction of it that one token uses.

        Of E experts, n tokens that use k each at random hit E(1 - (1 - k/E)^n)
        in expectation: that is what a step reads. Where no token enters (an encoder
        during decoding) a weight is stored and not read; ``tokens`` are those that
        enter, by default the workload's. ``group`` is what it is, where that is not what the
        operation that reads it says (:data:`edgesym.graph.meaning.FAMILY_GROUP`).
        """
        made = Tensor(f"{name}.weight", shape, Role.WEIGHT, copies=self.copies, group=group)
        if share is not None:
            hit = 1 - (1 - share) ** self.workload.tokens
            return replace(made, touched=made.elements * hit, active=made.elements * share)
        entering = self.workload.tokens if tokens is None else tokens
        return replace(made, touched=sympy.Integer(0)) if entering == 0 else made

    def contract(
        self,
        part: str,
        equation: str,
        inputs: Sequence[Tensor],
        *shape: sympy.Expr,
        purpose: Purpose | None = None,
    ) -> Tensor:
        """Add an einsum over ``inputs`` with an output of the given shape."""
        output = self.activation(part, *shape)
        return self.run(part, "contraction", equation, inputs, output, purpose=purpose)

    def project(
        self,
        part: str,
        x: Tensor,
        *axes: sympy.Expr,
        over: int = 1,
        bias: bool = False,
        purpose: Purpose | None = None,
        group: Group | None = None,
    ) -> Tensor:
        """Add a product with a weight: (b, T, ..., summed) x (summed, axes) -> (b, T, ..., axes).

        FLOPs 2 b T times the extents of all other axes; the weight is called after the part.

        Args:
            over: how many of the last axes of ``x`` are summed over.
            bias: whether a bias of the extents ``axes`` is added.
            group: what the weight is, by default a linear map.
        """
        rows, summed = x.shape[:-over], x.shape[-over:]
        weight = self.weight(part, *summed, *axes, group=group)
        equation = product(rows, summed, axes)
        made = self.contract(part, equation, (x, weight), *rows, *axes, purpose=purpose)
        return self.add_bias(made, part, axes) if bias else made

    def pointwise(
        self, part: str, function: str, *inputs: Tensor, purpose: Purpose | None = None
    ) -> Tensor:
        """Add element-wise work; the output has the shape of the first input."""
        output = self.activation(part, *inputs[0].shape)
        return self.run(part, "pointwise", function, inputs, output, purpose=purpose)

    def normalise(
        self, part: str, function: str, *inputs: Tensor, purpose: Purpose | None = None
    ) -> Tensor:
        """Add a normalisation of the first input; further inputs are its weights."""
        output = self.activation(part, *inputs[0].shape)
        return self.run(part, "normalisation", function, inputs, output, purpose=purpose)

    def add_bias(self, tensor: Tensor, part: str, shape: tuple[sympy.Expr, ...]) -> Tensor:
        """Add a bias vector of the given shape to ``tensor``."""
        vector = self.weight(f"{part}_bias", *shape, group=Group.BIAS)
        return self.pointwise(f"{part}_bias", "add", tensor, vector, purpose=Purpose.BIAS)

    def rotate(self, part: str, tensor: Tensor) -> Tensor:
        """Add a rotary embedding of the last axis (Su et al. 2021, arXiv:2104.09864)."""
        return self.pointwise(part, "rotary", tensor, purpose=Purpose.ROTARY)

    def finish(
        self, repeat: sympy.Expr, entries: Sequence[Tensor], exits: Sequence[Tensor]
    ) -> Block:
        """The block, with the cost expressions on its nodes."""
        operations = list(self._operations.values())
        ends = (tuple(entries), tuple(exits))
        return assemble(self.name, repeat, operations, ends, self.convention)


def _usual(family: str, inputs: Sequence[Tensor], output: Tensor) -> Purpose:
    """What an operation of a family is for, where the layer does not say."""
    match family:
        case "contraction":
            weighted = any(t.role is Role.WEIGHT for t in inputs)
            return Purpose.PROJECTION if weighted else Purpose.MIXING
        case "normalisation":
            return Purpose.NORM
        case "lookup":
            return Purpose.EMBEDDING
        case "scan":
            return Purpose.SCAN
        case "append" if output.cache is not None:
            return Purpose.CACHE_WRITE
        case "copy":
            return Purpose.COPY
        case "view":
            return Purpose.VIEW
    return Purpose.ELEMENTWISE
