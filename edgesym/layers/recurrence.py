"""What all recurrences have in common: a state that outlives the step."""

from __future__ import annotations

from collections.abc import Sequence

import sympy
from sympy import Min

from edgesym.graph.builder import Builder
from edgesym.graph.tensor import Cache, Role, Tensor
from edgesym.workload import Workload

__all__ = ["carry", "scan"]


def carry(
    build: Builder, name: str, *axes: sympy.Expr, role: Role = Role.STATE
) -> tuple[Tensor, Tensor]:
    """The state that a step finds and the one it leaves, of shape (b, axes) each.

    Its size does not depend on the tokens: a step reads all of it, if there was a step
    before, and writes all of it.
    """
    shape = (build.workload.batch, *axes)
    elements = sympy.Mul(*shape)
    held = elements * _begun(build.workload)
    before = Tensor(f"{name}_before", shape, role, touched=held)
    return before, Tensor(name, shape, role, cache=Cache(held, elements, elements))


def scan(
    build: Builder,
    part: str,
    function: str,
    inputs: Sequence[Tensor],
    state: Sequence[sympy.Expr],
    width: sympy.Expr,
    role: Role = Role.STATE,
) -> Tensor:
    """Run a recurrence over the new tokens: (b, T, ...) -> (b, T, width).

    Args:
        function: a row of ``graph/data/scans.toml``.
        state: the axes of one sequence's state.
        role: in which format the state is held.
    """
    before, after = carry(build, f"{part}_state", *state, role=role)
    made = build.activation(part, build.workload.batch, build.workload.new, width)
    return build.run(part, "scan", function, (*inputs, before), made, after)


def _begun(workload: Workload) -> sympy.Expr:
    """1 where tokens came before those of the step, else 0."""
    if workload.cached == 0:
        return sympy.Integer(0)
    return sympy.Integer(1) if workload.new == 1 else Min(1, workload.cached)
