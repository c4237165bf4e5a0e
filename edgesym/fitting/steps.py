"""Times of measured steps as functions of four logarithms, with their derivatives.

    log t = log(sum over kernels of (c^q + m^q)^(1/q) + N t_0),  c = C / e_c,  m = M / e_b

C and M are what a kernel takes at the peaks, N the launches. The derivative by a logarithm is the
share of the step that waits for what it divides: d log t / d log e_c = -(sum of t_i s_i) / t with
s = c^q / (c^q + m^q), and so on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from edgesym.fits.levels import WORDS
from edgesym.fitting.sample import Floats, Sample

__all__ = ["Steps"]

_BANDWIDTH, _RATE, _LAUNCH, _ATTENTION = WORDS


class Steps:
    """The kernels of many steps as columns."""

    def __init__(self, samples: Sequence[Sample]) -> None:
        sizes = [len(each.computing) for each in samples]
        self.row = np.repeat(np.arange(len(samples)), sizes)
        self.computing = np.concatenate([each.computing for each in samples])
        self.moving = np.concatenate([each.moving for each in samples])
        self.attention = np.concatenate([each.attention for each in samples])
        exponent = np.array([each.exponent for each in samples])[self.row]
        self.longer = np.isinf(exponent)
        self.exponent = np.where(self.longer, 1.0, exponent)
        self.launches = np.array([each.launches for each in samples])
        self.count = len(samples)

    @property
    def words(self) -> tuple[str, ...]:
        """The numbers that enter these steps."""
        return WORDS if self.attention.any() else WORDS[:-1]

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
        launching = self.launches * np.exp(logs[_LAUNCH])
        total = self._sum(each) + launching
        by = {
            _BANDWIDTH: -self._sum(each * (1 - share)) / total,
            _RATE: -self._sum(each * share) / total,
            _LAUNCH: launching / total,
        }
        if _ATTENTION in logs:
            by[_ATTENTION] = -self._sum(each * share * self.attention) / total
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
        return np.bincount(self.row, of_kernels, self.count)
