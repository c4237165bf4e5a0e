"""The rule of each family of operations, and the error where there is none."""

from __future__ import annotations

import pytest
import sympy

from edgesym.errors import GraphError
from edgesym.graph.convention import convention
from edgesym.graph.operation import Operation
from edgesym.graph.rules import flops
from edgesym.graph.tensor import Role, Tensor
from tests.support import letters

b, T, H, V = letters("b T H V")
WIDE, NARROW = Tensor("wide", (b, T, V)), Tensor("narrow", (b, T, H))
IDS, TABLE = Tensor("ids", (b, T), Role.TOKEN), Tensor("table", (V, H), Role.WEIGHT)

#: family, function, inputs, output -> FLOPs where element-wise work counts.
FAMILIES = [
    ("pointwise", "multiply", (WIDE, WIDE), NARROW, b * T * H),
    ("normalisation", "softmax", (WIDE,), NARROW, 5 * b * T * V),
    ("reduction", "multiply_add", (WIDE,), NARROW, 2 * b * T * V),
    ("lookup", "gather", (IDS, TABLE), NARROW, 0),
    ("append", "rows", (NARROW,), WIDE, 0),
    ("view", "reshape", (NARROW,), WIDE, 0),
]


@pytest.mark.parametrize(("family", "function", "inputs", "output", "expected"), FAMILIES)
def test_a_family_is_priced_by_its_rule(family, function, inputs, output, expected):
    operation = Operation("part", family, function, inputs, (output,))
    assert flops(operation, convention()) == expected
    assert flops(operation, convention("default,elementwise=ignored")) == 0


def test_a_family_without_a_rule_is_an_error_and_never_zero():
    operation = Operation("router.top", "sort", "largest", (NARROW,), (NARROW,))
    with pytest.raises(GraphError, match=r"router\.top: family 'sort' has no cost rule; there are"):
        flops(operation, convention())


def test_a_one_hot_embedding_is_a_product_with_the_table():
    operation = Operation("embedding", "lookup", "gather", (IDS, TABLE), (NARROW,))
    one_hot = flops(operation, convention("pytorch,embedding=one-hot"))
    assert sympy.expand(one_hot - 2 * b * T * V * H) == 0
    assert flops(operation, convention("macs,embedding=one-hot")) == b * T * V * H
