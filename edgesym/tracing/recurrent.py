"""PyTorch's recurrent layers as the loop over tokens that they are.

``torch.nn.RNN``, ``LSTM`` and ``GRU`` are one operation each, which unrolls over a fixed number of
tokens. Here each layer projects its input for all tokens at once and then goes from token to
token, as PyTorch's own CPU code does (``aten/src/ATen/native/RNN.cpp``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.nn import functional

__all__ = ["RECURRENT", "recurrent"]

Step = Callable[[torch.Tensor, torch.Tensor, list[torch.Tensor]], list[torch.Tensor]]


def _lstm(given: torch.Tensor, kept: torch.Tensor, state: list[torch.Tensor]) -> list[torch.Tensor]:
    """c = f c + i g, h = o tanh(c)."""
    enter, forget, new, leave = (given + kept).chunk(4, -1)
    cell = torch.sigmoid(forget) * state[1] + torch.sigmoid(enter) * torch.tanh(new)
    return [torch.sigmoid(leave) * torch.tanh(cell), cell]


def _gru(given: torch.Tensor, kept: torch.Tensor, state: list[torch.Tensor]) -> list[torch.Tensor]:
    """h = n + z (h - n), n = tanh(x_n + r h_n)."""
    (reset, update, new), (was_reset, was_update, was_new) = given.chunk(3, -1), kept.chunk(3, -1)
    fresh = torch.tanh(new + torch.sigmoid(reset + was_reset) * was_new)
    return [fresh + torch.sigmoid(update + was_update) * (state[0] - fresh)]


def _plain(activation: Callable[[torch.Tensor], torch.Tensor]) -> Step:
    return lambda given, kept, _: [activation(given + kept)]


_STEPS: dict[str, Step] = {
    "lstm": _lstm,
    "gru": _gru,
    "rnn_tanh": _plain(torch.tanh),
    "rnn_relu": _plain(torch.relu),
}

#: The functions of ``torch._VF`` that these layers call.
RECURRENT = tuple(_STEPS)


def recurrent(
    name: str, count: Callable[[Any], Any], given: torch.Tensor, hidden: Any, *rest: Any
) -> tuple[torch.Tensor, ...]:
    """What ``torch._VF.NAME`` gives.

    Args:
        count: ``range`` of the tokens.
        given: the input, (batch, tokens, width), or tokens first.
        hidden: the state before, (layers x directions, batch, width); two of them of an LSTM.
        rest: the weights, whether there are biases, layers, dropout, whether it is trained, whether
            it goes both ways, and whether the batch comes first, as PyTorch has them.
    """
    weights, has_bias, layers, _, _, both, is_first = rest
    x = given if is_first else given.transpose(0, 1)
    before = tuple(hidden) if name == "lstm" else (hidden,)
    directions, each = 2 if both else 1, len(weights) // (layers * (2 if both else 1))
    last: list[list[torch.Tensor]] = []
    for layer in range(layers):
        made = []
        for direction in range(directions):
            place = layer * directions + direction
            own = weights[place * each : (place + 1) * each]
            states = [part[place] for part in before]
            out, end = _one(_STEPS[name], count, x, states, own, has_bias=has_bias)
            made.append(out)
            last.append(end)
        x = torch.cat(made, -1) if both else made[0]
    ends = tuple(torch.stack(parts) for parts in zip(*last, strict=True))
    return (x if is_first else x.transpose(0, 1), *ends)


def _one(
    step: Step,
    count: Callable[[Any], Any],
    x: torch.Tensor,
    state: list[torch.Tensor],
    weights: Sequence[torch.Tensor],
    *,
    has_bias: bool,
) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """A layer in one direction; what it projects its output with is PyTorch's ``proj_size``."""
    to_input, to_hidden, *more = weights
    biases, projection = (more[:2], more[2:]) if has_bias else ([None, None], more)
    given = functional.linear(x, to_input, biases[0])
    outs = []
    for token in count(x.shape[1]):
        state = step(given[:, token], functional.linear(state[0], to_hidden, biases[1]), state)
        if projection:
            state[0] = functional.linear(state[0], projection[0])
        outs.append(state[0])
    return torch.stack(outs, 1), state
