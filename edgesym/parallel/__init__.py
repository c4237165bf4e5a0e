"""Several devices: which tensors are divided, what is sent, and what each device holds."""

from edgesym.parallel import communication, sharding

__all__ = ["communication", "sharding"]
