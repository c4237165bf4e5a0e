"""FLOPs per element of element-wise work, counted by running the defining formulas."""

from __future__ import annotations

import pytest
import sympy

from edgesym.data import shipped
from edgesym.errors import GraphError, UnknownNameError
from edgesym.graph.convention import convention
from edgesym.graph.operation import Operation
from edgesym.graph.rules import RULES, flops, flops_per_element
from edgesym.graph.tensor import Role, Tensor
from tests.support import letters

b, T, H, V = letters("b T H V")


class Counted:
    """A number that counts the operations done with it."""

    done = 0

    def _step(self, *_):
        Counted.done += 1
        return Counted()

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _step
    __truediv__ = __rtruediv__ = __neg__ = exp = tanh = erf = sqrt = maximum = minimum = _step


def total(xs):
    """A sum of n numbers: n - 1 additions."""
    first, *rest = xs
    for x in rest:
        first = first + x
    return first


def largest(xs):
    first, *rest = xs
    for x in rest:
        first = first.maximum(x)
    return first


def rms_norm(xs, weighted=True):
    scale = 1 / (total([x * x for x in xs]) / len(xs) + 1e-6).sqrt()
    normed = [x * scale for x in xs]
    return [x * Counted() for x in normed] if weighted else normed


def layer_norm(xs):
    mean = total(xs) / len(xs)
    centred = [x - mean for x in xs]
    scale = 1 / (total([c * c for c in centred]) / len(xs) + 1e-6).sqrt()
    return [c * scale * Counted() + Counted() for c in centred]


def softmax(xs):
    top = largest(xs)
    powers = [(x - top).exp() for x in xs]
    whole = total(powers)
    return [p / whole for p in powers]


def gelu_tanh(x):
    return x * (1 + (0.797885 * (x + 0.044715 * (x * x * x))).tanh()) / 2


def clamped_swish(x):
    z = x.minimum(7.0)
    return z / (1 + (-(1.702 * z)).exp())


def gaussian_topk(xs):
    mean = total(xs) / len(xs)
    variance = total([c * c for c in (x - mean for x in xs)]) / len(xs)
    cutoff = mean + 1.645 * variance.sqrt()
    return [(x - cutoff).maximum(0) for x in xs]


#: Row -> its formula over a vector, as the publication it is from defines it.
FORMULAS = {
    "add": lambda xs: [x + Counted() for x in xs],
    "multiply": lambda xs: [x * Counted() for x in xs],
    "scale": lambda xs: [2.5 * x for x in xs],
    "multiply_add": lambda xs: total([x * Counted() for x in xs]),
    "rotary": lambda xs: [x * 0.6 + y * 0.8 for x, y in zip(xs, [*xs[1:], xs[0]], strict=True)],
    "silu": lambda xs: [x / (1 + (-x).exp()) for x in xs],
    "sigmoid": lambda xs: [1 / (1 + (-x).exp()) for x in xs],
    "relu": lambda xs: [x.maximum(0) for x in xs],
    "relu2": lambda xs: [r * r for r in (x.maximum(0) for x in xs)],
    "gelu": lambda xs: [x * (1 + (x / 1.414214).erf()) / 2 for x in xs],
    "gelu_tanh": lambda xs: [gelu_tanh(x) for x in xs],
    "clip": lambda xs: [x.maximum(-8).minimum(8) for x in xs],
    "softcap": lambda xs: [30 * (x / 30).tanh() for x in xs],
    "rms_norm": rms_norm,
    "l2_norm": lambda xs: rms_norm(xs, weighted=False),
    "layer_norm": layer_norm,
    "softmax": softmax,
    "tanh": lambda xs: [x.tanh() for x in xs],
    "mean_square": lambda xs: total([x * x for x in xs]) / len(xs),
    "gaussian_topk": gaussian_topk,
    "clamped_swish": lambda xs: [clamped_swish(x) for x in xs],
    "clamped_product": lambda xs: [(x.maximum(-7).minimum(7) + 1) * Counted() for x in xs],
    "clipped_product": lambda xs: [x.maximum(-7).minimum(7) * Counted().minimum(7) for x in xs],
    "scaled_softmax": lambda xs: softmax([0.125 * x for x in xs]),
}


def operations(formula, length):
    Counted.done = 0
    formula([Counted() for _ in range(length)])
    return Counted.done


def test_every_row_has_a_formula():
    assert shipped("graph/data", "costs").keys() == FORMULAS.keys()


@pytest.mark.parametrize("function", FORMULAS)
def test_the_cost_of_an_element_is_what_its_formula_does(function):
    formula = FORMULAS[function]
    # What happens once per row drops out of the difference.
    per_element = (operations(formula, 30) - operations(formula, 10)) / 20
    assert flops_per_element(function) == per_element


def test_an_unknown_function_is_refused():
    with pytest.raises(UnknownNameError, match="element-wise function 'sillu'; nearest: silu"):
        flops_per_element("sillu")


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


def test_every_family_has_been_priced():
    assert RULES.keys() == {"contraction", *(family for family, *_ in FAMILIES)}


def test_a_family_without_a_rule_is_an_error_and_never_zero():
    operation = Operation("ssm.scan", "scan", "selective", (NARROW,), (NARROW,))
    with pytest.raises(GraphError, match=r"ssm\.scan: family 'scan' has no cost rule; there are"):
        flops(operation, convention())


def test_a_one_hot_embedding_is_a_product_with_the_table():
    operation = Operation("embedding", "lookup", "gather", (IDS, TABLE), (NARROW,))
    one_hot = flops(operation, convention("pytorch,embedding=one-hot"))
    assert sympy.expand(one_hot - 2 * b * T * V * H) == 0
    assert flops(operation, convention("macs,embedding=one-hot")) == b * T * V * H
