"""Products of square matrices, the rate that a processor sustains in each dtype."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from edgesym.measuring.calibration.rate import Rate
from edgesym.measuring.latency import Clock, seconds_of

__all__ = ["best", "numpy_products", "own", "rate_of"]

_DTYPES = {"fp32": np.float32, "fp64": np.float64}
#: Of the fp32 rate: a dtype that is slower is converted or emulated, and has no units of its own.
_OWN = 0.5


def rate_of(
    product: Callable[[], Any], extent: int, runs: int, budget: float, by: str, clock: Clock
) -> Rate:
    """FLOP/s of a product of two square matrices, 2 n^3 each."""
    took = seconds_of(product, runs, budget=budget, clock=clock)
    return Rate.of(2 * extent**3, took, by, f"square products of {extent}")


def numpy_products(
    extent: int, runs: int, budget: float, clock: Clock = time.perf_counter
) -> dict[str, Rate]:
    """FLOP/s by dtype, of NumPy and the BLAS that it is built with."""
    found = {}
    for name, dtype in _DTYPES.items():
        a = np.full((extent, extent), 0.5, dtype)
        out = np.empty_like(a)

        def product(a: Any = a, out: Any = out) -> Any:
            return np.matmul(a, a, out=out)

        by = f"NumPy {np.__version__} ({_blas()})"
        found[name] = rate_of(product, extent, runs, budget, by, clock)
    return found


def best(*found: Mapping[str, Rate]) -> dict[str, Rate]:
    """The fastest of several libraries, dtype by dtype.

    >>> slow, fast = Rate(1.0, 0.0, "a", ""), Rate(2.0, 0.0, "b", "")
    >>> best({"fp32": slow}, {"fp32": fast, "bf16": slow})["fp32"].by
    'b'
    """
    dtypes = dict.fromkeys(dtype for rates in found for dtype in rates)
    return {
        dtype: max((r[dtype] for r in found if dtype in r), key=lambda rate: rate.value)
        for dtype in dtypes
    }


def own(rates: Mapping[str, Rate]) -> dict[str, Rate]:
    """The dtypes that the processor computes in: those not much slower than fp32, and fp64.

    A product in a dtype that it lacks is emulated, or converted to fp32: programs choose fp32 then.

    >>> rates = {"fp32": 9.0, "fp16": 1.0, "int8": 30.0}
    >>> list(own({dtype: Rate(rate, 0.0, "", "") for dtype, rate in rates.items()}))
    ['fp32', 'int8']
    """
    return dict(_own(rates))


def _own(rates: Mapping[str, Rate]) -> Iterator[tuple[str, Rate]]:
    least = _OWN * rates["fp32"].value if "fp32" in rates else 0.0
    for dtype, rate in rates.items():
        if dtype == "fp64" or rate.value >= least:
            yield dtype, rate


def _blas() -> str:
    """The BLAS of NumPy, with its version."""
    config: Any = np.show_config(mode="dicts")
    built = config.get("Build Dependencies", {}).get("blas", {})
    return " ".join(str(built[key]) for key in ("name", "version") if key in built) or "BLAS"
