"""Cost rules: what an operation of each family computes, as a pure function of its tensors.

A family without a rule is an error; it never counts as zero.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import sympy

from edgesym.data import shipped
from edgesym.errors import GraphError, UnknownNameError
from edgesym.graph.convention import Convention
from edgesym.graph.einsum import contraction
from edgesym.graph.operation import Operation
from edgesym.symbols import symbol

__all__ = ["RULES", "flops", "flops_per_element"]

Rule = Callable[[Operation, Convention], sympy.Expr]


@cache
def _costs() -> dict[str, int]:
    return {name: len(row["steps"]) for name, row in shipped("graph/data", "costs").items()}


def flops_per_element(function: str) -> int:
    """c_f, the arithmetic of one element, as ``data/costs.toml`` spells it out.

    >>> flops_per_element("silu")
    4

    Raises:
        UnknownNameError: no such row.
    """
    if function not in _costs():
        raise UnknownNameError("element-wise function", function, _costs())
    return _costs()[function]


def scan_costs(function: str) -> dict[str, list[str]]:
    """The steps and the products of a recurrence, as ``data/scans.toml`` spells them out.

    >>> scan_costs("ssd")["products"]
    ['h C']

    Raises:
        UnknownNameError: no such row.
    """
    rows = shipped("graph/data", "scans")
    if function not in rows:
        raise UnknownNameError("recurrence", function, rows)
    return dict(rows[function])


def contraction_flops(operation: Operation, convention: Convention) -> sympy.Expr:
    """2 x the product of the extents of every index of the einsum.

    Under ``multiply_add = "1"`` once the product; under ``"2k-1"`` one addition
    less per element of the output.
    """
    cost = contraction(
        operation.function, [t.shape for t in operation.inputs], operation.outputs[0].shape
    )
    if convention.multiply_add == "1":
        return cost.multiply_adds
    if convention.multiply_add == "2k-1":
        return 2 * cost.multiply_adds - cost.outputs
    return 2 * cost.multiply_adds


def pointwise_flops(operation: Operation, convention: Convention) -> sympy.Expr:
    """c_f x elements out; nothing where element-wise work is not counted."""
    if convention.elementwise == "ignored":
        return sympy.Integer(0)
    return flops_per_element(operation.function) * operation.outputs[0].elements


def reduction_flops(operation: Operation, convention: Convention) -> sympy.Expr:
    """c_f x elements of the first input; nothing where element-wise work is not counted."""
    if convention.elementwise == "ignored":
        return sympy.Integer(0)
    return flops_per_element(operation.function) * operation.inputs[0].elements


def lookup_flops(operation: Operation, convention: Convention) -> sympy.Expr:
    """0; as a one-hot product 2 x rows of the table x elements out."""
    if convention.embedding == "lookup":
        return sympy.Integer(0)
    rows = operation.inputs[1].shape[0]
    each = {"1": rows, "2": 2 * rows, "2k-1": 2 * rows - 1}[convention.multiply_add]
    return each * operation.outputs[0].elements


def scan_flops(operation: Operation, convention: Convention) -> sympy.Expr:
    """T (c_f + 2 p) x elements of the state, for c_f steps and p products of ``data/scans.toml``.

    Outputs are (y, state). The steps update every element of the state once per token and
    are element-wise work; a product sums the state over one index, as a multiply-add per
    element, and its result has the shape of y. Element-wise work per element of y is added.
    """
    made, state = operation.outputs
    row = scan_costs(operation.function)
    passes = made.shape[1] * state.elements
    ignored = convention.elementwise == "ignored"
    steps = 0 if ignored else len(row["steps"])
    results = 0 if ignored else len(row.get("results", []))
    each = 1 if convention.multiply_add == "1" else 2
    saved = made.elements if convention.multiply_add == "2k-1" else sympy.Integer(0)
    work = steps * passes + results * made.elements
    return work + len(row["products"]) * (each * passes - saved)


def no_flops(operation: Operation, convention: Convention) -> sympy.Expr:
    """0: data is moved or renamed, not computed."""
    return sympy.Integer(0)


def custom_flops(operation: Operation, convention: Convention) -> sympy.Expr:
    """F_o of an operator of which nobody else knows what it computes, whatever the convention."""
    return symbol("operator_flops", operation.function)


#: Family -> rule. Sources: the counting of FLOPs by index extents is that of
#: Kaplan et al. 2020 (arXiv:2001.08361, table 1) and of FlopCounterMode's formulas.
RULES: dict[str, Rule] = {
    "contraction": contraction_flops,
    "pointwise": pointwise_flops,
    "normalisation": reduction_flops,
    "reduction": reduction_flops,
    "lookup": lookup_flops,
    "scan": scan_flops,
    "append": no_flops,
    "copy": no_flops,
    "view": no_flops,
    "custom": custom_flops,
}


def flops(operation: Operation, convention: Convention) -> sympy.Expr:
    """FLOPs of an operation under a convention.

    Raises:
        GraphError: its family has no rule.
    """
    if operation.family not in RULES:
        raise GraphError(
            f"{operation.part}: family {operation.family!r} has no cost rule; "
            f"there are {', '.join(RULES)}"
        )
    return RULES[operation.family](operation, convention)
