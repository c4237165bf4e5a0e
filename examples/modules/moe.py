"""A mixture of experts as people write it: a router, and a loop over the experts.

edgesym trace moe.py:MoE --size hidden=512 --size inner=1024 --arg experts=8 --arg chosen=2
    --input 'x: (batch, context, hidden)'
"""

import torch
from torch import nn
from torch.nn import functional


class Expert(nn.Module):
    """A gated feed-forward layer."""

    def __init__(self, hidden, inner):
        super().__init__()
        self.gate = nn.Linear(hidden, inner, bias=False)
        self.up = nn.Linear(hidden, inner, bias=False)
        self.down = nn.Linear(inner, hidden, bias=False)

    def forward(self, x):
        return self.down(functional.silu(self.gate(x)) * self.up(x))


class MoE(nn.Module):
    """Each token goes to the experts that its router picks."""

    def __init__(self, hidden, inner, experts=8, chosen=2):
        super().__init__()
        self.chosen = chosen
        self.router = nn.Linear(hidden, experts, bias=False)
        self.experts = nn.ModuleList([Expert(hidden, inner) for _ in range(experts)])

    def forward(self, x):
        tokens = x.reshape(-1, x.shape[-1])
        weight, picked = self.router(tokens).softmax(-1).topk(self.chosen)
        y = torch.zeros_like(tokens)
        for index, expert in enumerate(self.experts):
            row, place = torch.where(picked == index)
            y.index_add_(0, row, expert(tokens[row]) * weight[row, place, None])
        return y.view_as(x)


class DenseMoE(MoE):
    """The same, with every expert run on every token and weighed."""

    def forward(self, x):
        weight, picked = self.router(x).softmax(-1).topk(self.chosen)
        share = torch.zeros_like(self.router(x)).scatter(-1, picked, weight)
        y = torch.zeros_like(x)
        for index, expert in enumerate(self.experts):
            y = y + share[..., index, None] * expert(x)
        return y


class GatheredMoE(nn.Module):
    """The same, with the weights of all experts in one tensor, gathered for each token."""

    def __init__(self, hidden, inner, experts, chosen):
        super().__init__()
        self.chosen = chosen
        self.router = nn.Linear(hidden, experts, bias=False)
        self.up = nn.Parameter(torch.empty(experts, hidden, inner))
        self.down = nn.Parameter(torch.empty(experts, inner, hidden))

    def forward(self, x):
        tokens = x.reshape(-1, x.shape[-1])
        weight, picked = self.router(tokens).softmax(-1).topk(self.chosen)
        inner = functional.silu(torch.einsum("nh,nkhi->nki", tokens, self.up[picked]))
        y = torch.einsum("nki,nkih->nkh", inner, self.down[picked])
        return (y * weight[..., None]).sum(1).view_as(x)
