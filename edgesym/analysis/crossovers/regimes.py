"""What a decode step waits for over a map of batch and context."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from edgesym.analysis.crossovers.waits import REGIMES, waits_over
from edgesym.errors import ConfigError
from edgesym.scenario.setup import Setup
from edgesym.symbols import symbol

__all__ = [
    "COLUMNS",
    "REGIMES",
    "RegimeMap",
    "fine_map",
    "powers_of_two",
    "regime_map",
    "usual_ends",
]

_b, _S = symbol("batch"), symbol("context")
#: What a row of a map holds, with its unit.
COLUMNS = (
    *("batch", "context", "bound", "time_per_output_token_s", "tokens_per_second"),
    *("memory_footprint_bytes", "fits"),
    *(f"{name}_share" for name in REGIMES),
)
_LARGEST = 10**9
#: Ends of a map where nobody says which: batches, and contexts where a model does not say what it
#: is made for.
_BATCHES, _CONTEXTS = (1, 1024), (128, 131072)
#: Points of a map along each axis that is fine enough to be drawn.
_POINTS = 400

Ends = tuple[int, int]
Column = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class RegimeMap:
    """Decode steps over batch (rows) and context (columns).

    Attributes:
        waits: seconds of a step by what they wait for.
        footprint: bytes of memory that a run needs.
        made: tokens that a step gives each sequence, on average; 1 without drafts.
    """

    setup: Setup
    batches: Column
    contexts: Column
    waits: Mapping[str, Column]
    footprint: Column
    made: float = 1.0

    @property
    def time(self) -> Column:
        """What each sequence waits for a token, seconds: the time of a step over what it makes."""
        total: Column = np.sum(list(self.waits.values()), axis=0)
        return total / self.made

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
        shares = [self.waits[name] / (time * self.made) for name in REGIMES]
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
    held, found = waits_over(setup, at, ["memory_footprint"])
    # what does not depend on the batch or the context is of fewer rows or columns
    waits = {name: np.broadcast_to(column, (b.size, S.size)) for name, column in found.items()}
    footprint = np.broadcast_to(held[0], (b.size, S.size))
    made = float(setup.number("expected_tokens_per_step")) if setup.run.draft else 1.0
    return RegimeMap(setup, b, S, waits, footprint, made)


def fine_map(setup: Setup, batches: Ends, contexts: Ends) -> RegimeMap:
    """The map of a setup at enough points for a picture.

    Raises:
        DeviceError: the setup has no device.
    """
    return regime_map(setup, *(np.geomspace(*ends, _POINTS) for ends in (batches, contexts)))


def usual_ends(setup: Setup) -> tuple[Ends, Ends]:
    """Batches from 1 to 1024, and contexts from 128 to what the model is made for.

    The contexts of a model that is made for fewer begin at 1.
    """
    low, high = _CONTEXTS
    high = setup.model.context_limit or high
    return _BATCHES, (low, high) if low < high else (1, high)


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
