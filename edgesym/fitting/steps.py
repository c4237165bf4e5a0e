"""Times of measured steps as functions of four logarithms, with their derivatives.

    log t = log(sum over kernels of (c^q + m^q)^(1/q) + N t_0 + ...),  c = C / e_c,  m = M / e_b

C and M are what a kernel takes at the peaks, N the launches; what
is handed over and sequences that are scheduled cost likewise. Of queued launches and of what runs
the longer counts. The derivative by a logarithm is the
share of the step that waits for what it divides: d log t / d log e_c = -(sum of t_i s_i) / t with
s = c^q / (c^q + m^q), and so on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from edgesym.fits.levels import WORDS
from edgesym.fitting.sample import Floats, Sample

__all__ = ["Steps"]

_BANDWIDTH, _RATE, _ATTENTION, *_OVERHEADS = WORDS
_LAUNCH = _OVERHEADS[0]


class Steps:
    """The kernels of many steps as columns."""

    def __init__(self, samples: Sequence[Sample], beside: Floats | None = None) -> None:
        """Columns of the steps; ``beside`` is what each takes on the processor beside."""
        sizes = [len(each.computing) for each in samples]
        self.count = len(samples)
        self.row = np.repeat(np.arange(self.count), sizes)
        self.computing = np.concatenate([each.computing for each in samples])
        self.moving = np.concatenate([each.moving for each in samples])
        self.attention = np.concatenate([each.attention for each in samples])
        exponent = np.array([each.exponent for each in samples])[self.row]
        self.longer = np.isinf(exponent)
        self.exponent = np.where(self.longer, 1.0, exponent)
        self.overheads = {
            word: np.array([each.overheads.get(word, 0.0) for each in samples])
            for word in _OVERHEADS
        }
        self.queued = np.array([each.queued for each in samples])
        self.beside = np.zeros(self.count) if beside is None else beside

    @property
    def words(self) -> tuple[str, ...]:
        """The numbers that enter these steps."""
        attention = (_ATTENTION,) if self.attention.any() else ()
        paid = (w for w, counts in self.overheads.items() if w == _LAUNCH or counts.any())
        return (_BANDWIDTH, _RATE, *attention, *paid)

    def times(self, logs: Mapping[str, Floats]) -> tuple[Floats, dict[str, Floats]]:
        """The logarithm of each step's time, and its derivative by each logarithm.

        Args:
            logs: of each word, its logarithm in each step.
        """
        rate = logs[_RATE][self.row]
        if _ATTENTION in logs:
            rate = np.where(self.attention, logs[_ATTENTION][self.row], rate)
        computing = self.computing * np.exp(-rate)
        moving = self.moving * np.exp(-logs[_BANDWIDTH][self.row])
        each, share = self._joined(computing, moving)
        paid = {w: n * np.exp(logs[w]) for w, n in self.overheads.items() if w in logs}
        running, launching = self._sum(each) + self.beside, paid[_LAUNCH]
        hidden = self.queued & (running >= launching)
        waiting = self.queued & ~hidden
        total = np.where(waiting, 0.0, running) + np.where(hidden, 0.0, launching)
        total = total + sum(paid[word] for word in paid if word != _LAUNCH)
        runs = np.where(waiting, 0.0, 1.0) / total
        by = {
            _BANDWIDTH: -self._sum(each * (1 - share)) * runs,
            _RATE: -self._sum(each * share) * runs,
            **{word: seconds / total for word, seconds in paid.items()},
            _LAUNCH: np.where(hidden, 0.0, launching) / total,
        }
        if _ATTENTION in logs:
            by[_ATTENTION] = -self._sum(each * share * self.attention) * runs
            by[_RATE] = by[_RATE] - by[_ATTENTION]
        return np.log(total), by

    def _joined(self, computing: Floats, moving: Floats) -> tuple[Floats, Floats]:
        """What kernels take, and the share of it that waits for computing."""
        most = np.maximum(computing, moving)
        scale = np.where(most > 0, most, 1.0)
        one, other = (computing / scale) ** self.exponent, (moving / scale) ** self.exponent
        both = np.where(most > 0, one + other, 1.0)
        each = np.where(self.longer, most, most * both ** (1 / self.exponent))
        return each, np.where(self.longer, computing > moving, one / both)

    def _sum(self, of_kernels: Floats) -> Floats:
        found: Floats = np.bincount(self.row, of_kernels, self.count).astype(np.float64)
        return found
