"""FLOPs per element of element-wise work, counted by running the defining formulas."""

from __future__ import annotations

import pytest

from edgesym.data import shipped
from edgesym.errors import UnknownNameError
from edgesym.graph.rules import flops_per_element


class Counted:
    """A number that counts the operations done with it."""

    done = 0

    def _step(self, *_):
        Counted.done += 1
        return Counted()

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _step
    __truediv__ = __rtruediv__ = __neg__ = __gt__ = exp = log = sqrt = _step
    tanh = erf = maximum = minimum = _step


def total(xs):
    """A sum of n numbers: n - 1 additions."""
    first, *rest = xs
    for x in rest:
        first = first + x
    return first


def sums(xs):
    """The sum of a row, for each of its numbers."""
    return [total(xs)] * len(xs)


def largest(xs):
    first, *rest = xs
    for x in rest:
        first = first.maximum(x)
    return first


def butterflies(xs):
    """A halving of a fast Fourier transform: of each pair of complex numbers two."""
    made = []
    for _ in zip(xs[::2], xs[1::2], strict=True):
        a, b, c, d, w, v = (Counted() for _ in range(6))  # a + ib, c + id, the root w + iv
        real, imaginary = c * w - d * v, c * v + d * w
        made += [a + real, b + imaginary, a - real, b - imaginary]
    return made


def rms_norm(xs, weighted=True):
    scale = 1 / (total([x * x for x in xs]) / len(xs) + 1e-6).sqrt()
    normed = [x * scale for x in xs]
    return [x * Counted() for x in normed] if weighted else normed


def layer_norm(xs, weighted=True, biased=True):
    mean = total(xs) / len(xs)
    centred = [x - mean for x in xs]
    scale = 1 / (total([c * c for c in centred]) / len(xs) + 1e-6).sqrt()
    normed = [c * scale for c in centred]
    weighed = [x * Counted() for x in normed] if weighted else normed
    return [x + Counted() for x in weighed] if biased else weighed


def softmax(xs):
    top = largest(xs)
    powers = [(x - top).exp() for x in xs]
    whole = total(powers)
    return [p / whole for p in powers]


def gelu_tanh(x):
    return x * (1 + (0.797885 * (x + 0.044715 * (x * x * x))).tanh()) / 2


def silu(x):
    return x / (1 + (-x).exp())


def clip(x):
    return x.maximum(-7).minimum(7)


def square(x):
    return x * x


def paired(function):
    """A function of two numbers, over a vector and another."""
    return lambda xs: [function(x, Counted()) for x in xs]


def each(function):
    return lambda xs: [function(x) for x in xs]


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
    "add": paired(lambda x, y: x + y),
    "multiply": paired(lambda x, y: x * y),
    "scale": each(lambda x: 2.5 * x),
    "multiply_add": lambda xs: total([x * Counted() for x in xs]),
    "rotary": paired(lambda x, y: x * 0.6 + y * 0.8),
    "dropout": paired(lambda x, mask: x * mask * 1.25),
    "interpolate": paired(lambda x, y: 0.3 * x + 0.7 * y),
    "compare": each(lambda x: x > 0.5),
    "silu": each(silu),
    "clamped_swish": each(clamped_swish),
    "clamped_silu": each(lambda x: silu(x.minimum(7))),
    "clamped_product": paired(lambda gate, up: (clip(up) + 1) * gate),
    "clipped_product": paired(lambda gate, up: gate.minimum(7) * clip(up)),
    "clipped_up_product": paired(lambda gate, up: gate * clip(up)),
    "sigmoid": each(lambda x: 1 / (1 + (-x).exp())),
    "softplus": each(lambda x: (1 + x.exp()).log()),
    "sqrt_softplus": each(lambda x: (1 + x.exp()).log().sqrt()),
    "mixing_step": lambda xs: [x / (y + 1e-6) for x, y in zip(xs, sums(xs), strict=True)],
    "decay": each(lambda x: (-0.5 * x).exp()),
    "relu": each(lambda x: x.maximum(0)),
    "relu2": each(lambda x: square(x.maximum(0))),
    "gelu": each(lambda x: x * (1 + (x / 1.414214).erf()) / 2),
    "gelu_tanh": each(gelu_tanh),
    "gelu_clipped": each(lambda x: clip(x * (1 + (x / 1.414214).erf()) / 2)),
    "quick_gelu": each(lambda x: x / (1 + (-(1.702 * x)).exp())),
    "leaky_relu": each(lambda x: 0.01 * x if x > 0 else x),
    "relu6": each(lambda x: x.maximum(0).minimum(6)),
    "hardswish": each(lambda x: x * (x + 3).maximum(0).minimum(6) / 6),
    "mish": each(lambda x: x * (1 + x.exp()).log().tanh()),
    "laplace": each(lambda x: (1 + ((x - 0.707107) / 0.398942).erf()) / 2),
    "identity": each(lambda x: x),
    "xielu": each(lambda x: 0.8 * (x.minimum(-1e-6).exp() - 1 - x) + 0.5 * x),
    "clip": each(clip),
    "tanh": each(Counted.tanh),
    "softcap": each(lambda x: 30 * (x / 30).tanh()),
    "gaussian_topk": gaussian_topk,
    "fft": butterflies,
    "mean_square": lambda xs: total([square(x) for x in xs]),
    "rms_norm": rms_norm,
    "l2_norm": lambda xs: rms_norm(xs, weighted=False),
    "layer_norm": layer_norm,
    "layer_norm_no_bias": lambda xs: layer_norm(xs, biased=False),
    "standardise": lambda xs: layer_norm(xs, weighted=False, biased=False),
    "softmax": softmax,
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
