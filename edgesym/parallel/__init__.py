"""Several devices: which tensors are divided, what is sent, and what each device holds."""

from edgesym.parallel import communication, exchange, sharding

__all__ = ["communication", "exchange", "sharding"]
