"""Which of our layers the blocks of traced code look like, by purposes and weights.

No name is read: a projection is what scores are made of, a feed-forward is gated where a product
joins two matrices, and so on, as :mod:`edgesym.tracing.meant` found it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sympy

from edgesym.architectures.traced.plan import TracedPlan
from edgesym.graph.meaning import Group, Purpose
from edgesym.graph.operation import Operation
from edgesym.graph.tensor import Role, Tensor
from edgesym.symbols import symbol

__all__ = ["Seen", "decoder", "ends"]

_b, _T = symbol("batch"), symbol("new_tokens")
_QKV = (Purpose.QUERY, Purpose.KEY, Purpose.VALUE)
_ATTENTION = frozenset(
    (
        *(*_QKV, Purpose.OUTPUT, Purpose.ROTARY, Purpose.CACHE_WRITE, Purpose.JOIN),
        *(Purpose.SCORES, Purpose.SCORE_MODIFIER, Purpose.SOFTMAX, Purpose.VALUES),
    )
)
_DENSE = frozenset((Purpose.GATE, Purpose.UP, Purpose.ACTIVATION, Purpose.PRODUCT, Purpose.DOWN))
_ROUTED = frozenset((Purpose.ROUTER, Purpose.SCORING, Purpose.COMBINE))
_MOVES = ("view", "copy")
#: Operations of layers whose weights are the layers' own.
_KNOWN = _DENSE | _ROUTED | {*_QKV, Purpose.OUTPUT, Purpose.BIAS, Purpose.NORM}


@dataclass(slots=True)
class Seen:
    """What a block looks like.

    Attributes:
        steps: its steps, as an architecture file has them.
        layers: part -> its layer and options.
        sizes: word of a symbol -> what the code has for it.
        strange: operations that belong to no layer, in words.
    """

    steps: list[Any] = field(default_factory=list)
    layers: dict[str, dict[str, Any]] = field(default_factory=dict)
    sizes: dict[str, sympy.Expr] = field(default_factory=dict)
    strange: list[str] = field(default_factory=list)

    def norm(self, name: str, operations: Sequence[Operation]) -> str:
        """A norm of a width, under a name."""
        weights = _weights(operations)
        options: dict[str, Any] = {"layer": "norm", "function": _norm_of(operations)}
        options |= {} if weights else {"weight": False}
        options |= {"bias": True} if len(weights) > 1 else {}
        self.layers[name] = options
        return name

    def unknown(self, operation: Operation) -> None:
        """An operation that no layer has."""
        shapes = ", ".join(f"{t.name} {t.shape}" for t in _weights([operation]))
        self.strange.append(f"{operation.part} ({shapes or 'no weights'}; {operation.function})")


@dataclass(slots=True)
class _Event:
    """Operations that follow each other and are one norm, attention or feed-forward."""

    kind: str
    operations: list[Operation]
    name: str = ""

    def has(self, purpose: Purpose) -> bool:
        return any(op.purpose is purpose for op in self.operations)


def _weights(operations: Iterable[Operation]) -> list[Tensor]:
    return [t for op in operations for t in op.inputs if t.role is Role.WEIGHT]


def _norm_of(operations: Sequence[Operation]) -> str:
    """A layer norm takes a mean off; a norm by root mean square does not."""
    means = [op for op in operations if op.family == "reduction"]
    whole = any(op.function == "layer_norm" for op in operations)
    return "layer_norm" if whole or len(means) > 1 else "rms_norm"


def _product(extents: Iterable[sympy.Expr]) -> sympy.Expr:
    return sympy.Mul(*extents)


class _Flow:
    """Which operation made what."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.made = {t.name: op for op in operations for t in op.outputs}

    def maker(self, tensor: Tensor) -> Operation | None:
        """The operation that computes a tensor, behind views and copies of it."""
        op = self.made.get(tensor.name)
        while op is not None and op.family in _MOVES and op.inputs:
            op = self.made.get(op.inputs[0].name)
        return op

    def of_bias(self, operation: Operation) -> Purpose | None:
        """The purpose of what a bias is added to."""
        makers = (self.maker(t) for t in operation.inputs if t.role is not Role.WEIGHT)
        return next((op.purpose for op in makers if op is not None), None)


