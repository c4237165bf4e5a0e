"""Training: the backward pass, what it keeps and runs again, and the quantities of both."""

from edgesym.training import activations, adapters, passes, utilisation

__all__ = ["activations", "adapters", "passes", "utilisation"]
