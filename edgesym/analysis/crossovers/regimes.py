"""What a decode step waits for: at a setup, and over a map of batch and context."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray

from edgesym.engine.evaluate import evaluate
from edgesym.errors import ConfigError
from edgesym.graph.tensor import Role
from edgesym.quantities.time import kernel_costs
from edgesym.scenario.setup import Setup
from edgesym.symbols import symbol

__all__ = ["COLUMNS", "REGIMES", "RegimeMap", "powers_of_two", "regime_map", "shares", "waits"]

_b, _S, _OVERHEAD = symbol("batch"), symbol("context"), symbol("launch_overhead")
#: What a step can wait for.
REGIMES = ("compute", "weights", "cache", "activations", "launch")
#: What a row of a map holds, with its unit.
COLUMNS = (
    *("batch", "context", "bound", "time_per_output_token_s", "tokens_per_second"),
    *("memory_footprint_bytes", "fits"),
    *(f"{name}_share" for name in REGIMES),
)
_OF_ROLE = {Role.WEIGHT: "weights", Role.CACHE: "cache", Role.STATE: "cache"}
_LARGEST = 10**9

Column = NDArray[np.float64]


def waits(setup: Setup, at: Mapping[sympy.Symbol, Any] | None = None) -> dict[str, Any]:
    """Seconds of a decode step by what they wait for; they add up to the time of the step.

    A kernel that is slower to compute waits for compute; one that is slower to move its
    bytes waits for weights, cache and activations in proportion to their bytes.

    Args:
        setup: a setup with a device.
        at: numbers, or NumPy columns of floats, in place of the setup's own.

    Raises:
        EdgesymError: a symbol has no value.
    """
    values: dict[sympy.Symbol, Any] = {**setup.values(), **(at or {})}
    terms: dict[str, list[Any]] = {name: [] for name in REGIMES}
    for kernel in kernel_costs(setup.case("decode")):
        repeat = _float(evaluate(kernel.repeat, values))
        computing = _float(evaluate(kernel.compute_time, values))
        moving = _float(evaluate(kernel.memory_time, values))
        computes = computing > moving
        terms["compute"].append(np.where(computes, repeat * computing, 0.0))
        terms["launch"].append(repeat * values.get(_OVERHEAD, 0.0))
        moved = {role: _float(evaluate(bytes_, values)) for role, bytes_ in kernel.traffic.items()}
        for role, amount in moved.items():
            wait = repeat * moving * amount / sum(moved.values())
            terms[_OF_ROLE.get(role, "activations")].append(np.where(computes, 0.0, wait))
    return {name: sum(found, start=0.0) for name, found in terms.items()}


def shares(setup: Setup) -> dict[str, float]:
    """What a decode step waits for, as fractions of its time that add up to 1."""
    found = waits(setup)
    total = sum(found.values())
    return {name: float(wait / total) for name, wait in found.items()}


def _float(number: Any) -> Any:
    """A number in double precision; a column as it is."""
    return number if isinstance(number, np.ndarray) else float(number)


@dataclass(frozen=True, slots=True, eq=False)
class RegimeMap:
    """Decode steps over batch (rows) and context (columns).

    Attributes:
        waits: seconds of a step by what they wait for.
        footprint: bytes of memory that a run needs.
    """

    setup: Setup
    batches: Column
    contexts: Column
    waits: Mapping[str, Column]
    footprint: Column

    @property
    def time(self) -> Column:
        """Time of a step, seconds: what each sequence waits for a token."""
        total: Column = np.sum(list(self.waits.values()), axis=0)
        return total

    @property
    def tokens_per_second(self) -> Column:
        """Tokens that all sequences together get in a second."""
        return self.batches[:, None] / self.time

    @property
    def bound(self) -> NDArray[np.intp]:
        """The place in :data:`REGIMES` of what a step waits for most."""
        place: NDArray[np.intp] = np.argmax([self.waits[name] for name in REGIMES], axis=0)
        return place

    @property
    def fits(self) -> NDArray[np.bool_]:
        """Whether the footprint fits in the memory that the device has room for."""
        return self.footprint <= self.setup.machine.room

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """The points one by one, in the order of :data:`COLUMNS`."""
        time = self.time
        shares = [self.waits[name] / time for name in REGIMES]
        columns = [
            *np.meshgrid(self.batches, self.contexts, indexing="ij"),
            np.array(REGIMES)[self.bound],
            *(time, self.tokens_per_second, self.footprint, self.fits, *shares),
        ]
        return zip(*(column.ravel().tolist() for column in columns), strict=True)


def regime_map(setup: Setup, batches: ArrayLike, contexts: ArrayLike) -> RegimeMap:
    """The decode steps of a setup at every pair of a batch and a context, as columns.

    Raises:
        DeviceError: the setup has no device.
        EdgesymError: a symbol has no value.
    """
    _ = setup.machine
    b, S = (np.asarray(axis, dtype=np.float64) for axis in (batches, contexts))
    at = {_b: b[:, None], _S: S[None, :]}
    shape = (len(b), len(S))
    found = {name: np.broadcast_to(wait, shape) for name, wait in waits(setup, at).items()}
    footprint = evaluate(setup.expression("memory_footprint"), {**setup.values(), **at})
    return RegimeMap(setup, b, S, found, np.broadcast_to(footprint, shape))


def powers_of_two(low: int, high: int) -> Sequence[int]:
    """Whole numbers from ``low`` to ``high``, each twice the one before, and ``high``.

    >>> powers_of_two(128, 1000)
    [128, 256, 512, 1000]

    Raises:
        ConfigError: there is no such range.
    """
    if not 1 <= low < high <= _LARGEST:
        raise ConfigError(f"{low} to {high} is no range: 1 <= LOW < HIGH <= {_LARGEST}")
    found = [low]
    while 2 * found[-1] < high:
        found.append(2 * found[-1])
    return [*found, high]
