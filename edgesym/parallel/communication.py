"""What devices send each other, and how long a pipeline of them stands idle.

Collectives are those of a ring (Patarasu and Yuan 2009, doi:10.1016/j.jpdc.2008.09.002): of n
elements each of g devices sends n (g - 1) / g in a reduce-scatter or an all-gather, and twice
that in an all-reduce, which is one after the other. Amounts are what a device sends.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from edgesym.graph.tensor import Role
from edgesym.ledger import Kind, Row
from edgesym.parallel.sharding import GRADIENT, PARAMETER, parameters_per_device
from edgesym.parallel.splitting import shared_sums
from edgesym.quantities.registry import Case, quantity
from edgesym.quantities.time import RATE
from edgesym.symbols import symbol
from edgesym.training.passes import Pass, book, passes, summed, training_flops

__all__ = [
    "data_parallel_traffic",
    "iteration_time",
    "pipeline_bubble",
    "pipeline_traffic",
    "tensor_parallel_traffic",
    "training_tensor_parallel_traffic",
]


def scattered(devices: sympy.Expr) -> sympy.Expr:
    """Share of a tensor that each device of a ring sends in a reduce-scatter or all-gather."""
    return (devices - 1) / devices


def _summed(case: Case, forward: int, backward: int) -> sympy.Expr:
    """Bytes that a device sends for the sums that its part of each layer leaves open."""
    sent = 2 * scattered(symbol("tensor_parallel")) * case.widths(Role.ACTIVATION)

    def rows(block: Pass) -> Iterator[Row]:
        again = int(case.training.repeated == "full" and block.place == "layer" and backward > 0)
        times = {"forward": forward + again, "backward": backward}
        for item in shared_sums(block.operations):
            amount = times[item.direction] * item.tensor.elements * sent
            if amount != 0:
                name = f"{item.tensor.name}.{item.direction}"
                yield block.row(item.part, amount, Kind.WRITE, name)

    return summed(book(case, rows))


@quantity("B", "training", of_part=True)
def tensor_parallel_traffic(case: Case) -> sympy.Expr:
    """Bytes a device sends in a forward step of a model divided over t devices.

    An all-reduce after each contraction that sums over a divided axis: two in a layer
    (Shoeybi et al. 2019, arXiv:1909.08053, section 3), so 4 b T H (t - 1) / t elements.
    """
    return _summed(case, 1, 0)


@quantity("B", "training", of_part=True, phase="prefill")
def training_tensor_parallel_traffic(case: Case) -> sympy.Expr:
    """Bytes a device sends to train on b sequences with a model divided over t devices.

    In the backward pass one all-reduce more for each tensor that enters divided matrices
    whole: 8 b S H (t - 1) / t elements in a layer (Narayanan et al. 2021, arXiv:2104.04473,
    section 3.2). An all-gather and a reduce-scatter with ``split=sequence`` send as much;
    ``recompute=full`` repeats those of the forward pass.
    """
    return _summed(case, 1, 1)


@quantity("B", "training", phase="prefill")
def pipeline_traffic(case: Case) -> sympy.Expr:
    """Bytes that pass between two stages for one microbatch: b S H there, and as many back.

    Times v where v chunks of layers interleave (Narayanan et al. 2021, sections 2.2 and 3.2).
    """
    layers = [block for block in passes(case) if block.place == "layer"]
    crossing = sympy.Add(*(tensor.elements for tensor in layers[-1].block.exits))
    crossings = symbol("model_chunks") if case.training.pipeline == "interleaved" else 1
    return 2 * crossings * crossing * case.widths(Role.ACTIVATION)


@quantity("B", "training", phase="prefill")
def data_parallel_traffic(case: Case) -> sympy.Expr:
    """Bytes a device sends in an iteration so that d copies of the model agree.

    An all-reduce of the gradients; with ``zero=1`` or 2 a reduce-scatter of them and an
    all-gather of the parameters, as much; with 3 an all-gather more, 3 Psi (d - 1) / d
    elements in all (Rajbhandari et al. 2020, arXiv:1910.02054, section 7).
    """
    gathered = {"none": 0, "1": 1, "2": 1, "3": 2}[case.training.zero]
    reduced = 2 if case.training.zero == "none" else 1
    sent = reduced * GRADIENT + gathered * PARAMETER
    return parameters_per_device(case) * sent * scattered(symbol("data_parallel"))


def _idle(case: Case) -> sympy.Expr:
    """Times of a microbatch on a stage that a pipeline waits for: p - 1, or over v interleaved."""
    waits = symbol("pipeline_parallel") - 1
    return waits / symbol("model_chunks") if case.training.pipeline == "interleaved" else waits


@quantity("1", "training", phase="prefill")
def pipeline_bubble(case: Case) -> sympy.Expr:
    """Idle time of a pipeline over the time that it computes, (p - 1) / m.

    (p - 1) / (v m) interleaved (Narayanan et al. 2021, section 2.2).
    """
    return _idle(case) / symbol("microbatches")


@quantity("s", "training", phase="prefill")
def iteration_time(case: Case) -> sympy.Expr:
    """Time of a training iteration of m microbatches over p stages of t devices, computing alone.

    (m + p - 1) times a microbatch on a stage (Narayanan et al. 2021, section 3.3).
    """
    width = symbol("pipeline_parallel") * symbol("tensor_parallel")
    stage = training_flops(case) / (width * RATE)
    return (symbol("microbatches") + _idle(case)) * stage
