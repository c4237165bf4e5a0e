"""What operations of traced code are for, found in their data flow and not in their names."""

from edgesym.graph.meaning import Group, Purpose
from edgesym.graph.operation import Operation
from edgesym.graph.tensor import Role, Tensor
from edgesym.symbols import symbol
from edgesym.tracing.meant import meant

b, T, H, I, E, k, V = map(
    symbol,
    ("batch", "new_tokens", "hidden", "intermediate", "experts", "experts_per_token", "vocab"),
)


class Code:
    """Operations as they come out of code, named by number."""

    def __init__(self, *extents):
        self.entry = Tensor("entry", extents)
        self.operations = []

    def run(self, family, function, inputs, extents, purpose=Purpose.ELEMENTWISE, role=None):
        name = f"x{len(self.operations)}"
        made = Tensor(name, extents, role or Role.ACTIVATION)
        self.operations.append(Operation(name, family, function, tuple(inputs), (made,), purpose))
        return made

    def project(self, given, out):
        weight = Tensor(f"w{len(self.operations)}", (given.shape[-1], out), Role.WEIGHT)
        return self.run(
            "contraction",
            "b t k, k n -> b t n",
            (given, weight),
            (*given.shape[:-1], out),
            Purpose.PROJECTION,
        )

    def found(self):
        return {op.part: op.purpose for op in meant(self.operations, (self.entry,))}


def test_a_gated_layer_and_its_residual_sum():
    code = Code(b, T, H)
    gate, up = code.project(code.entry, I), code.project(code.entry, I)
    acted = code.run("pointwise", "silu", (gate,), gate.shape)
    product = code.run("pointwise", "multiply", (acted, up), up.shape)
    down = code.project(product, H)
    added = code.run("pointwise", "add", (code.entry, down), down.shape)
    assert code.found() == {
        gate.name: Purpose.GATE,
        up.name: Purpose.UP,
        acted.name: Purpose.ACTIVATION,
        product.name: Purpose.PRODUCT,
        down.name: Purpose.DOWN,
        added.name: Purpose.RESIDUAL,
    }


def test_an_activation_written_out_is_of_one_product():
    code = Code(b, T, H)
    up = code.project(code.entry, I)
    cubed = code.run("pointwise", "multiply", (up,), up.shape)
    bent = code.run("pointwise", "tanh", (cubed,), up.shape)
    acted = code.run("pointwise", "multiply", (up, bent), up.shape)
    down = code.project(acted, H)
    found = code.found()
    assert {found[t.name] for t in (cubed, bent, acted)} == {Purpose.ACTIVATION}
    assert (found[up.name], found[down.name]) == (Purpose.UP, Purpose.DOWN)


def test_a_router_ends_in_a_choice():
    code = Code(b, T, H)
    router = code.project(code.entry, E)
    soft = code.run("normalisation", "softmax", (router,), router.shape, Purpose.SOFTMAX)
    best = code.run("reduction", "compare", (soft,), (b, T, k))
    whole = code.run("reduction", "add", (best,), (b, T, 1))
    share = code.run("pointwise", "scale", (best, whole), (b, T, k))
    given = code.project(code.entry, H)
    weighed = code.run("pointwise", "multiply", (given, share), (b, T, k, H))
    summed = code.run("reduction", "add", (weighed,), (b, T, H))
    found = code.found()
    assert found[router.name] is Purpose.ROUTER
    assert {found[t.name] for t in (soft, best, whole, share)} == {Purpose.SCORING}
    assert (found[weighed.name], found[summed.name]) == (Purpose.COMBINE, Purpose.COMBINE)


def test_a_head_has_the_vocabulary_and_a_bias_is_a_weight():
    code = Code(b, T, H)
    logits = code.project(code.entry, V)
    bias = Tensor("bias", (V,), Role.WEIGHT, group=Group.BIAS)
    added = code.run("pointwise", "add", (logits, bias), logits.shape)
    assert code.found() == {logits.name: Purpose.HEAD, added.name: Purpose.BIAS}
