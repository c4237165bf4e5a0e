"""A vision transformer: patches by a convolution, a token for the class, blocks, a head.

edgesym trace vit.py:ViT --size hidden=384 --size heads=6 --size patch=16 --size image=224
    --size classes=1000 --input 'image: (batch, 3, image, image)'
"""

import torch
from torch import nn


class Block(nn.Module):
    """Attention and a feed-forward layer, each behind a norm."""

    def __init__(self, hidden, heads):
        super().__init__()
        self.before = nn.LayerNorm(hidden)
        self.attention = nn.MultiheadAttention(hidden, heads, batch_first=True)
        self.between = nn.LayerNorm(hidden)
        self.mlp = nn.Sequential(
            nn.Linear(hidden, 4 * hidden), nn.GELU(), nn.Linear(4 * hidden, hidden)
        )

    def forward(self, x):
        y = self.before(x)
        x = x + self.attention(y, y, y, need_weights=False)[0]
        return x + self.mlp(self.between(x))


class ViT(nn.Module):
    """An image to the scores of its classes."""

    def __init__(self, hidden, heads, patch, image, classes, layers=12):
        super().__init__()
        self.patches = nn.Conv2d(3, hidden, patch, stride=patch)
        self.token = nn.Parameter(torch.zeros(1, 1, hidden))
        self.places = nn.Parameter(torch.zeros(1, (image // patch) ** 2 + 1, hidden))
        self.blocks = nn.ModuleList([Block(hidden, heads) for _ in range(layers)])
        self.norm = nn.LayerNorm(hidden)
        self.head = nn.Linear(hidden, classes)

    def forward(self, image):
        x = self.patches(image).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], dim=1) + self.places
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x)[:, 0])
