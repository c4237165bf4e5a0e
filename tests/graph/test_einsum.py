"""The einsum grammar, its costs against NumPy-like loops, and its errors."""

from __future__ import annotations

from math import prod

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from edgesym.errors import GraphError
from edgesym.graph.einsum import contraction
from tests.support import assert_equal_expression, letters

b, T, H, I, A, K, D, S, E, k, N = letters("b T H I A K D S E k N")

#: equation, inputs, output, multiply-adds, outputs.
COSTS = [
    ("t h, h i -> t i", [(T, H), (H, I)], (T, I), T * H * I, T * I),
    ("b t h, v h -> b t v", [(b, T, H), (I, H)], (b, T, I), b * T * H * I, b * T * I),
    ("h -> h", [(H,)], (H,), H, H),
    ("t h, t h -> t", [(T, H), (T, H)], (T,), T * H, T),
    (  # grouped queries: K shared by the A/K queries of its group
        "b t k g d, b s k d -> b k g t s",
        [(b, T, K, A / K, D), (b, S, K, D)],
        (b, K, A / K, T, S),
        b * T * A * D * S,
        b * A * T * S,
    ),
    (  # masked: the pairs that the mask lets through have an extent of their own
        "b t k g d, b s k d -> b k g (t s)",
        [(b, T, K, A / K, D), (b, S, K, D)],
        (b, K, A / K, N),
        b * A * D * N,
        b * A * N,
    ),
    (
        "b k g (t s), b s k d -> b t k g d",
        [(b, K, A / K, N), (b, S, K, D)],
        (b, T, K, A / K, D),
        b * A * D * N,
        b * T * A * D,
    ),
    (  # experts: each token picks k of E
        "b t h, e/j h i -> b t j i",
        [(b, T, H), (E, H, I)],
        (b, T, k, I),
        b * T * k * H * I,
        b * T * k * I,
    ),
    (" t  h ,h i->t i ", [(T, H), (H, I)], (T, I), T * H * I, T * I),
]


@pytest.mark.parametrize(("equation", "inputs", "output", "work", "made"), COSTS)
def test_the_work_is_the_product_of_the_extents(equation, inputs, output, work, made):
    found = contraction(equation, inputs, output)
    assert_equal_expression(found.multiply_adds, work)
    assert_equal_expression(found.outputs, made)


MATRICES = [(T, H), (H, I)]
BAD = [
    ("t h, h i", MATRICES, (T, I), "does not name 2 inputs and an output"),
    ("t h -> t i", MATRICES, (T, I), "does not name 2 inputs and an output"),
    ("t h, h i, i -> t", MATRICES, (T,), "does not name 2 inputs and an output"),
    ("t h, h i -> t", MATRICES, (T, I), r"'t' is no shape \(T, I\)"),
    ("t h x, h i -> t i", MATRICES, (T, I), r"'t h x' is no shape \(T, H\)"),
    ("t h, t i -> t i", MATRICES, (T, I), "index 't' is both T and H"),
    ("t h, h i -> h i", MATRICES, (T, I), "index 'h' is both H and T"),
    ("T h, h i -> t i", MATRICES, (T, I), "cannot read the operand 'T h'"),
    ("th, h i -> t i", MATRICES, (T, I), "cannot read the operand 'th'"),
    ("t h, h i -> (t i", MATRICES, (T, I), r"cannot read the operand '\(t i'"),
    ("t h, h/ i -> t i", MATRICES, (T, I), "cannot read the operand 'h/ i'"),
    ("... h, h i -> t i", MATRICES, (T, I), r"cannot read the operand '\.\.\. h'"),
    ("t h, e/j h i -> t i", [(T, H), (E, H, I)], (T, I), "no operand gives the extent of {'j'}"),
]


@pytest.mark.parametrize(("equation", "inputs", "output", "message"), BAD)
def test_an_einsum_that_does_not_fit_is_refused(equation, inputs, output, message):
    with pytest.raises(GraphError, match=message):
        contraction(equation, inputs, output)


AXES = "abcde"
some_axes = st.lists(st.sampled_from(AXES), min_size=1, max_size=4, unique=True)


@given(some_axes, some_axes, st.data())
def test_any_product_of_two_tensors_takes_a_step_per_combination_of_indices(left, right, data):
    both = sorted({*left, *right})
    kept = data.draw(st.lists(st.sampled_from(both), min_size=1, unique=True))
    sizes = {axis: data.draw(st.integers(1, 9)) for axis in both}
    found = contraction(
        f"{' '.join(left)}, {' '.join(right)} -> {' '.join(kept)}",
        [[sympy.Integer(sizes[a]) for a in operand] for operand in (left, right)],
        [sympy.Integer(sizes[a]) for a in kept],
    )
    assert found.multiply_adds == prod(sizes.values())
    assert found.outputs == prod(sizes[a] for a in kept)
