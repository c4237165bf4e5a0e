"""Peak activations against a simulation that allocates and frees tensor by tensor."""

from __future__ import annotations

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from edgesym.architectures.locate import load
from edgesym.catalogue import REGISTRY, Case
from edgesym.engine.evaluate import evaluate
from edgesym.graph.builder import Builder
from edgesym.graph.convention import convention
from edgesym.graph.kernels import Kernel
from edgesym.graph.liveness import largest, live_sets, peak_elements
from edgesym.graph.tensor import Role, Tensor
from edgesym.runtimes import find_runtime
from edgesym.workload import phase
from tests.support import SCHEMES, STEPS, letters, partition, step_values

b, T, H, I, S = letters("b T H I S")


def simulated_peak(block, kernels, size):
    """Run the kernels one by one, counting who still needs each tensor."""
    home = {op.part: n for n, kernel in enumerate(kernels) for op in kernel.operations}
    source = {}
    for operation in block.operations:
        if operation.family == "view":
            first = operation.inputs[0].name
            source[operation.outputs[0].name] = source.get(first, first)
    maker = {t.name: home.get(op.part) for op in block.operations for t in op.outputs}
    needs = {}
    for operation in block.operations:
        for tensor in operation.inputs:
            name = source.get(tensor.name, tensor.name)
            kernel = home.get(operation.part)
            if kernel is not None and kernel != maker.get(name):
                needs.setdefault(name, set()).add(kernel)
    for tensor in block.exits:
        needs.setdefault(source.get(tensor.name, tensor.name), set()).add("exit")
    sizes = {t.name: t for op in block.operations for t in op.outputs}
    sizes |= {t.name: t for t in block.entries}
    memory = {t.name for t in block.entries if needs.get(t.name)}
    peak = 0
    for index, kernel in enumerate(kernels):
        made = (t for op in kernel.operations for t in op.outputs)
        memory |= {t.name for t in made if t.role is Role.ACTIVATION and needs.get(t.name)}
        peak = max(peak, sum(size(sizes[name]) for name in memory))
        for name in list(memory):
            needs[name].discard(index)
            if not needs[name]:
                memory.remove(name)
    return peak


@st.composite
def blocks(draw):
    """A random graph, and a cut of its operations into kernels."""
    build = Builder("block", phase("step"), convention())
    entry = Tensor("input", (sympy.Integer(draw(st.integers(1, 50))),))
    made = [entry]
    for index in range(draw(st.integers(1, 9))):
        inputs = draw(st.lists(st.sampled_from(made), min_size=1, max_size=3))
        family = draw(st.sampled_from(["pointwise", "pointwise", "view"]))
        extent = inputs[0].shape[0] if family == "view" else draw(st.integers(1, 50))
        output = Tensor(f"t{index}", (sympy.Integer(extent),))
        taken = inputs[:1] if family == "view" else inputs
        made.append(build.run(f"p{index}", family, "add", taken, output))
    exits = draw(st.lists(st.sampled_from(made), min_size=1, max_size=2, unique=True))
    block = build.finish(sympy.Integer(1), (entry,), exits)
    kernels, group = [], []
    for operation in (op for op in block.operations if op.family != "view"):
        group.append(operation)
        if draw(st.booleans()):
            kernels.append(Kernel(f"k{len(kernels)}", tuple(group)))
            group = []
    return block, [*kernels, *([Kernel("last", tuple(group))] if group else [])]


@given(blocks())
def test_the_peak_of_any_graph_is_that_of_the_simulation(drawn):
    block, kernels = drawn
    found = max((int(e) for e in peak_elements(block, kernels)), default=0)
    assert found == simulated_peak(block, kernels, lambda tensor: int(tensor.elements))


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("card", ["llama-3.2-1b", "gemma-3-1b", "llama-4-maverick"])
@pytest.mark.parametrize("step", STEPS)
def test_the_peak_of_a_real_block_is_that_of_the_simulation(card, scheme, step):
    model = load(card)
    values = step_values(model, step)

    def size(tensor):
        return evaluate(tensor.elements, values)

    peaks = []
    for block in model.blocks():
        kernels = partition(block, scheme)
        peaks.append(simulated_peak(block, kernels, size))
        assert max(evaluate(e, values) for e in peak_elements(block, kernels)) == peaks[-1]
    formula = REGISTRY["activation_bytes"].expression(
        Case(model, phase("step"), runtime=find_runtime(scheme))
    )
    assert evaluate(formula, values) == 2 * max(peaks)


def test_inside_a_fused_kernel_nothing_exists():
    decoder = load("llama-3.2-1b").blocks()[1]
    fused = {t.name for alive in live_sets(decoder, partition(decoder, "fused")) for t in alive}
    unfused = {t.name for alive in live_sets(decoder, partition(decoder, "unfused")) for t in alive}
    assert {"attention.scores", "attention.softmax", "feed_forward.up"} <= unfused - fused
    assert "attention.values" in fused


DOMINATED = [
    ([H, 2 * H, H + I], [2 * H, H + I]),
    ([2 * H, H], [2 * H]),
    ([H, H], [H]),
    ([H + b * T, b * (T + 1), H + b * T + 1], [b * T + b, H + b * T + 1]),
    ([sympy.Integer(3), sympy.Integer(5)], [5]),
    ([S - 1, S], [S]),
    ([], []),
]


@pytest.mark.parametrize(("candidates", "kept"), DOMINATED)
def test_only_candidates_that_may_be_the_largest_are_kept(candidates, kept):
    assert largest(candidates) == kept
