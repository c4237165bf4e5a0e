"""A decoder of plain PyTorch, as tests/data/traced/gpt.traced.json was traced from.

edgesym trace gpt.py:GPT --size hidden=768 --size vocab=50257 --size heads=12
    --size positions=1024 --input 'ids: (batch, context) token'
"""

import torch
from torch import nn
from torch.nn import functional


class Block(nn.Module):
    """Attention and a feed-forward layer, each behind a norm."""

    def __init__(self, hidden, heads):
        super().__init__()
        self.heads = heads
        self.before = nn.LayerNorm(hidden)
        self.qkv = nn.Linear(hidden, 3 * hidden)
        self.out = nn.Linear(hidden, hidden)
        self.between = nn.LayerNorm(hidden)
        self.up = nn.Linear(hidden, 4 * hidden)
        self.down = nn.Linear(4 * hidden, hidden)

    def forward(self, x):
        b, t, c = x.shape
        split = self.qkv(self.before(x)).split(c, dim=2)
        q, k, v = (y.view(b, t, self.heads, c // self.heads).transpose(1, 2) for y in split)
        y = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(y.transpose(1, 2).reshape(b, t, c))
        return x + self.down(functional.gelu(self.up(self.between(x))))


class GPT(nn.Module):
    """Token and position tables, blocks, a norm and a head."""

    def __init__(self, vocab, hidden, heads, layers=6, positions=1024):
        super().__init__()
        self.tokens = nn.Embedding(vocab, hidden)
        self.places = nn.Embedding(positions, hidden)
        self.blocks = nn.ModuleList([Block(hidden, heads) for _ in range(layers)])
        self.norm = nn.LayerNorm(hidden)
        self.head = nn.Linear(hidden, vocab, bias=False)

    def forward(self, ids):
        x = self.tokens(ids) + self.places(torch.arange(ids.shape[1]))
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))
