"""A row of a kernel alone: the device it ran on, its shape, and what is predicted of it."""

from __future__ import annotations

from collections.abc import Mapping

from edgesym.validation.corpus import Measurement
from edgesym.validation.kernels import KERNEL_GROUPS, SIZES, Shape, kernel_time, shape_of
from edgesym.validation.mapping import device_of
from edgesym.validation.predict import Predicted

__all__ = ["is_kernel", "kernel_predicted"]

_DTYPES = {"torch.bfloat16": "bf16", "torch.float16": "fp16"}


def is_kernel(row: Measurement) -> bool:
    """Whether a row is of a kernel alone."""
    return row.kind in KERNEL_GROUPS


def kernel_predicted(row: Measurement) -> Predicted | str:
    """The prediction of a kernel, or the reason why there is none."""
    if row.kind == "launch":
        return "no kernel: what a launch takes"
    shape = _shape(row.labels)
    if isinstance(shape, str):
        return shape
    device = device_of(row)
    if device is None:
        named = row.labels["device"]
        if not named:
            return "the card is not named: by a column device, or gpu_device.json beside the file"
        return f"no device file of the {named}"
    if shape.flops and shape.dtype not in device.peaks:
        return f"no peak of the {device.name} in {shape.dtype}"
    return kernel_time(shape, device)


def _shape(labels: Mapping[str, str]) -> Shape | str:
    kind = "gemm" if labels["kind"] == "gemm_peak" else labels["kind"]
    dtype = _DTYPES.get(labels["dtype"], labels["dtype"])
    if dtype not in ("bf16", "fp16") and kind not in ("copy", "read", "write"):
        return f"no numbers for {kind} in {dtype}"
    sizes = {c: int(float(labels[c])) for c in SIZES if labels[c]}
    try:
        return shape_of(kind, dtype, sizes)
    except KeyError as missing:  # the row's outcome tells it
        return f"a size that {kind} has is not stated: {missing}"
