"""What PyTorch sustains: products by dtype, small operations, and an accelerator's memory."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch

from edgesym.measuring.calibration.launches import dispatch
from edgesym.measuring.calibration.products import rate_of
from edgesym.measuring.calibration.rate import Rate
from edgesym.measuring.latency import Clock, seconds_of

__all__ = ["accelerator", "found", "torch_dispatch", "torch_products"]

_DTYPES = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16", "fp64": "float64"}
#: What part of the extent is tried first, how often, and seconds that the whole may then take, or
#: the budget where that is more: a dtype that is emulated would take longer.
_TRIED, _TRIALS, _LONGEST = 4, 5, 1.0
#: Of the memory that is free, what a copy may take; and bytes of a copy at most.
_SHARE, _LARGEST = 0.1, 2**30
#: Launches in a queue, so that what is timed is the device's own cost of one.
_QUEUED = 2000


def torch_products(
    extent: int, runs: int, budget: float, on: str = "cpu", clock: Clock = time.perf_counter
) -> dict[str, Rate]:
    """FLOP/s by dtype; what PyTorch does not multiply there, or takes too long for, is left out."""
    rates = {}
    by = f"PyTorch {torch.__version__}"
    tried = extent // _TRIED
    for name in (*_DTYPES, "int8"):
        try:
            small = rate_of(_product(name, tried, on), tried, _TRIALS, budget, by, clock)
            if 2 * extent**3 < small.value * max(_LONGEST, budget):
                rates[name] = rate_of(_product(name, extent, on), extent, runs, budget, by, clock)
        except (RuntimeError, NotImplementedError, AttributeError, TypeError):  # no rate
            continue
    return rates


def torch_dispatch(runs: int) -> Rate:
    """Seconds of a small operation that PyTorch runs eagerly."""
    a, b = torch.ones(16), torch.ones(16)
    return dispatch(runs, lambda: torch.add(a, b, out=a))


def found() -> str:
    """What PyTorch calls the accelerator of this machine: ``cuda``, ``mps``; empty for none."""
    if torch.cuda.is_available():
        return "cuda"
    mps = getattr(torch.backends, "mps", None)
    return "mps" if mps is not None and mps.is_available() else ""


def accelerator(
    extent: int, runs: int, budget: float, clock: Clock = time.perf_counter
) -> dict[str, Any]:
    """Name, memory, bandwidth, products and launches of the accelerator."""
    on = found()
    name, size, free = _about(on)
    with torch.no_grad():
        rates = {
            "copy": _copy(on, free, runs, budget, clock),
            "launch": _launch(on, runs, clock),
            **({"link": _link(on, runs, budget, clock)} if on == "cuda" else {}),
        }
        products = torch_products(extent, runs, budget, on, clock)
    return {
        "name": name,
        "memory": size,
        "free": free,
        "rates": {key: rate.as_json() for key, rate in rates.items()},
        "products": {key: rate.as_json() for key, rate in products.items()},
    }


def _product(name: str, extent: int, on: str) -> Callable[[], Any]:
    shape = (extent, extent)
    if name == "int8":
        whole = torch.ones(shape, dtype=torch.int8, device=on)
        return _waited(lambda: torch._int_mm(whole, whole), on)
    a = torch.full(shape, 0.5, dtype=getattr(torch, _DTYPES[name]), device=on)
    return _waited(lambda: a @ a, on)


def _waited(work: Callable[[], Any], on: str) -> Callable[[], None]:
    """A step that ends when the device has done it."""
    wait = {"cuda": torch.cuda.synchronize, "mps": torch.mps.synchronize}.get(on)

    def step() -> None:
        work()
        if wait is not None:
            wait()

    return step


def _about(on: str) -> tuple[str, int, int]:
    """Name and memory of the accelerator, and what of it is free."""
    if on == "mps":
        most = int(torch.mps.recommended_max_memory())
        return "Apple GPU", most, most
    free, size = torch.cuda.mem_get_info()
    return str(torch.cuda.get_device_name()), int(size), int(free)


def _copy(on: str, free: int, runs: int, budget: float, clock: Clock) -> Rate:
    """B/s of a copy on the device, what is read and what is written counted."""
    size = min(int(_SHARE * free), _LARGEST)
    a = torch.ones(size // 4, device=on)
    b = torch.empty_like(a)
    took = seconds_of(_waited(lambda: b.copy_(a), on), runs, budget=budget, clock=clock)
    return Rate.of(2 * 4 * len(a), took, f"PyTorch {torch.__version__}", f"{size // 2**20} MiB")


def _launch(on: str, runs: int, clock: Clock) -> Rate:
    """Seconds of a small kernel in a queue of many."""
    a, b = torch.ones(16, device=on), torch.ones(16, device=on)

    def many() -> None:
        for _ in range(_QUEUED):
            torch.add(a, b, out=a)

    took = seconds_of(_waited(many, on), runs, clock=clock)
    return Rate.each(took, _QUEUED, f"PyTorch {torch.__version__}", f"{_QUEUED} in a queue")


def _link(on: str, runs: int, budget: float, clock: Clock) -> Rate:
    """B/s from the host's memory, pinned, to the device's."""
    size = _LARGEST // 4
    a = torch.ones(size // 4).pin_memory()
    b = torch.empty(size // 4, device=on)
    took = seconds_of(_waited(lambda: b.copy_(a), on), runs, budget=budget, clock=clock)
    by = f"PyTorch {torch.__version__}"
    return Rate.of(size, took, by, f"{size // 2**20} MiB from pinned memory")
