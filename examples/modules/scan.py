"""Recurrences over tokens: a gated cell written by hand, a selective scan, and PyTorch's own LSTM.

edgesym trace scan.py:SelectiveScan --size hidden=768 --size state=16
    --input 'x: (batch, context, hidden)'
"""

import torch
from torch import nn
from torch.nn import functional


class Cell(nn.Module):
    """A minimal gated unit, token by token."""

    def __init__(self, hidden):
        super().__init__()
        self.hidden = hidden
        self.forget = nn.Linear(2 * hidden, hidden)
        self.candidate = nn.Linear(2 * hidden, hidden)

    def forward(self, x):
        state = x.new_zeros(x.shape[0], self.hidden)
        outs = []
        for step in range(x.shape[1]):
            both = torch.cat([x[:, step], state], dim=-1)
            forget = torch.sigmoid(self.forget(both))
            state = forget * state + (1 - forget) * torch.tanh(self.candidate(both))
            outs.append(state)
        return torch.stack(outs, dim=1)


class SelectiveScan(nn.Module):
    """h = exp(dt A) h + dt B x, y = C h, with dt, B and C made of the token."""

    def __init__(self, hidden, state):
        super().__init__()
        self.state = state
        self.steps = nn.Linear(hidden, hidden)
        self.inout = nn.Linear(hidden, 2 * state, bias=False)
        self.decay = nn.Parameter(torch.zeros(hidden, state))

    def forward(self, x):
        dt = functional.softplus(self.steps(x))
        b, c = self.inout(x).split(self.state, dim=-1)
        h = x.new_zeros(x.shape[0], x.shape[2], self.state)
        outs = []
        for t in range(x.shape[1]):
            h = torch.exp(dt[:, t, :, None] * self.decay) * h
            h = h + dt[:, t, :, None] * b[:, t, None, :] * x[:, t, :, None]
            outs.append((h * c[:, t, None, :]).sum(-1))
        return torch.stack(outs, dim=1)


class Lstm(nn.Module):
    """PyTorch's own recurrent layer."""

    def __init__(self, hidden):
        super().__init__()
        self.rnn = nn.LSTM(hidden, hidden, batch_first=True)

    def forward(self, x):
        return self.rnn(x)[0]
