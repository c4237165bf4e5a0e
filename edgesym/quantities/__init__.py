"""Quantities: named functions from a case to a closed form with a unit.

Importing this package fills the registry. A new quantity is a function with the
``@quantity`` decorator in one of its modules, and appears wherever names are spoken.
"""

from edgesym.quantities import (
    activations,
    communication,
    counts,
    energy,
    generation,
    memory,
    roofline,
    sharding,
    time,
    training,
)
from edgesym.quantities.registry import REGISTRY, Case, Quantity, find_quantity, quantity

__all__ = [
    "REGISTRY",
    "Case",
    "Quantity",
    "activations",
    "communication",
    "counts",
    "energy",
    "find_quantity",
    "generation",
    "memory",
    "quantity",
    "roofline",
    "sharding",
    "time",
    "training",
]
