"""What traced operations are for, as their neighbours say it."""

from edgesym.graph.meaning import Purpose
from edgesym.graph.operation import Operation
from edgesym.graph.tensor import Tensor
from edgesym.symbols import symbol
from edgesym.tracing.meant import meant

SHAPE = (symbol("batch"), symbol("context"))


def made(name, family, function, purpose, *inputs):
    tensors = tuple(Tensor(given, SHAPE) for given in inputs)
    return Operation(name, family, function, tensors, (Tensor(name, SHAPE),), purpose)


def attention(between):
    return [
        made("scores", "contraction", "b k, b k -> b k", Purpose.MIXING, "q", "k"),
        made("scale", "pointwise", "multiply", Purpose.ELEMENTWISE, "scores"),
        made("soft", "normalisation", "softmax", Purpose.SOFTMAX, "scale"),
        *between,
        made(
            *("values", "contraction", "b k, b k -> b k", Purpose.MIXING),
            *(between[-1].part if between else "soft", "v"),
        ),
    ]


def test_products_around_a_softmax_are_scores_and_values():
    found = {op.part: op.purpose for op in meant(attention([]), ())}
    assert found == {
        "scores": Purpose.SCORES,
        "scale": Purpose.SCORE_MODIFIER,
        "soft": Purpose.SOFTMAX,
        "values": Purpose.VALUES,
    }


def test_each_operation_is_looked_at_once():
    # a sum of a tensor with itself has two ways through: 2^200 through all of these
    sums, last = [], "soft"
    for count in range(200):
        sums.append(made(f"sum{count}", "pointwise", "add", Purpose.ELEMENTWISE, last, last))
        last = f"sum{count}"
    assert meant(attention(sums), ())[-1].purpose is Purpose.VALUES
