"""What the operations of traced code are for, from where they lie in its data flow.

No name is read: a product is of queries because scores are made of it, an activation lies between
two products with weights, a router's product ends in a choice of the best. So traced operations
fuse, and are found by recipes and training, as those of layers are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import sympy

from edgesym.graph.meaning import Purpose
from edgesym.graph.operation import Operation
from edgesym.graph.tensor import Role, Tensor
from edgesym.symbols import symbol

__all__ = ["meant"]

_MOVES = ("view", "copy")
_V = symbol("vocab")


def meant(operations: Sequence[Operation], entries: Sequence[Tensor]) -> list[Operation]:
    """The operations of a block with their purposes.

    Args:
        operations: in the order they run.
        entries: what enters the block: the stream that residual sums add to.
    """
    flow = _Flow(operations)
    for step in (_biases, _attention, _projections, _convolved, _scans, _routing):
        step(flow)
    _residuals(flow, entries)
    _feed_forward(flow)
    _heads(flow)
    return [replace(op, purpose=flow.found[i]) for i, op in enumerate(operations)]


class _Flow:
    """The data flow of a block.

    Attributes:
        operations: in the order they run.
        found: the purpose of each.
        made: name of a tensor -> the place of the operation that makes it.
        readers: name of a tensor -> the places of those that read it.
        parts: name of a tensor -> the parts of products' results that it follows from.
    """

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = operations
        self.found = [op.purpose for op in operations]
        self.made = {t.name: i for i, op in enumerate(operations) for t in op.outputs}
        self.readers: dict[str, list[int]] = {}
        self.parts: dict[str, frozenset[str]] = {}
        for i, op in enumerate(operations):
            for tensor in op.inputs:
                self.readers.setdefault(tensor.name, []).append(i)

    def family(self, at: int) -> str:
        return self.operations[at].family

    def is_product(self, at: int, purpose: Purpose = Purpose.PROJECTION) -> bool:
        """Whether it is a product of nothing known but this."""
        return self.family(at) == "contraction" and self.found[at] is purpose

    def is_plain(self, at: int) -> bool:
        """Whether it is element-wise work of which nothing more is known."""
        known = self.found[at] in (Purpose.ELEMENTWISE, Purpose.SCALE)
        return known and self.family(at) in ("pointwise", "reduction")

    def joins(self, at: int) -> bool:
        """Whether it copies several tensors into one."""
        several = [t for t in self.operations[at].inputs if t.role is not Role.TOKEN]
        return self.family(at) == "copy" and len(several) > 1

    def makers(self, tensor: Tensor) -> Iterator[int]:
        """The operation that makes a tensor, through views and copies of one tensor."""
        at = self.made.get(tensor.name)
        if at is None:
            return
        if self.family(at) in _MOVES and not self.joins(at):
            for given in self.operations[at].inputs:
                yield from self.makers(given)
        else:
            yield at

    def sources(self, at: int) -> Iterator[int]:
        """The operations that make what it reads, through views and copies."""
        for tensor in self.operations[at].inputs:
            yield from self.makers(tensor)

    def users(self, at: int) -> Iterator[int]:
        """The operations that read what it makes, through views and copies."""
        for tensor in self.operations[at].outputs:
            for reader in self.readers.get(tensor.name, ()):
                if self.family(reader) in _MOVES and not self.joins(reader):
                    yield from self.users(reader)
                else:
                    yield reader

    def walk(
        self,
        starts: Iterator[int],
        after: Callable[[int], Iterator[int]],
        passes: Callable[[int], bool],
    ) -> tuple[list[int], list[int]]:
        """Operations that are reached through those that pass, and those where it ends."""
        passed: dict[int, None] = {}
        ended: dict[int, None] = {}
        todo = list(starts)
        while todo:
            at = todo.pop()
            if at in passed or at in ended:
                continue
            if passes(at):
                passed[at] = None
                todo += after(at)
            else:
                ended[at] = None
        return list(passed), list(ended)


def _biases(flow: _Flow) -> None:
    """Sums of a product and a weight."""
    for at, op in enumerate(flow.operations):
        if op.function != "add" or op.family != "pointwise" or not flow.is_plain(at):
            continue
        held = [t for t in op.inputs if t.role is Role.WEIGHT]
        before = list(flow.sources(at))
        products = [i for i in before if flow.family(i) == "contraction"]
        if held and products and len(before) == len(products):
            flow.found[at] = Purpose.BIAS


def _attention(flow: _Flow) -> None:
    """Scores, what is done to them, and values: around each softmax of products of activations."""
    for at, op in enumerate(flow.operations):
        if op.purpose is not Purpose.SOFTMAX or op.family != "normalisation":
            continue

        def modifies(i: int) -> bool:
            return flow.is_plain(i) or (flow.joins(i) and flow.found[i] is Purpose.COPY)

        passed, ended = flow.walk(flow.sources(at), flow.sources, modifies)
        scores = [i for i in ended if flow.is_product(i, Purpose.MIXING)]
        known = [i for i in ended if flow.found[i] is Purpose.SCORES]
        if not scores and not known:
            continue
        for i in passed:
            flow.found[i] = Purpose.SCORE_MODIFIER
        for i in scores:
            flow.found[i] = Purpose.SCORES
        passed, ended = flow.walk(flow.users(at), flow.users, modifies)
        if any(flow.is_product(i, Purpose.MIXING) for i in ended):
            for i in passed:
                flow.found[i] = Purpose.SCORE_MODIFIER
        for i in ended:
            if flow.is_product(i, Purpose.MIXING):
                flow.found[i] = Purpose.VALUES


def _projections(flow: _Flow) -> None:
    """Projections of queries, keys and values, their rotation, and that of what attention gives."""

    def turns(at: int) -> bool:
        moves = flow.family(at) == "pointwise" or flow.joins(at)
        known = flow.found[at] in (Purpose.ROTARY, Purpose.NORM, Purpose.BIAS, Purpose.JOIN)
        plain = (Purpose.ELEMENTWISE, Purpose.SCALE, Purpose.COPY)
        return known or flow.family(at) == "append" or (moves and flow.found[at] in plain)

    for at in range(len(flow.operations)):
        inputs = flow.operations[at].inputs
        if flow.found[at] is Purpose.SCORES:
            sides = [(inputs[0], Purpose.QUERY), (inputs[1], Purpose.KEY)]
        elif flow.found[at] is Purpose.VALUES:
            sides = [(inputs[1], Purpose.VALUE)]
        else:
            continue
        for tensor, purpose in sides:
            for maker in flow.makers(tensor):
                if flow.joins(maker) and flow.found[maker] is Purpose.COPY:
                    flow.found[maker] = Purpose.JOIN
            passed, ended = flow.walk(flow.makers(tensor), flow.sources, turns)
            for i in passed:
                if flow.family(i) in ("pointwise", "copy") and flow.found[i] in (
                    Purpose.ELEMENTWISE,
                    Purpose.COPY,
                ):
                    flow.found[i] = Purpose.ROTARY
            for i in ended:
                if flow.is_product(i):
                    flow.found[i] = purpose
                    _latent(flow, i, purpose)
        if flow.found[at] is Purpose.VALUES:
            _, ended = flow.walk(flow.users(at), flow.users, flow.is_plain)
            for i in ended:
                if flow.is_product(i):
                    flow.found[i] = Purpose.OUTPUT


def _latent(flow: _Flow, at: int, purpose: Purpose) -> None:
    """The product that a projection opens again, through a norm and a cache."""

    def passes(i: int) -> bool:
        return flow.found[i] is Purpose.NORM or flow.family(i) in ("append", "normalisation")

    passed, ended = flow.walk(flow.sources(at), flow.sources, passes)
    if passed and all(flow.is_product(i) for i in ended):
        for i in ended:
            flow.found[i] = Purpose.KEY if purpose is Purpose.VALUE else purpose


def _scans(flow: _Flow) -> None:
    """What a recurrent state follows from, and what follows from it, between products."""
    states = [
        at
        for at, op in enumerate(flow.operations)
        if op.family == "append" and op.outputs[0].role is Role.STATE
    ]

    def steps(at: int) -> bool:
        plain = flow.is_plain(at) or flow.joins(at) or flow.is_product(at, Purpose.MIXING)
        return plain or flow.found[at] is Purpose.SCAN_STEP

    for state in states:
        before, _ = flow.walk(flow.sources(state), flow.sources, steps)
        for at in (state, *before):
            flow.found[at] = Purpose.SCAN_STEP
        after, _ = flow.walk(iter(before), flow.users, steps)
        beside, _ = flow.walk(iter(after), flow.sources, steps)
        for at in (*after, *beside):
            flow.found[at] = Purpose.SCAN_STEP


def _routing(flow: _Flow) -> None:
    """A router's product, the choice of the best, and how what experts give is weighed."""

    def scores(at: int) -> bool:
        plain = flow.is_plain(at) or flow.found[at] is Purpose.SCORING or flow.joins(at)
        return plain or flow.found[at] in (Purpose.SOFTMAX, Purpose.BIAS)

    for at, op in enumerate(flow.operations):
        if op.family != "reduction" or op.function != "compare":
            continue
        before, ended = flow.walk(iter((at,)), flow.sources, scores)
        if not any(flow.is_product(i) for i in ended):
            continue
        for i in ended:
            if flow.is_product(i):
                flow.found[i] = Purpose.ROUTER
        for i in before:
            if flow.found[i] is not Purpose.BIAS:
                flow.found[i] = Purpose.SCORING
    for at in range(len(flow.operations)):  # in the order they run: one after the other
        is_soft = flow.found[at] is Purpose.SOFTMAX and flow.family(at) == "normalisation"
        if not flow.is_plain(at) and not is_soft:
            continue
        known = {flow.found[i] for i in flow.sources(at)}
        if known and known <= {Purpose.SCORING, Purpose.ROUTER}:
            flow.found[at] = Purpose.SCORING
        elif not is_soft and (Purpose.SCORING in known or Purpose.COMBINE in known):
            is_sum = Purpose.SCORING in known or flow.family(at) == "reduction"
            flow.found[at] = Purpose.COMBINE if is_sum else flow.found[at]


