"""Quantities of inference: named functions from a case to a closed form with a unit.

Importing this package registers them; :mod:`edgesym.catalogue` holds those of all rooms.
"""

from edgesym.quantities import (
    allocation,
    counts,
    energy,
    generation,
    memory,
    roofline,
    speculation,
    time,
)

__all__ = [
    "allocation",
    "counts",
    "energy",
    "generation",
    "memory",
    "roofline",
    "speculation",
    "time",
]
