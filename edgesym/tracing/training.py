"""An iteration of training by a model's own code: its loss, and PyTorch's backward pass, recorded.

The class is built on symbolic sizes as for a step (:mod:`edgesym.tracing.run`) and run on b
sequences of T tokens; the cross entropy of its logits is differentiated by PyTorch's autograd,
which runs under the same recorder. What comes out is a model of the products alone, of the forward
and of the backward pass, and of the parameters that got a gradient.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy
import torch

from edgesym.architectures.model import Model, Structure
from edgesym.architectures.traced.plan import Traced, TracedPlan
from edgesym.errors import ConfigError
from edgesym.frozen import FrozenMap
from edgesym.graph.meaning import Group, Purpose
from edgesym.graph.operation import Operation
from edgesym.graph.tensor import Role, Tensor
from edgesym.symbols import symbol
from edgesym.tracing.fields import HINTS
from edgesym.tracing.layers import Stack, passing
from edgesym.tracing.record import Recorded, Recorder
from edgesym.tracing.run import building
from edgesym.tracing.settle import Settled
from edgesym.tracing.sizes import line_of_code

__all__ = ["trace_training"]

#: Products of matrices: left, right by their last two axes.
_PRODUCTS = ("mm", "addmm", "bmm", "baddbmm")
_WORK = ("batch", "new_tokens", "cached_tokens")


def trace_training(
    config: Mapping[str, Any],
    *,
    name: str,
    origin: str,
    content: str = "",
    hints: Mapping[str, int] = HINTS,
) -> Traced:
    """The products of an iteration of training, layer by layer, and what has a gradient.

    Raises:
        ConfigError: the code prices an operation that is no product of matrices, so that the
            count would not be whole.
    """
    with building(config, hints, torch.float32) as (model, sizes, lists, (batch, _, tokens)):
        for stack in lists:
            passing(model, stack)
        recorder = Recorder(model, [p for s in lists for p in s.layers], line_of_code)
        for stack in lists:
            for index in stack.first:
                _followed(model.get_submodule(stack.layers[index]), stack.layers[index], recorder)
        with torch.enable_grad(), recorder:
            ids = torch.zeros((batch, tokens), dtype=torch.long)
            logits = model(input_ids=ids, use_cache=False).logits
            losses = torch.nn.functional.cross_entropy(
                logits.reshape(batch * tokens, -1), ids.reshape(batch * tokens), reduction="sum"
            )
            forward = len(recorder.operations)
            losses.backward()
        settle = Settled(sizes.hints)
        made = _Blocks(lists, lambda x: settle(sizes.expression(x)))
        for place, op in enumerate(recorder.operations):
            made.add(op, "forward" if place < forward else "backward")
        for path, parameter in model.named_parameters():
            if parameter.grad is not None:
                made.learn(path, parameter.grad)
        domain = settle.domain(sizes.questions(), {})
        values = {s: n for s, n in sizes.hints.items() if s not in map(symbol, _WORK)}
    plans, repeats, counts = made.plans()
    return Traced(
        Model(
            name=name,
            architecture="traced",
            values=FrozenMap(values | counts),
            structure=Structure(tuple(plans), FrozenMap(repeats)),
            origin=origin,
            sources=(f"the code of {origin}",),
            content=content,
            domain=domain,
        ),
        FrozenMap(made.lines),
        tuple(made.label(stack.path, kind) for stack in lists for kind in stack.kinds),
    )


def _followed(layer: torch.nn.Module, path: str, recorder: Recorder) -> None:
    """Have the recorder know when the backward pass enters and leaves a layer."""

    def enter(_: torch.nn.Module, args: Any, kwargs: Any) -> None:
        entered = args[0] if args else kwargs["hidden_states"]
        if entered.requires_grad:
            entered.register_hook(lambda grad: recorder.leave(path))

    def leave(_: torch.nn.Module, args: Any, result: Any) -> None:
        left = result if isinstance(result, torch.Tensor) else result[0]
        left.register_hook(lambda grad: recorder.within(path))

    layer.register_forward_pre_hook(enter, with_kwargs=True)
    layer.register_forward_hook(leave)


class _Blocks:
    """Products by layer."""

    def __init__(self, lists: list[Stack], size: Any) -> None:
        self.lists = lists
        self.size = size
        self.lines: dict[str, str] = {}
        self.operations: dict[str, list[Operation]] = {}
        self._several = sum(len(stack.first) for stack in lists) > 1

    def label(self, path: str, kind: int) -> str:
        """The block of a kind of layer."""
        place = [stack.path for stack in self.lists].index(path)
        name = f"kind{kind}" if self._several else "decoder"
        return f"{name}_{place}" if place else name

    def _block(self, layer: str) -> str:
        stack = next((stack for stack in self.lists if layer in stack.layers), None)
        if stack is None:
            return "rest"
        return self.label(stack.path, stack.kinds[stack.layers.index(layer)])

    def add(self, op: Recorded, way: str) -> None:
        """Add a product; refuse what is priced and is none."""
        if op.flops is None:
            return
        if op.name not in _PRODUCTS:
            raise ConfigError(
                f"{op.line}: aten.{op.name} of the {way} pass is no product of matrices, so that "
                "training cannot be counted from the code"
            )
        label = self._block(op.layer)
        several = self.operations.setdefault(label, [])
        part = f"{way}.{len(several)}"
        (*batch, rows, summed), (*_, columns) = (
            tuple(map(self.size, seen.shape)) for seen in op.inputs[-2:]
        )
        left = Tensor(f"{part}.left", (*batch, rows, summed))
        right = Tensor(f"{part}.right", (*batch, summed, columns))
        equation = "z m k, z k n -> z m n" if batch else "m k, k n -> m n"
        made = Tensor(part, (*batch, rows, columns))
        purpose = Purpose.PROJECTION
        several.append(Operation(part, "contraction", equation, (left, right), (made,), purpose))
        self.lines[f"{label}/{part}"] = op.line

    def learn(self, path: str, gradient: torch.Tensor) -> None:
        """Add a parameter that has a gradient."""
        layer = next(
            (p for stack in self.lists for p in stack.layers if path.startswith(f"{p}.")),
            "",
        )
        several = self.operations.setdefault(self._block(layer), [])
        shape = tuple(map(self.size, gradient.shape))
        weight = Tensor(path, shape, Role.WEIGHT, group=Group.LINEAR)
        zero = sympy.Integer(0)
        seen = Tensor(f"{path}.gradient", shape, Role.WEIGHT, copies=zero, group=Group.LINEAR)
        several.append(Operation(seen.name, "view", "gradient", (weight,), (seen,), Purpose.VIEW))

    def plans(
        self,
    ) -> tuple[list[TracedPlan], dict[frozenset[str], sympy.Expr], dict[sympy.Symbol, int]]:
        """The blocks, what counts them, and how many of each there are."""
        plans, repeats, counts = [], {}, {}
        numbers = {
            self.label(stack.path, kind): stack.kinds.count(kind)
            for stack in self.lists
            for kind in stack.first
        }
        for label, operations in self.operations.items():
            repeat: sympy.Expr = sympy.Integer(1)
            if label in numbers:
                repeat = symbol("layers", label) if self._several else symbol("layers")
                repeats[frozenset([label])] = repeat
                counts[repeat] = numbers[label]
            plans.append(TracedPlan(label, repeat, tuple(operations), (), ()))
        if len(repeats) > 1:
            every = frozenset(label for key in repeats for label in key)
            counts[symbol("layers")] = sum(counts[r] for r in repeats.values())
            repeats[every] = symbol("layers")
        return plans, repeats, counts
