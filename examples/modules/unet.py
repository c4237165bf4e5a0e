"""A block of a U-Net: convolutions with group norms, a level down and back up, a skip.

edgesym trace unet.py:UNetBlock --size channels=64 --size height=128 --size width=128
    --input 'x: (batch, channels, height, width)'
"""

import torch
from torch import nn
from torch.nn import functional


class Residual(nn.Module):
    """Two convolutions, each behind a norm, and a way around them."""

    def __init__(self, inside, outside):
        super().__init__()
        self.first = nn.Sequential(
            nn.GroupNorm(8, inside), nn.SiLU(), nn.Conv2d(inside, outside, 3, padding=1)
        )
        self.second = nn.Sequential(
            nn.GroupNorm(8, outside), nn.SiLU(), nn.Conv2d(outside, outside, 3, padding=1)
        )
        self.around = nn.Conv2d(inside, outside, 1)

    def forward(self, x):
        return self.second(self.first(x)) + self.around(x)


class UNetBlock(nn.Module):
    """Down to half the height and width with twice the channels, and back."""

    def __init__(self, channels):
        super().__init__()
        self.enter = Residual(channels, channels)
        self.down = nn.Conv2d(channels, 2 * channels, 3, stride=2, padding=1)
        self.middle = Residual(2 * channels, 2 * channels)
        self.up = nn.ConvTranspose2d(2 * channels, channels, 2, stride=2)
        self.leave = Residual(2 * channels, channels)

    def forward(self, x):
        skip = self.enter(x)
        y = self.up(self.middle(self.down(functional.silu(skip))))
        return self.leave(torch.cat([y, skip], dim=1))
