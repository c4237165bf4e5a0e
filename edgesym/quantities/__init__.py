"""Quantities of inference: named functions from a case to a closed form with a unit.

Importing this package registers them; :mod:`edgesym.catalogue` holds those of all rooms.
"""

from edgesym.quantities import counts, energy, generation, memory, roofline, time

__all__ = ["counts", "energy", "generation", "memory", "roofline", "time"]
