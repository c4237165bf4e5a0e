"""DeBERTa's attention: products, weights and shared projections, counted by hand from the paper."""

from __future__ import annotations

import pytest
import sympy

from edgesym.graph.builder import Builder
from edgesym.graph.convention import convention
from edgesym.graph.tensor import Role, Tensor
from edgesym.layers import LAYERS
from edgesym.workload import phase
from tests.support import assert_equal_expression, letters

b, T, H, A, D, N_b = letters("b T H A D N_b")
#: Projections of queries, keys, values and output, scores and mix.
CONTENT = b * T * (8 * H * A * D + 4 * T * A * D)
#: Keys or queries made of the distances, and each token with every distance.
DISTANCE = 2 * N_b * H * A * D + 2 * b * T * N_b * A * D


def built(**options):
    build = Builder("block", phase("prefill"), convention("pytorch"))
    entry = Tensor("input", (b, T, H))
    x = LAYERS["distances"](build, "distances", entry)
    leaving = LAYERS["disentangled_attention"](build, "mixer", x, source="distances", **options)
    return build.finish(sympy.Integer(1), (entry,), (leaving,))


def flops(found):
    return sum(data["flops"] for _, data in found.graph.nodes(data=True))


def weights(found):
    """Stored weights, by name once."""
    made = {t.name: t for o in found.operations for t in o.inputs if t.role is Role.WEIGHT}
    return sympy.Add(*(t.elements for t in made.values()))


@pytest.mark.parametrize(
    ("options", "extra"),
    [
        ({}, 2 * DISTANCE),
        ({"from_position": False}, DISTANCE),
        ({"to_position": False}, DISTANCE),
        ({"to_position": False, "from_position": False}, 0),
        ({"shared": True}, 2 * DISTANCE),
        ({"shared": True, "from_position": False}, DISTANCE + 2 * N_b * H * A * D),
    ],
)
def test_products_are_those_of_the_paper(options, extra):
    assert_equal_expression(flops(built(**options)), CONTENT + extra)


def test_shared_projections_are_stored_once():
    whole = 4 * H * A * D + 3 * A * D + H + N_b * H
    assert_equal_expression(weights(built(shared=True)), whole)
    assert_equal_expression(weights(built()), whole + 2 * (H * A * D + A * D))
