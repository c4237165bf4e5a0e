"""The words of a recipe of places that options are written with; they import nothing."""

from __future__ import annotations

__all__ = ["ALL", "GPU"]

#: What a user writes for every layer.
ALL = "all"
#: Layers that stay on the device, where the others run on the host.
GPU = "gpu"
