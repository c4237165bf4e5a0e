"""Functions of tensors, with no parameters of their own.

edgesym trace functions.py:attention --size heads=8 --size width=64
    --input 'q: (batch, heads, context, width)' --input 'k: (batch, heads, context, width)'
    --input 'v: (batch, heads, context, width)'
"""

import torch


def attention(q, k, v):
    """softmax(q k^T / sqrt(d)) v."""
    scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
    return torch.softmax(scores, dim=-1) @ v


def low_rank(x, down, up):
    """x A B."""
    return x @ down @ up
