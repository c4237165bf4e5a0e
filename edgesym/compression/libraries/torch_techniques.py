"""What PyTorch and torchao do to a module; each function returns the module it made."""

from __future__ import annotations

from typing import Any

import torch

from edgesym.compression.libraries.torch_model import linear_modules

__all__ = ["TECHNIQUES"]

#: Share of the weights of each module that pruning sets to zero.
_PRUNED = 0.5


def unchanged(module: Any) -> Any:
    """The baseline."""
    return module


def dynamic_int8(module: Any) -> Any:
    """Every Linear module in int8 per tensor; activations per tensor as they come."""
    return torch.ao.quantization.quantize_dynamic(module, {torch.nn.Linear}, dtype=torch.qint8)


def torchao_int8(module: Any) -> Any:
    """Every Linear module in int8 per output channel."""
    from torchao.quantization import Int8WeightOnlyConfig

    return _torchao(module, Int8WeightOnlyConfig())


def torchao_int8_dynamic(module: Any) -> Any:
    """Every Linear module in int8 per output channel, activations in int8 per token."""
    from torchao.quantization import Int8DynamicActivationInt8WeightConfig

    return _torchao(module, Int8DynamicActivationInt8WeightConfig())


def magnitude_pruning(module: Any) -> Any:
    """The smallest half of each Linear module's weights set to zero; a tied head is left alone."""
    from torch.nn.utils import prune

    head = module.get_output_embeddings() if hasattr(module, "get_output_embeddings") else None
    for _, linear in linear_modules(module):
        if linear is not head:
            prune.l1_unstructured(linear, "weight", amount=_PRUNED)
            prune.remove(linear, "weight")
    return module


def pruned_dynamic_int8(module: Any) -> Any:
    """Pruned by magnitude, then every Linear module in int8 per tensor."""
    return dynamic_int8(magnitude_pruning(module))


def _torchao(module: Any, config: Any) -> Any:
    """What torchao makes of a module, without the texts it adds for print, which do not pickle."""
    from torchao.quantization import quantize_

    quantize_(module, config)
    for part in module.modules():
        vars(part).pop("extra_repr", None)
    return module


#: By the name that data files call them.
TECHNIQUES = {
    made.__name__: made
    for made in (
        *(unchanged, dynamic_int8, torchao_int8, torchao_int8_dynamic),
        *(magnitude_pruning, pruned_dynamic_int8),
    )
}
