"""What a logarithm of an efficiency is the sum of: the levels of the fit, and their bound.

    log e = s(centre + class + runtime + kind + format + architecture + device + ...)

Each term is one coefficient of a level; ``s`` keeps a utilisation below 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from edgesym.fits.kinds import kind_of

__all__ = ["LEVELS", "SHARPNESS", "WORDS", "Place", "held", "is_bounded"]

#: The numbers that are fitted: words of symbols, one of them that of kernels of
#: attention.
WORDS = (
    "memory_utilisation",
    "compute_utilisation",
    "compute_utilisation.attention",
    "launch_overhead",
    "handover_overhead",
    "sequence_overhead",
)
#: The levels, from what most rows share to what fewest do.
LEVELS = (
    *("class", "runtime", "kind", "format", "architecture"),
    *("device", "device-runtime", "device-kind"),
)
#: How sharp the bound at 1 is: s(u) = -log(1 + exp(-4 u)) / 4, which is u well below 0.
SHARPNESS = 4.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a step ran, as far as a fit tells apart.

    >>> Place("rtx-4090", "llama.cpp-cuda", "q4_k").key("device")
    'rtx-4090|llama.cpp'
    """

    device: str
    runtime: str
    format: str
    architecture: str = ""

    @property
    def software(self) -> str:
        """The software that the runtime is a backend of: what stands before a hyphen."""
        return self.runtime.partition("-")[0]

    @property
    def kind(self) -> str:
        """The kind of the weights' format."""
        return kind_of(self.format)

    def key(self, level: str) -> str:
        """The name of the coefficient of a level that holds here."""
        return "|".join(getattr(self, part) for part in _PARTS[level])


_PARTS: dict[str, tuple[str, ...]] = {
    "class": (),
    "runtime": ("runtime",),
    "kind": ("runtime", "kind"),
    "format": ("runtime", "format"),
    "architecture": ("runtime", "architecture"),
    "device": ("device", "software"),
    "device-runtime": ("device", "runtime"),
    "device-kind": ("device", "runtime", "kind"),
}


def is_bounded(word: str) -> bool:
    """Whether a number is a share, which is at most 1."""
    return word.startswith(("memory_utilisation", "compute_utilisation"))


def held(word: str, total: float) -> tuple[float, float]:
    """The logarithm of a number from the sum of its terms, and its derivative by the sum.

    >>> [round(x, 3) for x in held("memory_utilisation", -1.0)]
    [-1.005, 0.982]
    >>> held("launch_overhead", -12.0)
    (-12.0, 1.0)
    """
    if not is_bounded(word):
        return total, 1.0
    x = SHARPNESS * total
    softened = math.log1p(math.exp(-abs(x))) + max(-x, 0.0)
    return -softened / SHARPNESS, math.exp(-x - softened)