def _convolved(flow: _Flow) -> None:
    """The activation after a convolution."""
    for at in range(len(flow.operations)):
        if flow.is_plain(at):
            before = list(flow.sources(at))
            before += [i for b in before if flow.found[b] is Purpose.BIAS for i in flow.sources(b)]
            if any(flow.found[i] is Purpose.CONVOLUTION for i in before):
                flow.found[at] = Purpose.CONVOLUTION_ACTIVATION


def _residuals(flow: _Flow, entries: Sequence[Tensor]) -> None:
    """Sums of two activations of the size of what enters the block."""
    sizes = {t.elements for t in entries if t.role is Role.ACTIVATION}
    for at, op in enumerate(flow.operations):
        if op.function == "add" and op.family == "pointwise" and flow.is_plain(at):
            whole = [t for t in op.inputs if t.role is Role.ACTIVATION and t.elements in sizes]
            if len(whole) == 2 and op.outputs[0].elements in sizes:
                flow.found[at] = Purpose.RESIDUAL


def _feed_forward(flow: _Flow) -> None:
    """Activations between products with weights: gate, up and down."""
    for at in range(len(flow.operations)):
        if not flow.is_product(at):
            continue
        passed, ended = flow.walk(_data(flow, at), flow.sources, lambda i: _acts(flow, i))
        work = [i for i in passed if flow.is_plain(i)]
        made = [i for i in ended if flow.is_product(i)]
        if not work or not made or len(made) < len(ended):
            continue
        flow.found[at] = Purpose.DOWN
        for i in work:
            parts = [_roots(flow, t) for t in flow.operations[i].inputs if t.name in flow.made]
            several = len({part for part in parts if part}) > 1
            flow.found[i] = Purpose.PRODUCT if several else Purpose.ACTIVATION
        products = [i for i in work if flow.found[i] is Purpose.PRODUCT]
        gated = {
            end
            for i in work
            if flow.found[i] is Purpose.ACTIVATION
            for end in flow.walk(flow.sources(i), flow.sources, lambda x: _acts(flow, x))[1]
        }
        for i in made:
            gates = products and i in gated and len(made) > 1
            flow.found[i] = Purpose.GATE if gates else Purpose.UP


