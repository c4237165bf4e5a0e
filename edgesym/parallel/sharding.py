"""The state of training: parameters, gradients and optimizer, and how ZeRO divides it.

Source: Rajbhandari et al. 2020 (arXiv:1910.02054, sections 3.1 and 5). With mixed precision
and Adam 2 bytes per parameter, 2 per gradient, and 4 + 4 + 4 for the copy of the parameter,
its momentum and its variance in fp32: 16 in all.
"""

from __future__ import annotations

import sympy

from edgesym.graph.axes import is_divided
from edgesym.ledger import Kind
from edgesym.quantities.registry import Case, quantity
from edgesym.symbols import symbol
from edgesym.training.activations import activation_memory
from edgesym.training.passes import counted, passes

__all__ = [
    "MIXED_PRECISION_ADAM",
    "parameters_per_device",
    "training_memory",
    "training_state_memory",
]

PARAMETER = symbol("weight_bytes_per_element")
GRADIENT = symbol("gradient_bytes_per_element")
OPTIMIZER = symbol("optimizer_bytes_per_parameter")

#: Bytes per parameter of mixed-precision training with Adam.
MIXED_PRECISION_ADAM = {PARAMETER: 2, GRADIENT: 2, OPTIMIZER: 4 + 4 + 4}
#: What each stage of ZeRO divides over the data-parallel devices.
STAGES: dict[str, tuple[sympy.Symbol, ...]] = {
    "none": (),
    "1": (OPTIMIZER,),
    "2": (OPTIMIZER, GRADIENT),
    "3": (OPTIMIZER, GRADIENT, PARAMETER),
}


@quantity("1", "training", of_part=True, phase="prefill")
def parameters_per_device(case: Case) -> sympy.Expr:
    """Parameters that a device computes with: its share of layers and of divided matrices.

    All of them without ``split`` and ``pipeline``; with a pipeline those of the first stage,
    the embedding and L / p layers.
    """
    stages, width = symbol("pipeline_parallel"), symbol("tensor_parallel")
    places = {block.name: block.place for block in passes(case)}
    divided = {
        (block.name, tensor.name)
        for block in passes(case)
        for operation in block.operations
        for tensor in operation.inputs
        if case.training.split != "none" and is_divided(tensor)
    }
    piped = case.training.pipeline != "none"
    amounts = []
    for row in counted(case).rows(Kind.STORED).merged():
        first, *_ = row.block.split(", ")
        amount = row.repeat * row.amount
        amount = amount / width if (first, row.tensor) in divided else amount
        if piped and places[first] != "front":
            amount = amount / stages if places[first] == "layer" else sympy.Integer(0)
        amounts.append(amount)
    return sympy.Add(*amounts)


@quantity("B", "training", of_part=True, phase="prefill")
def training_state_memory(case: Case) -> sympy.Expr:
    """Parameters, gradients and optimizer states that a device holds in training.

    Psi (B_w + B_g + B_o), of which ``zero=1`` divides the last, 2 the last two, 3 all over d
    devices; the parameters of one layer, gathered while it runs, are left out.
    """
    shared = STAGES[case.training.zero]
    kinds = (PARAMETER, GRADIENT, OPTIMIZER)
    each = sympy.Add(*(k / symbol("data_parallel") if k in shared else k for k in kinds))
    return parameters_per_device(case) * each


@quantity("B", "training", phase="prefill")
def training_memory(case: Case) -> sympy.Expr:
    """Memory of a device in training: the state, and the activations that are kept."""
    return training_state_memory(case) + activation_memory(case)