def _resolved(operations: Iterable[Operation]) -> list[Operation]:
    """Operations that read weights themselves, where they read views and casts of them."""
    weights: dict[str, Tensor] = {}
    found = []
    for given in operations:
        op = replace(given, inputs=tuple(weights.get(t.name, t) for t in given.inputs))
        if op.family in _MOVES and len(op.inputs) == 1 and op.inputs[0].role is Role.WEIGHT:
            weights |= {t.name: op.inputs[0] for t in op.outputs}
        else:
            found.append(op)
    return found


def decoder(plan: TracedPlan) -> Seen:
    """What a repeated block looks like."""
    operations = _resolved(plan.operations)
    found, flow = Seen(), _Flow(operations)
    events: list[_Event] = []
    routed = any(op.purpose is Purpose.ROUTER for op in operations)
    for op in operations:
        if op.family == "view" or op.purpose is Purpose.COPY:
            continue
        if op.purpose is Purpose.RESIDUAL:
            _close(found, flow, events, op)
            events = []
        else:
            _sort(found, flow, events, op, routed=routed)
    _close(found, flow, events, None)
    return found


def _sort(found: Seen, flow: _Flow, events: list[_Event], op: Operation, *, routed: bool) -> None:
    """Put an operation to the norm, attention or feed-forward that it is of."""
    purpose = flow.of_bias(op) if op.purpose is Purpose.BIAS else op.purpose
    if purpose is Purpose.NORM:
        inner = next((e for e in reversed(events) if _is_open(e)), None)
        if inner is not None:
            inner.operations.append(op)
            return
        place = op.part.rpartition(".")[0]
        if events and events[-1].kind == "norm" and events[-1].name == place:
            events[-1].operations.append(op)
        else:
            events.append(_Event("norm", [op], place))
        return
    if purpose in _ATTENTION:
        kind = "attention"
    elif purpose in _DENSE | _ROUTED:
        kind = "experts" if routed else "feed_forward"
    elif routed and op.family == "contraction" and op.outputs[0].shape[-1] == 1:
        kind = "experts"  # the gate of a shared one
    elif _weights([op]) and op.family != "contraction" and any(map(_is_open, events)):
        kind = next(event.kind for event in events if _is_open(event))
    else:
        if _weights([op]) or op.family in ("contraction", "scan"):
            found.unknown(op)
        return
    for event in events:
        if event.kind == kind:
            event.operations.append(op)
            return
    events.append(_Event(kind, [op]))


def _is_open(event: _Event) -> bool:
    """Whether an attention or a feed-forward still lacks its last matrix."""
    last = {"attention": Purpose.OUTPUT, "feed_forward": Purpose.DOWN}.get(event.kind)
    return last is not None and not event.has(last)


def _close(found: Seen, flow: _Flow, events: list[_Event], residual: Operation | None) -> None:
    """The step that a residual sum, or the end of the block, makes of what came before it."""
    mains = [event for event in events if event.kind != "norm"]
    if not mains:
        name = f"{_part(found.steps)}.after"
        for event in events:
            found.steps.append(found.norm(name, event.operations))
        return
    for event in mains:
        part = "attention" if event.kind == "attention" else "feed_forward"
        if part in found.layers:
            part = f"{part}.second"
        event.name = part
        found.layers[part] = _LOOKS[event.kind](found, flow, event.operations)
    steps: list[Any] = []
    before_sum: list[str] = []
    for place, event in enumerate(events):
        if event.kind != "norm":
            steps.append(event.name)
            continue
        later = next((e for e in events[place:] if e.kind != "norm"), None)
        name = found.norm(
            f"{later.name}.norm" if later else f"{mains[-1].name}.post_norm", event.operations
        )
        if residual is not None and later and _is_outside(flow, residual, event):
            before_sum.append(name)
        else:
            steps.append(name)
    found.steps += before_sum
    if len(mains) > 1:
        steps = _side_by_side(steps, [event.name for event in mains])
    found.steps += [{"residual": steps}] if residual is not None else steps


def _part(steps: Sequence[Any]) -> str:
    """The part that the last of some steps is of."""
    last = steps[-1].get("residual", []) if steps and isinstance(steps[-1], dict) else []
    names = [s for s in last if isinstance(s, str) and not s.endswith("norm")]
    return names[-1] if names else "block"


def _side_by_side(steps: list[str], mains: list[str]) -> list[Any]:
    """Parts that one sum adds: each after its own norm, or all after one."""
    norms = [name for name in steps if name not in mains]
    own = [[*(n for n in norms if n.startswith(f"{main}.")), main] for main in mains]
    if all(len(branch) > 1 for branch in own):
        return [{"parallel": own}]
    before = [n for n in norms if not n.endswith("post_norm")]
    after = [n for n in norms if n.endswith("post_norm")]
    return [*before, {"parallel": mains}, *after]


