"""Every quantity there is: those of inference, of training, and of several devices.

Importing this module fills the registry. A new quantity is a function with the
``@quantity`` decorator in one of the rooms below, and appears wherever names are spoken.
"""

from edgesym import parallel, quantities, training
from edgesym.quantities.registry import REGISTRY, Case, Quantity, find_quantity

__all__ = [
    "REGISTRY",
    "Case",
    "Quantity",
    "find_quantity",
    "parallel",
    "quantities",
    "training",
]
