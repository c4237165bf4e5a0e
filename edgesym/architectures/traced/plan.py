"""A block that came out of a model's own code, in the place of one that is built by layers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import sympy

from edgesym.architectures.model import Model
from edgesym.architectures.traced.domain import Condition, made_conditions
from edgesym.architectures.traced.implied import without_implied
from edgesym.frozen import FrozenMap
from edgesym.graph.block import Block, assemble
from edgesym.graph.convention import Convention
from edgesym.graph.meaning import Purpose
from edgesym.graph.operation import Operation
from edgesym.graph.tensor import Cache, Role, Tensor
from edgesym.symbols import symbol
from edgesym.workload import Workload

__all__ = ["Traced", "TracedPlan", "holding"]

#: Blocks remembered: those of some hundred traced models, in a few phases.
_REMEMBERED = 1024


@dataclass(frozen=True, slots=True)
class TracedPlan:
    """A distinct block as it was traced; it stands where a plan of layers does.

    Attributes:
        name: unique in the model.
        repeat: how often it is repeated.
        operations: in the order they ran, over b sequences of T new and C cached tokens.
        entries: tensors that come from the block before.
        exits: tensors that the next block takes.
        over: the tokens it runs over (:meth:`edgesym.workload.Workload.over`).
        first: the block where nothing is cached, if its code is another there.
        single: the block where one token is new, if its code is another there.
    """

    name: str
    repeat: sympy.Expr
    operations: tuple[Operation, ...]
    entries: tuple[Tensor, ...]
    exits: tuple[Tensor, ...]
    over: str = "new"
    first: TracedPlan | None = None
    single: TracedPlan | None = None

    @property
    def has_cases(self) -> bool:
        """Whether its code is another for one token, or on an empty cache."""
        return self.first is not None or self.single is not None

    @property
    def operators(self) -> tuple[sympy.Symbol, ...]:
        """What one call of each operator computes of which nobody but the user knows it."""
        own = [op.function for op in self.operations if op.family == "custom"]
        cases = (case for case in (self.first, self.single) if case is not None)
        return (
            *(symbol("operator_flops", kind) for kind in own),
            *(made for case in cases for made in case.operators),
        )

    def build(self, workload: Workload, counting: Convention) -> Block:
        """The block's dataflow graph for a workload, under a convention.

        What a step of T tokens on C cached ones costs holds for T = 1 and C = 0 too, unless the
        code has a branch of its own there; then the workload decides which it is.
        """
        if self.over == "source" and workload.new_source == 0:
            return _built(self._idle(), workload, counting)
        if self.first is not None and workload.cached == 0:
            return self.first.build(workload, counting)
        if self.single is not None and workload.new == 1:
            return self.single.build(workload, counting)
        return _built(self, workload, counting)

    def _idle(self) -> TracedPlan:
        """The block where it does not run: its weights alone."""
        weights = {
            t.name: t
            for op in self.operations
            for t in op.inputs
            if t.role is Role.WEIGHT and t.copies != 0
        }
        idle = tuple(
            Operation(
                f"{name}.idle",
                "view",
                "idle",
                (weight,),
                (replace(weight, name=f"{name}.idle", copies=sympy.Integer(0)),),
                Purpose.VIEW,
            )
            for name, weight in weights.items()
        )
        return replace(self, operations=idle, entries=(), exits=())


@dataclass(frozen=True, slots=True)
class Traced:
    """A model out of its own code, and what is known of how it came about.

    Attributes:
        model: it stands where a model of layers does.
        lines: ``block/part`` -> file and line of the code that ran it.
        layers: the block of each layer, from the first on.
    """

    model: Model
    lines: FrozenMap[str, str]
    layers: tuple[str, ...]


def holding(model: Model, work: Workload) -> tuple[Condition, ...]:
    """Where the forms of a step hold, of a model out of its own code; nothing of any other.

    The conditions of its domain; and, where the code has a way of its own for one token or for an
    empty cache and the step leaves open how many there are, that they are more.
    """
    plans = [plan for plan in model.plans if isinstance(plan, TracedPlan)]
    case = "first" if work.cached == 0 else "single" if work.new == 1 else "step"
    put = {symbol("batch"): work.batch, symbol("new_tokens"): work.new}
    more = []
    if case == "step" and any(plan.single for plan in plans):
        more.append(sympy.Ge(work.new, 2))
    if case != "first" and any(plan.first for plan in plans):
        more.append(sympy.Ge(work.cached, 1))
    asked = model.domain.of_call(case, {**put, symbol("cached_tokens"): work.cached})
    return without_implied(dict.fromkeys((*made_conditions(more), *asked)))


@lru_cache(maxsize=_REMEMBERED)
def _built(plan: TracedPlan, workload: Workload, counting: Convention) -> Block:
    work = workload.over(plan.over)
    put = {
        symbol("batch"): work.batch,
        symbol("new_tokens"): work.new,
        symbol("cached_tokens"): work.cached,
        symbol("source_tokens"): work.source,
        symbol("new_source_tokens"): workload.new_source,
        symbol("cached_source_tokens"): workload.cached_source,
    }

    def expression(given: sympy.Expr | None) -> sympy.Expr | None:
        return None if given is None else given.xreplace(put)

    def tensor(given: Tensor) -> Tensor:
        cache = given.cache and Cache(
            *(expression(part) for part in (given.cache.held, given.cache.fresh, given.cache.kept))
        )
        return replace(
            given,
            shape=tuple(extent.xreplace(put) for extent in given.shape),
            touched=expression(given.touched),
            active=expression(given.active),
            cache=cache,
        )

    operations = [
        replace(
            operation,
            inputs=tuple(tensor(t) for t in operation.inputs),
            outputs=tuple(tensor(t) for t in operation.outputs),
        )
        for operation in plan.operations
    ]
    ends = (tuple(map(tensor, plan.entries)), tuple(map(tensor, plan.exits)))
    return assemble(plan.name, plan.repeat, operations, ends, counting, of_code=True)