def _is_outside(flow: _Flow, residual: Operation, norm: _Event) -> bool:
    """Whether what is added to is what a norm made: the norm is of the stream itself."""
    return any(flow.maker(t) in norm.operations for t in residual.inputs)


def _attention(found: Seen, flow: _Flow, ops: Sequence[Operation]) -> dict[str, Any]:
    options: dict[str, Any] = {"layer": "attention"}
    kept = [t for op in ops for t in op.outputs if t.cache]
    scores = [op.outputs[0] for op in ops if op.purpose is Purpose.SCORES]
    products = [op.purpose for op in ops if op.family == "contraction" and _weights([op])]
    several = len(products) != len(set(products))
    if several or len(kept) != 2 or len(scores) != 1 or len(kept[0].shape) != 4:
        for op in ops:
            if _weights([op]) and op.purpose is not Purpose.NORM:
                found.unknown(op)
    if kept and len(kept[0].shape) == 4:
        found.sizes["kv_heads"], found.sizes["head_dim"] = kept[0].shape[1], kept[0].shape[3]
        if kept[-1].shape[3] != kept[0].shape[3]:
            options["value_dim"] = "head_dim.value"
            found.sizes["head_dim.value"] = kept[-1].shape[3]
    if scores:
        rows = sympy.cancel(_product(scores[0].shape[:-1]) / (_b * _T))
        found.sizes["heads"] = rows
    else:
        found.strange.append("what stands in the place of attention, and has no scores")
    biased = [flow.of_bias(op) for op in ops if op.purpose is Purpose.BIAS]
    if set(_QKV) & set(biased):
        options["qkv_bias"] = True
        split = any(op.purpose is Purpose.KEY for op in ops)
        options |= {"key_bias": False} if split and Purpose.KEY not in biased else {}
    options |= {"output_bias": True} if Purpose.OUTPUT in biased else {}
    options |= {} if any(op.purpose is Purpose.ROTARY for op in ops) else {"rotary": False}
    for op in ops:
        if op.purpose in _KNOWN or not _weights([op]):
            continue
        if all(_product(t.shape) == found.sizes.get("heads") for t in _weights([op])):
            options["sinks"] = True
        else:
            found.unknown(op)
    return options | _inner_norms(found, ops)


def _inner_norms(found: Seen, ops: Sequence[Operation]) -> dict[str, Any]:
    """Norms of queries and keys, and of what leaves the heads."""
    scores = next((n for n, op in enumerate(ops) if op.purpose is Purpose.SCORES), len(ops))
    early = [op for op in ops[:scores] if op.purpose is Purpose.NORM]
    late = [op for op in ops[scores:] if op.purpose is Purpose.NORM]
    options: dict[str, Any] = {}
    if early:
        half = [
            op for op in early if op.part.rpartition(".")[0] == early[0].part.rpartition(".")[0]
        ]
        weights = _weights(half)
        options["query_key_norm"] = _norm_of(half)
        width = _product(weights[0].shape) if weights else None
        dim = found.sizes.get("head_dim")
        options |= {"norm_over": "heads"} if width is not None and width != dim else {}
        options |= {"norm_bias": True} if len(weights) > 1 else {}
        options |= {} if weights else {"norm_weight": False}
    if late:
        options["output_norm"] = _norm_of(late)
    return options


def _matrices(found: Seen, flow: _Flow, ops: Sequence[Operation], word: str) -> dict[str, Any]:
    """Gated or plain, the width between the matrices, and their biases."""
    inner = [op for op in ops if op.purpose in (Purpose.PRODUCT, Purpose.ACTIVATION)]
    gated = any(op.purpose is Purpose.PRODUCT for op in inner)
    if inner:
        found.sizes[word] = inner[-1].outputs[0].shape[-1]
    biased = {flow.of_bias(op) for op in ops if op.purpose is Purpose.BIAS}
    norms = [op for op in ops if op.purpose is Purpose.NORM]
    options: dict[str, Any] = {} if gated else {"gated": False}
    options |= {"activation": "=activation"}
    options |= {"bias": True} if biased & {Purpose.UP, Purpose.DOWN} else {}
    for op in ops:
        if _weights([op]) and op.purpose not in _KNOWN:
            found.unknown(op)
    return options | ({"inner_norm": _norm_of(norms)} if norms else {})


