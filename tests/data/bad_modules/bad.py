"""Modules that cannot be traced, each for a reason of its own."""

import socket
import time

import torch
from torch import nn


class Raises(nn.Module):
    def forward(self, x):
        raise ValueError("not today")


class Hangs(nn.Module):
    def forward(self, x):
        time.sleep(1000)


class Allocates(nn.Module):
    def forward(self, x):
        return x + len(bytearray(100 * 2**30))


class Connects(nn.Module):
    def forward(self, x):
        socket.create_connection(("192.0.2.1", 80), timeout=5)
        return x


class NoModule:
    def __init__(self, hidden):
        self.hidden = hidden


class Refuses(nn.Module):
    def __init__(self, hidden, heads=3):
        super().__init__()
        assert hidden % heads == 0, "hidden is no multiple of heads"


class Looks(nn.Module):
    def forward(self, x):
        if x.sum() > 0:
            return x
        return -x


class Picks(nn.Module):
    def forward(self, x):
        return x[x > 0].sum()


class Ends(nn.Module):
    def forward(self, x):
        import os

        os.abort()


LIBRARY = torch.library.Library("edgesym_tests", "DEF")
LIBRARY.define("fused(Tensor x) -> Tensor")
LIBRARY.impl("fused", lambda x: x.clone(), "CPU")


class Fused(nn.Module):
    def forward(self, x):
        return torch.ops.edgesym_tests.fused(x)
