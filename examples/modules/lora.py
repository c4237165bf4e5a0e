"""A linear layer with an adapter of low rank beside it, in a feed-forward layer.

edgesym trace lora.py:FeedForward --size hidden=2048 --size intermediate=8192 --size rank=16
    --input 'x: (batch, context, hidden)'
"""

import torch
from torch import nn
from torch.nn import functional


class LoRALinear(nn.Module):
    """W x + (alpha / r) B A x."""

    def __init__(self, inside, outside, rank, alpha=32):
        super().__init__()
        self.base = nn.Linear(inside, outside, bias=False)
        self.down = nn.Parameter(torch.empty(rank, inside))
        self.up = nn.Parameter(torch.empty(outside, rank))
        self.scale = alpha / rank

    def forward(self, x):
        return self.base(x) + self.scale * (x @ self.down.T @ self.up.T)


class FeedForward(nn.Module):
    """Gate, up and down with adapters."""

    def __init__(self, hidden, intermediate, rank):
        super().__init__()
        self.gate = LoRALinear(hidden, intermediate, rank)
        self.up = LoRALinear(hidden, intermediate, rank)
        self.down = LoRALinear(intermediate, hidden, rank)

    def forward(self, x):
        return self.down(functional.silu(self.gate(x)) * self.up(x))