def _feed_forward(found: Seen, flow: _Flow, ops: Sequence[Operation]) -> dict[str, Any]:
    return {"layer": "feed_forward", **_matrices(found, flow, ops, "intermediate")}


def _experts(found: Seen, flow: _Flow, ops: Sequence[Operation]) -> dict[str, Any]:
    options: dict[str, Any] = {"layer": "experts"}
    always = [op for op in ops if op.purpose in _DENSE and _is_dense(op)]
    down = [op for op in always if op.purpose is Purpose.DOWN]
    names = {t.name for op in always for t in op.outputs}
    beside = _between(flow, always, names)
    gates = [op for op in ops if op.outputs[0].shape[-1] == 1 and _is_dense(op)]
    rest = [op for op in ops if op not in always and op not in beside and op not in gates]
    options |= _matrices(found, flow, rest, "expert_intermediate")
    if down:
        weight = _weights(down)[0]
        options["shared"] = "shared_intermediate"
        options |= {"shared_gate": True} if gates else {}
        found.sizes["shared_intermediate"] = weight.shape[0]
    router = next(op for op in ops if op.purpose is Purpose.ROUTER)
    found.sizes["experts"] = router.outputs[0].shape[-1]
    best = [op for op in ops if op.function == "compare"]
    if best:
        found.sizes["experts_per_token"] = best[-1].outputs[0].shape[-1]
    scoring = [op for op in ops if op.purpose is Purpose.SCORING]
    options |= {"scoring": "sigmoid"} if any(op.function == "sigmoid" for op in scoring) else {}
    options |= {"correction": "weight"} if _weights(scoring) else {}
    biased = (flow.of_bias(op) for op in ops if op.purpose is Purpose.BIAS)
    return options | ({"router_bias": True} if Purpose.ROUTER in biased else {})


def _is_dense(op: Operation) -> bool:
    """Whether it is a product with a matrix that every token uses."""
    weights = _weights([op])
    return bool(weights) and all(t.group is not Group.EXPERT and len(t.shape) == 2 for t in weights)


def _between(flow: _Flow, products: Sequence[Operation], names: set[str]) -> list[Operation]:
    """What is computed between products: activations of their results, and what joins them."""
    found: list[Operation] = []
    for op in products:
        if op.purpose is not Purpose.DOWN:
            continue
        maker = flow.maker(op.inputs[0])
        while maker is not None and not {t.name for t in maker.outputs} & names:
            found.append(maker)
            behind = [m for t in maker.inputs if (m := flow.maker(t)) and m not in found]
            maker = next((m for m in behind if m.purpose in _DENSE), None)
    return found


_LOOKS = {"attention": _attention, "feed_forward": _feed_forward, "experts": _experts}


def ends(before: Sequence[TracedPlan], after: Sequence[TracedPlan]) -> Seen:
    """What lies before and after the repeated blocks: tables, a last norm, the head."""
    found = Seen()
    first, last = (_resolved(op for p in plans for op in p.operations) for plans in (before, after))
    table: dict[str, Any] = {"layer": "embedding"}
    words = iter(("positions", "token_types"))
    for op in first:
        rows = [t for t in _weights([op]) if op.family == "lookup"]
        if rows and "vocab" not in found.sizes:
            found.sizes["vocab"], found.sizes["hidden"] = rows[0].shape
        elif rows and (word := next(words, None)):
            table.setdefault("tables", []).append(word)
            found.sizes[word] = rows[0].shape[0]
        elif op.purpose is Purpose.SCALE and not _weights([op]):
            table["scaled"] = True
        elif _weights([op]) and op.purpose is not Purpose.NORM:
            found.unknown(op)
    found.layers["embedding"] = table
    head: dict[str, Any] = {"layer": "head"}
    for op in last:
        if op.purpose is Purpose.HEAD:
            head["tied"] = all(t.copies == 0 for t in _weights([op]))
        elif op.purpose is Purpose.BIAS:
            head["bias"] = True
        elif (_weights([op]) or op.family == "contraction") and op.purpose is not Purpose.NORM:
            found.unknown(op)
    found.layers["head"] = head
    entering = ["embedding", *_norms(found, first, "embedding.norm")]
    found.steps = [entering, [*_norms(found, last, "final.norm"), "head"]]
    return found


def _norms(found: Seen, operations: Sequence[Operation], name: str) -> list[str]:
    ops = [op for op in operations if op.purpose is Purpose.NORM]
    return [found.norm(name, ops)] if ops else []
