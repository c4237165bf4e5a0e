"""Single kernels: their FLOPs and bytes from their shape, and the time that a card takes for them.

T = t_0 + t_r n + ((F / (e_c P))^q + (Q / (e_b W))^q)^(1/q): a launch, what a block of threads
walks through one step after the other, and the smooth roofline (kernels.toml).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from edgesym.data import shipped
from edgesym.devices import Device
from edgesym.validation.predict import OF_90, Predicted

__all__ = ["KERNEL_GROUPS", "PHASES", "SIZES", "Shape", "group_of", "kernel_time", "shape_of"]

#: Kind of a row -> the kind of kernel it is of; others are of no kernel alone.
KERNEL_KINDS = {
    "gemm": "gemm",
    "attention_decode": "attention_decode",
    "attention_prefill": "attention_prefill",
    "rms_norm": "norm",
    "add": "elementwise",
    "silu": "elementwise",
    "copy": "copy",
    "read": "copy",
    "write": "copy",
}
#: Groups that kernels are compared in.
KERNEL_GROUPS = ("gemm", "attention", "norm", "elementwise", "copy", "launch")
#: Columns of a row that are sizes of its kernel.
SIZES = ("m", "n", "k", "batch", "heads", "kv_heads", "head_dim", "context", "new")
PHASES = {"attention_decode": "decode", "attention_prefill": "prefill"}
#: Tensors of one row and column that an element-wise kernel reads and writes.
_PASSES = {"rms_norm": 2, "add": 3, "silu": 2, "copy": 2, "read": 1, "write": 1}
_BYTES = {"bf16": 2, "fp16": 2, "fp32": 4}
#: FLOPs of an element of a norm: its square, the sum, two products.
_NORM_FLOPS = 4


@dataclass(frozen=True, slots=True)
class Shape:
    """What a kernel computes and moves.

    Attributes:
        kind: of kernels.toml.
        dtype: that it computes in.
        flops: FLOPs; of attention over the pairs of tokens that the mask lets through.
        moved: bytes, each tensor once.
        steps: what a block of threads walks through one after the other.
    """

    kind: str
    dtype: str
    flops: float
    moved: float
    steps: float


def group_of(kind: str) -> str:
    """The group that a kind of row is compared in; a launch alone is of none of the others."""
    if kind == "gemm_peak":
        return "gemm"
    return rows()[KERNEL_KINDS[kind]]["group"] if kind in KERNEL_KINDS else "launch"


def shape_of(kind: str, dtype: str, sizes: Mapping[str, int]) -> Shape:
    """The shape of a kernel of a kind, from its sizes by the columns of a row.

    A product is 2mnk FLOPs on (mk + kn + mn) elements; attention 4 b A D FLOPs for each pair of
    tokens, on queries, keys, values and its result.

    >>> shape_of("gemm", "bf16", {"m": 1, "n": 2048, "k": 2048}).flops
    8388608

    Raises:
        KeyError: a size is missing.
    """
    width = _BYTES[dtype]
    if kind == "gemm":
        m, n, k = sizes["m"], sizes["n"], sizes["k"]
        return Shape(kind, dtype, 2 * m * n * k, width * (m * k + k * n + m * n), k)
    if kind in PHASES:
        batch, heads, new = sizes["batch"], sizes["heads"], sizes["new"]
        context, size = sizes["context"], sizes["head_dim"]
        pairs = new * context - new * (new - 1) // 2
        elements = 2 * size * (heads * new + sizes["kv_heads"] * context)
        flops = 4 * batch * heads * size * pairs
        return Shape(kind, dtype, flops, width * batch * elements, context)
    rows, columns = sizes.get("m", 1), sizes["n"]
    flops = _NORM_FLOPS * rows * columns if kind == "rms_norm" else 0
    steps = columns if kind == "rms_norm" else 0
    moved = _PASSES[kind] * rows * columns * width
    return Shape(KERNEL_KINDS[kind], dtype, flops, moved, steps)


def kernel_time(shape: Shape, device: Device) -> Predicted:
    """Seconds of a kernel on a device, with the spread of its kind.

    >>> from edgesym.devices import find_device
    >>> one = shape_of("gemm", "bf16", {"m": 1, "n": 4096, "k": 4096})
    >>> f"{1e6 * kernel_time(one, find_device('h200')).value:.1f} us"
    '12.0 us'
    """
    row = rows()[shape.kind]
    peak = device.peaks[shape.dtype].value
    bandwidth = device.figures["memory_bandwidth"].value
    times = [
        work / (row[word] * rate)
        for work, word, rate in (
            (shape.flops, "compute_utilisation", peak),
            (shape.moved, "memory_utilisation", bandwidth),
        )
        if word in row
    ]
    q = row.get("smoothness", 1.0)
    joined = sum(time**q for time in times) ** (1 / q)
    steps = min(shape.steps, row.get("most_steps", math.inf))
    walked = row.get("step", 0.0) * steps
    value, factor = row["launch_overhead"] + walked + joined, math.exp(OF_90 * row["spread"])
    return Predicted(value, (value / factor, value * factor))


@cache
def rows() -> dict[str, dict[str, Any]]:
    """The numbers of each kind of kernel."""
    return shipped("validation", "kernels")
