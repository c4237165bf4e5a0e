"""Modules that call operators of their own, of which PyTorch knows neither shape nor cost."""

import torch
from torch import nn


@torch.library.custom_op("edgesym_own::fused", mutates_args=())
def fused(x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.silu(x @ w)


@torch.library.custom_op("edgesym_own::unsaid", mutates_args=())
def unsaid(x: torch.Tensor) -> torch.Tensor:
    return x * 2


@torch.library.custom_op("edgesym_own::pair", mutates_args=())
def pair(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return x * 2, x.sum(-1)


@torch.library.custom_op("edgesym_own::shaped", mutates_args=())
def shaped(x: torch.Tensor) -> torch.Tensor:
    return x * 2


@shaped.register_fake
def _(x):
    return torch.empty_like(x)


@torch.library.custom_op("edgesym_own::writes", mutates_args=("out",))
def writes(out: torch.Tensor, x: torch.Tensor) -> None:
    out.copy_(x)


class Net(nn.Module):
    def __init__(self, hidden, intermediate):
        super().__init__()
        self.w = nn.Parameter(torch.empty(hidden, intermediate))
        self.down = nn.Linear(intermediate, hidden, bias=False)

    def forward(self, x):
        return x + self.down(torch.ops.edgesym_own.fused(x, self.w))


class Twice(Net):
    def forward(self, x):
        wide = torch.ops.edgesym_own.fused(x, self.w)
        again = torch.ops.edgesym_own.fused(x, self.w)
        return torch.ops.edgesym_own.fused(wide + again, self.w.t())


class Looped(Net):
    def forward(self, x):
        steps = [torch.ops.edgesym_own.fused(x[:, t], self.w) for t in range(x.shape[1])]
        return torch.stack(steps, 1)


class Unsaid(nn.Module):
    def forward(self, x):
        return torch.ops.edgesym_own.unsaid(x)


class Shaped(nn.Module):
    def forward(self, x):
        return torch.ops.edgesym_own.shaped(x)


class Pair(nn.Module):
    def forward(self, x):
        a, b = torch.ops.edgesym_own.pair(x)
        return a + b[..., None]


class Writes(nn.Module):
    def forward(self, x):
        out = torch.empty_like(x)
        torch.ops.edgesym_own.writes(out, x)
        return out + 1
