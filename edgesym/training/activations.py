"""Activations that training keeps between the forward and the backward pass.

What is kept follows from the gradients of the operations (Korthikanti et al. 2022,
arXiv:2205.05198, section 4): the inputs of contractions, norms and activation functions,
the output of softmax, and masks of dropout at one byte per element. Logits are kept in
fp32 for the loss.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import sympy

from edgesym.graph.axes import is_divided
from edgesym.graph.tensor import Role, Tensor
from edgesym.ledger import Kind, Ledger, Row
from edgesym.quantities.registry import Case, quantity
from edgesym.symbols import symbol
from edgesym.training.backward import kept
from edgesym.training.passes import Pass, book, layers_of, passes, summed

__all__ = [
    "activation_memory",
    "activation_memory_per_layer",
    "kept_bytes",
    "rerun_activation_memory",
]

MASK_BYTES = 1
LOSS_BYTES = 4


def kept_bytes(case: Case) -> Ledger:
    """Bytes that one microbatch of b sequences keeps on a device, by part."""
    last = case.model.plans[-1].name

    def share(tensor: Tensor) -> sympy.Expr:
        split = case.training.split
        divided = split == "sequence" or (split == "tensor" and is_divided(tensor))
        return tensor.moved / symbol("tensor_parallel") if divided else tensor.moved

    def rows(block: Pass) -> Iterator[Row]:
        layer = block.place == "layer"
        some = layer and case.training.recompute == "interval"
        every = symbol("recompute_interval") if some else sympy.Integer(1)
        for item in kept(block.block, case.training.repeated, layer=layer):
            each = sympy.Integer(MASK_BYTES) if item.mask else case.widths(Role.ACTIVATION)
            amount = share(item.tensor) * each / every
            yield block.row(item.part, amount, Kind.KEPT, item.tensor.name)
        logits = block.block.exits[0]
        if block.name == last and block.place == "end" and is_divided(logits):
            part = block.operations[-1].part
            yield block.row(part, LOSS_BYTES * share(logits), Kind.KEPT, f"{logits.name}.loss")

    return book(case, rows)


@quantity("B", "training", of_part=True, phase="prefill")
def activation_memory_per_layer(case: Case) -> sympy.Expr:
    """Activations that training keeps in a layer for one microbatch; kinds of layers averaged.

    s b h (34 + 5 a s / h) for a GPT layer with ``dropout=applied`` in 16 bits (Korthikanti et
    al. 2022, eq 1), its variants with ``split`` (eqs 2 and 4) and ``recompute``.
    """
    layers = layers_of(case)
    rows = _placed(case, "layer").merged()
    return sympy.Add(*(row.repeat / layers * row.amount for row in rows))


@quantity("B", "training", of_part=True, phase="prefill")
def activation_memory(case: Case) -> sympy.Expr:
    """Activations that training keeps on the device of the first stage, which keeps the most.

    Without a pipeline the whole model's. With p stages of L / p layers, microbatches are in
    flight: p under ``1f1b``, so that all L layers' worth is kept however many stages there are
    (Korthikanti et al. 2022, eq 5); m under ``gpipe``; (p v + p - 1) / v interleaved.
    """
    stages, chunks = symbol("pipeline_parallel"), symbol("model_chunks")
    if case.training.pipeline == "none":
        return summed(kept_bytes(case))
    in_flight = {
        "1f1b": stages,
        "interleaved": stages + (stages - 1) / chunks,
        "gpipe": symbol("microbatches"),
    }[case.training.pipeline]
    embedded = symbol("microbatches") if case.training.pipeline == "gpipe" else stages
    layers = sympy.expand(in_flight / stages) * summed(_placed(case, "layer"))
    return layers + embedded * summed(_placed(case, "front"))


@quantity("B", "training", of_part=True, phase="prefill")
def rerun_activation_memory(case: Case) -> sympy.Expr:
    """Activations that exist while layers are run again, beside those that training keeps.

    Those of one layer with ``recompute=full``, of n_r layers with ``interval``, of one core of
    attention with ``selective``. Source: Rajbhandari et al. 2021 (arXiv:2104.07857, section 3).
    """
    way = case.training
    if way.recompute == "none":
        return sympy.S.Zero
    whole = activation_memory_per_layer(replace(case, training=replace(way, recompute="none")))
    if way.repeated == "full":
        return whole * (symbol("recompute_interval") if way.recompute == "interval" else 1)
    return sympy.expand(whole - activation_memory_per_layer(case))


def _placed(case: Case, place: str) -> Ledger:
    names = {block.name for block in passes(case) if block.place == place}
    found = kept_bytes(case)
    return replace(found, rows=tuple(row for row in found if row.block in names))
