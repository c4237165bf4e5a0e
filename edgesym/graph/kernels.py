"""Kernels: a partition of the graph, and the traffic that follows from it.

A kernel is a set of nodes run together. Its traffic is the tensors that cross
its boundary, each once. A cache lives outside every kernel: what it held is
read and what is new is written, however much is fused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sympy

from edgesym.errors import UnknownNameError
from edgesym.graph.block import Block
from edgesym.graph.operation import Operation
from edgesym.graph.tensor import Tensor

__all__ = ["SCHEMES", "Flow", "Kernel", "flows", "partition"]

#: Last name of a part -> the kernel it is fused into, under the scheme ``fused``.
#: Source: llama.cpp runs attention (FLASH_ATTN_EXT) and gate/up/activation (SWIGLU) in
#: one kernel each; vLLM merges the q, k, v projections (QKVParallelLinear).
FUSED = {
    "query": "qkv",
    "key": "qkv",
    "value": "qkv",
    "query_join": "core",
    "key_join": "core",
    "scores": "core",
    "softcap": "core",
    "position_bias": "core",
    "softmax": "core",
    "values": "core",
    "gate": "gated",
    "up": "gated",
    "sparsity": "gated",
    "activation": "gated",
    "product": "gated",
    # one input projection; a scan takes its gate and its skip connection along (mamba_ssm,
    # selective_scan_fn), a convolution its activation (causal_conv1d)
    "xbc": "projection",
    "x": "projection",
    "z": "projection",
    "b": "projection",
    "c": "projection",
    "dt": "projection",
    "convolution_activation": "convolution",
    "scan_step": "scan",
    "scan_decay": "scan",
    "scan_input": "scan",
    "scan_skip": "scan",
    "scan_gate": "scan",
    "scan_product": "scan",
}


def _one_each(operation: Operation) -> str:
    return operation.part


def _fused(operation: Operation) -> str:
    prefix, _, last = operation.part.rpartition(".")
    stem = last if last in FUSED else last.removesuffix("_bias")
    return f"{prefix}.{FUSED.get(stem, stem)}".lstrip(".")


def _whole_block(operation: Operation) -> str:
    return "block"


#: Name of a partition -> the kernel that an operation goes to.
SCHEMES: dict[str, Callable[[Operation], str]] = {
    "unfused": _one_each,
    "fused": _fused,
    "ideal": _whole_block,
}


@dataclass(frozen=True, slots=True)
class Kernel:
    """Operations run together."""

    name: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class Flow:
    """Elements of one tensor that cross a kernel's boundary.

    Attributes:
        part: the operation that reads or writes the tensor.
        direction: ``read`` or ``write``.
    """

    part: str
    tensor: Tensor
    direction: str
    elements: sympy.Expr


def partition(block: Block, scheme: str) -> list[Kernel]:
    """The kernels of a block in the order they run; views are in none of them.

    Raises:
        UnknownNameError: no such scheme.
    """
    if scheme not in SCHEMES:
        raise UnknownNameError("kernel scheme", scheme, SCHEMES)
    groups: dict[str, list[Operation]] = {}
    for operation in block.operations:
        if operation.family != "view":
            groups.setdefault(SCHEMES[scheme](operation), []).append(operation)
    return [Kernel(name, tuple(operations)) for name, operations in groups.items()]


def flows(block: Block, kernel: Kernel) -> list[Flow]:
    """The tensors that cross a kernel's boundary, each once."""
    roots = block.roots
    made = {t.name: t for operation in kernel.operations for t in operation.outputs}
    inside = {operation.part for operation in kernel.operations}
    wanted = {roots.get(t.name, t.name) for t in block.exits}
    for operation in block.operations:
        if operation.part not in inside and operation.family != "view":
            wanted |= {roots.get(t.name, t.name) for t in operation.inputs}
    crossing: list[Flow] = []
    seen: set[str] = set()
    for operation in kernel.operations:
        for tensor in operation.inputs:
            name = roots.get(tensor.name, tensor.name)
            if name in seen:
                continue
            seen.add(name)
            source = made.get(name)
            if source is None:
                crossing.append(Flow(operation.part, tensor, "read", tensor.moved))
            elif source.cache is not None:
                crossing.append(Flow(operation.part, tensor, "read", source.cache.held))
        crossing += [
            Flow(operation.part, tensor, "write", tensor.written)
            for tensor in operation.outputs
            if tensor.cache is not None or tensor.name in wanted
        ]
    return [flow for flow in crossing if flow.elements != 0]