def _acts(flow: _Flow, at: int) -> bool:
    """Whether it may lie between two products: element-wise, a bias, a norm after a product."""
    known = (Purpose.BIAS, Purpose.ACTIVATION, Purpose.PRODUCT)
    return (flow.family(at) == "pointwise" and flow.is_plain(at)) or flow.found[at] in known


def _data(flow: _Flow, at: int) -> Iterator[int]:
    """The operations that make what a product multiplies with its weight, through a norm."""
    for i in flow.sources(at):
        if flow.found[i] is Purpose.NORM:
            _, ended = flow.walk(iter((i,)), flow.sources, lambda x: flow.found[x] is Purpose.NORM)
            yield from ended
        else:
            yield i


def _roots(flow: _Flow, tensor: Tensor) -> frozenset[str]:
    """The parts of products' results that a tensor follows from."""
    if tensor.name not in flow.parts:
        flow.parts[tensor.name] = _found_roots(flow, tensor)
    return flow.parts[tensor.name]


def _found_roots(flow: _Flow, tensor: Tensor) -> frozenset[str]:
    at = flow.made.get(tensor.name)
    if at is None:
        return frozenset()
    op = flow.operations[at]
    if op.family == "contraction":
        return frozenset([tensor.name])
    if op.family == "view" and op.function in _PARTS:
        is_part = op.inputs[0].name in flow.made and op.inputs[0].elements != tensor.elements
        return frozenset([tensor.name]) if is_part else _roots(flow, op.inputs[0])
    return frozenset().union(*(_roots(flow, given) for given in op.inputs))


#: Views of a part of a tensor.
_PARTS = ("slice", "split", "split_with_sizes", "chunk", "narrow", "select", "unbind")


def _heads(flow: _Flow) -> None:
    """Products with a table of the vocabulary."""
    for at, op in enumerate(flow.operations):
        is_wide = any(_V in sympy.sympify(x).free_symbols for x in op.outputs[0].shape)
        if flow.is_product(at) and is_wide:
            flow.found[at] = Purpose.HEAD
