"""From a recorded run to blocks of the graph: operations of our families, with their purposes.

What does not follow from weights, caches or what is looked up (masks, positions, tables of
rotary factors) is the same for every token's values and left out, as in the blocks that are
built by layers. Everything else has a family, or is refused: nothing counts as zero in silence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import sympy

from edgesym.data import shipped
from edgesym.errors import ConfigError
from edgesym.graph.meaning import FAMILY_GROUP, Group, Purpose
from edgesym.graph.operation import Operation
from edgesym.graph.tensor import Cache, Role, Tensor
from edgesym.symbols import symbol
from edgesym.tracing.convolution import Convolution
from edgesym.tracing.in_place import grows, held_as, in_place
from edgesym.tracing.loops import looped
from edgesym.tracing.meant import meant
from edgesym.tracing.memory import Lifted, Memory
from edgesym.tracing.operators import AS_SYMBOL, kind_of_call
from edgesym.tracing.record import Recorded, Seen

__all__ = ["lift"]

_b, _T = symbol("batch"), symbol("new_tokens")
#: What an operation of PyTorch's own lacks.
_LINE = "add a line for it to tracing/data/aten.toml"


@cache
def _aten() -> dict[str, Any]:
    return shipped("tracing/data", "aten")


def lift(
    recorded: Sequence[Recorded],
    prefix: str,
    memory: Memory,
    needed: set[int],
    before: Sequence[Recorded] = (),
) -> Lifted:
    """The operations of a block.

    Args:
        recorded: what ran in it, in order.
        prefix: the path of its layer, which the names of its parts leave out.
        memory: what lies where.
        needed: storages that later blocks read.
        before: what it computes of new source tokens.

    Raises:
        ConfigError: an operation that is neither priced, moved nor a view.
    """
    put = {symbol("source_tokens"): symbol("new_source_tokens")}
    fresh = replace(memory, size=lambda x: memory.size(x).xreplace(put), is_of_source=True)
    block = _Lifting(prefix, fresh)
    for operation in before:
        block.add(operation)
    block.memory = memory
    block.forget(before)
    for operation in recorded:
        block.add(operation)
    for operation in recorded:
        made = {t.storage for t in operation.outputs} - {t.storage for t in operation.inputs}
        if memory.live & made & memory.kept.keys() - memory.covered.keys():
            raise ConfigError(
                f"{operation.line}: what aten.{operation.name} makes is kept for the next step, "
                "which is not understood, so that the size of the cache would be wrong"
            )
    return block.finish(needed)


class _Lifting:
    """Builds one block."""

    def __init__(self, prefix: str, memory: Memory) -> None:
        self.prefix = f"{prefix}." if prefix else ""
        self.memory = memory
        self.operations: list[Operation] = []
        self.entries: list[Tensor] = []
        self._tensors: dict[int, Tensor] = {}
        self._of_storage: dict[int, Tensor] = {}
        self._made: dict[int, Tensor] = {}
        self._blank: dict[int, Seen] = {}
        self._filled: dict[int, Operation] = {}
        self._parts: dict[int, dict[int, tuple[sympy.Expr, ...]]] = {}
        self._names: Counter[str] = Counter()
        self._of_weights = {name.removeprefix(self.prefix) for name, _ in memory.weights.values()}
        self._lines: dict[str, str] = {}
        self._line = ""
        self._of_loop: set[str] = set()
        self._shares: dict[str, dict[str, sympy.Expr]] = {}
        self._times: sympy.Expr = sympy.Integer(1)

    # ---- tensors

    def forget(self, operations: Sequence[Recorded]) -> None:
        """Look anew at the extents of tensors that operations made or read."""
        for op in operations:
            for seen in (*op.inputs, *op.outputs):
                self._tensors.pop(seen.identity, None)

    def tensor(self, seen: Seen) -> Tensor:
        """The tensor of the graph that the code saw."""
        if seen.identity in self._tensors:
            return self._tensors[seen.identity]
        shape = self.memory.shape(seen.shape)
        if seen.storage in self._of_storage:
            made = replace(self._of_storage[seen.storage], shape=shape)
        elif seen.storage in self.memory.weights:
            made = self._weight(seen)
        elif seen.storage in self.memory.cached:
            made = Tensor(self._name("cached"), shape, held_as(seen))
        else:
            role = Role.ACTIVATION if seen.is_float else Role.TOKEN
            name = "input" if not self.entries else f"input_{len(self.entries) + 1}"
            made = Tensor(name, shape, role)
            self.entries.append(made)
        self._tensors[seen.identity] = made
        self._of_storage.setdefault(seen.storage, made)
        return made

    def _weight(self, seen: Seen) -> Tensor:
        name, extents = self.memory.weights[seen.storage]
        copies = sympy.Integer(1) if seen.storage in self.memory.shared else self.memory.copies
        copies = sympy.Integer(0) if seen.storage in self.memory.stored else copies
        self.memory.stored.add(seen.storage)
        shape = tuple(map(self.memory.own, extents))
        # what is not once for each layer of a block is known by its name among all blocks
        is_of_many = copies is not None and copies is self.memory.copies
        inner = name if is_of_many else name.removeprefix(self.prefix)
        return Tensor(inner, shape, Role.WEIGHT, copies=copies)

    def _name(self, stem: str) -> str:
        self._names[stem] += 1
        count = self._names[stem]
        made = stem if count == 1 else f"{stem}_{count}"
        return self._name(stem) if made in self._of_weights else made

    def _live(self, seen: Seen) -> bool:
        memory = self.memory
        return (
            seen.storage in memory.weights
            or seen.storage in memory.cached
            or seen.storage in memory.live
        )

    def _new(self, name: str, seen: Seen, role: Role | None = None, **more: Any) -> Tensor:
        found = role or (Role.ACTIVATION if seen.is_float else Role.TOKEN)
        made = Tensor(name, self.memory.shape(seen.shape), found, **more)
        self._tensors[seen.identity] = made
        self._of_storage[seen.storage] = made
        self._made[seen.storage] = made
        self.memory.live.add(seen.storage)
        return made

    # ---- operations

    def add(self, op: Recorded) -> None:
        """Add what one operation of the run is."""
        is_blank = op.name in _aten()["blank"]
        live = [] if is_blank else [seen for seen in op.inputs if self._live(seen)]
        if not op.outputs or (not live and op.flops is None):
            self._blank |= {} if op.is_alias else {seen.storage: seen for seen in op.outputs}
            return
        self._line = op.line
        self._times = self.memory.size(op.times)
        # what the forward of the layer itself runs is called by its name alone
        inner = f"{op.path}.".removeprefix(self.prefix).lstrip(".")
        kind = "attention" if "scaled_dot_product" in op.name else op.name.strip("_")
        part = self._name(inner + kind)
        base = op.name
        is_norm = "Norm" in self.memory.classes.get(op.path, "")
        if op.kind:
            self._custom(part, op, live)
        elif op.is_alias and base in _aten()["view"]:
            self._view(part, op, live[0])
        elif base in ("mm", "addmm", "bmm", "baddbmm"):
            self._product(part, op)
        elif base in ("convolution", "_convolution"):
            self._convolution(part, op)
        elif base == "embedding" or self._is_picked(op, by_live=False):
            self._lookup(part, op)
        elif base in ("_embedding_bag", "_embedding_bag_forward_only"):
            self._bag(part, op)
        elif "scaled_dot_product" in base:
            self._attention(part, op)
        elif base in _aten()["transform"]:
            self._transform(part, op)
        elif base == "linalg_solve_triangular":
            self._substitution(part, op)
        elif self._is_picked(op):
            self._picked(part, op)
        elif base in _aten()["copy"] or base in _aten()["view"]:
            self._copy(part, op, live)
        else:
            self._elementwise(part, op, live, is_norm=is_norm)

    def _run(
        self,
        part: str,
        family: str,
        function: str,
        inputs: Sequence[Tensor],
        outputs: Sequence[Tensor],
        purpose: Purpose,
        group: Group | None = None,
    ) -> None:
        known = group or FAMILY_GROUP[family]
        grouped = tuple(
            replace(t, group=known) if t.role is Role.WEIGHT and t.group is None else t
            for t in inputs
        )
        for before, after in zip(inputs, grouped, strict=True):
            if before is not after:
                self._regroup(before, after)
        self._lines[part] = self._line
        made = Operation(part, family, function, grouped, tuple(outputs), purpose)
        if self._times != 1:
            made = looped(made, self._times, self._of_loop)
            self._of_loop |= {t.name for t in made.outputs}
        self.operations.append(made)

    def _regroup(self, before: Tensor, after: Tensor) -> None:
        for table in (self._tensors, self._of_storage):
            for key, tensor in table.items():
                if tensor is before:
                    table[key] = after

    def _view(self, part: str, op: Recorded, source: Seen) -> None:
        whole = self.tensor(source)
        for index, seen in enumerate(op.outputs):
            name = f"{part}.{index}" if index else part
            shape = self.memory.shape(seen.shape)
            touched = whole.touched
            if op.name in ("expand", "expand_as"):
                touched = whole.moved
            is_weight = whole.role is Role.WEIGHT
            is_whole = sympy.cancel(sympy.Mul(*shape) - whole.elements) == 0
            if is_weight and is_whole and whole.touched is None and touched is None:
                self._tensors[seen.identity] = replace(whole, shape=shape)
                continue
            made = replace(
                whole,
                name=name,
                shape=shape,
                touched=touched,
                cache=None,
                copies=sympy.Integer(0) if is_weight else None,
            )
            self._tensors[seen.identity] = made
            self._run(name, "view", op.name, (whole,), (made,), Purpose.VIEW, Group.LINEAR)

    def _product(self, part: str, op: Recorded) -> None:
        left, right = op.inputs[-2:]
        a, b = self.tensor(left), self.tensor(right)
        (*batch, rows, summed), (*_, columns) = (
            self.memory.shape(left.shape),
            self.memory.shape(right.shape),
        )
        equation = "z m k, z k n -> z m n" if batch else "m k, k n -> m n"
        b = self._used(right, rows)
        inputs = (
            replace(a, shape=(*batch, rows, summed)),
            replace(b, shape=(*batch, summed, columns)),
        )
        weighted = any(t.role is Role.WEIGHT for t in (a, b))
        purpose = Purpose.PROJECTION if weighted else Purpose.MIXING
        made = self._new(part, op.outputs[0])
        made = replace(made, shape=(*batch, rows, columns))
        group = Group.EXPERT if b.group is Group.EXPERT else Group.LINEAR
        self._run(part, "contraction", equation, inputs, (made,), purpose, group)
        if op.name in ("addmm", "baddbmm") and self._live(op.inputs[0]):
            self._biased(part, op, made, op.inputs[0])

    def _used(self, seen: Seen, rows: sympy.Expr) -> Tensor:
        """A weight of an expert that runs on the rows picked for it: read if there are any."""
        weight = self.tensor(seen)
        if weight.role is not Role.WEIGHT or rows not in self.memory.averages:
            return weight
        share = sympy.cancel(rows / (_b * _T))
        name = self.memory.weights[seen.storage][0].removeprefix(self.prefix)
        self._shares.setdefault(name, {})[weight.name] = weight.elements * share
        hit = weight.elements * (1 - (1 - share) ** (_b * _T))
        made = replace(weight, group=Group.EXPERT, touched=hit)
        self._regroup(weight, made)
        return made

    def _shared(self, operation: Operation) -> Operation:
        """An operation whose weights say which share of them a token uses."""
        if not self._shares:
            return operation
        inputs = tuple(
            replace(t, active=sympy.Add(*self._shares[t.name].values()), group=Group.EXPERT)
            if t.role is Role.WEIGHT and t.name in self._shares
            else t
            for t in operation.inputs
        )
        return replace(operation, inputs=inputs)

    def _convolution(self, part: str, op: Recorded) -> None:
        made = self._new(part, op.outputs[0])
        signal, kernel = (self.tensor(seen) for seen in op.inputs[:2])
        given, weight = (self.memory.shape(seen.shape) for seen in op.inputs[:2])
        kind = Convolution(given, weight, made.shape, op.extents)
        inputs = (
            replace(signal, shape=kind.read, touched=signal.moved),
            replace(kernel, shape=kind.kernel),
        )
        out = replace(made, shape=kind.made, touched=made.moved if kind.spreads else None)
        said = (Purpose.CONVOLUTION, Group.CONVOLUTION)
        self._run(part, "contraction", kind.equation, inputs, (out,), *said)
        if len(op.inputs) > 2 and self._live(op.inputs[2]):
            self._biased(part, op, made, op.inputs[2])

    def _biased(self, part: str, op: Recorded, made: Tensor, bias: Seen) -> None:
        """The bias that a product or a convolution of PyTorch adds in the same operation."""
        vector = self.tensor(bias)
        added = self._new(f"{part}_bias", op.outputs[0])
        self._run(
            added.name, "pointwise", "add", (made, vector), (added,), Purpose.BIAS, Group.BIAS
        )

    def _substitution(self, part: str, op: Recorded) -> None:
        """A triangular system of n rows: n^2 for each right-hand side (forward substitution)."""
        matrix, sides = (self.tensor(seen) for seen in op.inputs[:2])
        made = self._new(part, op.outputs[0])
        over = replace(matrix, shape=(*matrix.shape, sides.shape[-1]), touched=matrix.moved)
        self._run(part, "reduction", "add", (over, sides), (made,), Purpose.MIXING)

    def _transform(self, part: str, op: Recorded) -> None:
        """A fast Fourier transform of n elements: log2 n halvings, each over all of them."""
        source = self.tensor(op.inputs[0])
        *axes, _, _ = op.extents  # after the axes stand the normalisation and the direction
        made = self._new(part, op.outputs[0])
        # of a transform to real numbers the result is whole, and half of the input is there
        whole = made.shape if op.name == "_fft_c2r" else source.shape
        count = sympy.Mul(*(whole[axis] for axis in axes))
        over = replace(source, shape=(*whole, sympy.log(count, 2)), touched=source.moved)
        self._run(part, "reduction", "fft", (over,), (made,), Purpose.MIXING)

    def _lookup(self, part: str, op: Recorded) -> None:
        table = self.tensor(op.inputs[0])
        made = self._new(part, op.outputs[0])
        ids = Tensor(f"{part}.ids", self.memory.shape(op.inputs[1].shape), Role.TOKEN)
        read = replace(table, touched=made.elements)
        self._run(part, "lookup", "gather", (ids, read), (made,), Purpose.EMBEDDING)

    def _bag(self, part: str, op: Recorded) -> None:
        """Rows of a table that are summed where they are read, each times a weight or not."""
        table, made = self.tensor(op.inputs[0]), self._new(part, op.outputs[0])
        shape = (*self.memory.shape(op.inputs[1].shape), table.shape[-1])
        source = replace(table, group=Group.EMBEDDING, touched=sympy.Mul(*shape))
        rows = replace(source, name=f"{part}.rows", shape=shape, copies=sympy.Integer(0))
        self._run(rows.name, "view", "rows", (source,), (rows,), Purpose.VIEW)
        function = "multiply_add" if len(op.inputs) > 3 else "add"
        self._run(part, "reduction", function, (rows,), (made,), Purpose.EMBEDDING)

    def _is_picked(self, op: Recorded, *, by_live: bool = True) -> bool:
        """Whether slices of a weight are picked: by what the network computed, or by places."""
        if op.name not in ("index", "index_select") or len(op.inputs) < 2:
            return False
        if any(map(self._live, op.inputs[1:])) is not by_live or len(op.inputs[0].shape) < 2:
            return False
        return self.tensor(op.inputs[0]).role is Role.WEIGHT

    def _picked(self, part: str, op: Recorded) -> None:
        """Experts of which each of n tokens uses a share: n of them hit E(1 - (1 - share)^n)."""
        whole = self.tensor(op.inputs[0])
        shape = self.memory.shape(op.outputs[0].shape)
        share = sympy.cancel(sympy.Mul(*shape) / whole.elements / (_b * _T))
        hit = whole.elements * (1 - (1 - share) ** (_b * _T))
        expert = {"touched": hit, "active": whole.elements * share}
        source = replace(whole, group=whole.group or Group.EXPERT, **expert)
        if whole is not source:
            self._regroup(whole, source)
        made = replace(source, name=part, shape=shape, copies=sympy.Integer(0))
        self._tensors[op.outputs[0].identity] = made
        self._of_storage[op.outputs[0].storage] = made
        self.memory.live.add(op.outputs[0].storage)
        self._run(part, "view", "experts", (source,), (made,), Purpose.VIEW)

    def _copy(self, part: str, op: Recorded, live: Sequence[Seen]) -> None:
        seen = op.outputs[0]
        kept = self.memory.kept.get(seen.storage)
        is_new = seen.storage in self._blank and kept is None
        if op.name == "copy_" and is_new and self._times == 1:
            self._fill(part, op)
            return
        inputs = tuple(self.tensor(seen) for seen in live)
        is_made = op.is_alias and seen.storage in self._made
        if kept is None or (is_made and not self._is_part(seen)):
            outputs = [
                self._new(f"{part}.{i}" if i else part, seen) for i, seen in enumerate(op.outputs)
            ]
            self._run(part, "copy", "rows", inputs, outputs, Purpose.COPY)
            return
        self._run(
            part, "append", "rows", inputs, [self._kept(part, seen, inputs)], Purpose.CACHE_WRITE
        )

    def _is_part(self, seen: Seen) -> bool:
        """Whether it is one more part of a state that is written by equal parts, one a head."""
        parts = self._parts.get(seen.storage, {})
        shape = self.memory.shape(seen.shape)
        return bool(parts) and seen.offset not in parts and set(parts.values()) == {shape}

    def _fill(self, part: str, op: Recorded) -> None:
        """A part of a new tensor is filled: with the other parts, tensors are joined."""
        seen = op.outputs[0]
        source = self.tensor(op.inputs[1])
        before = self._filled.get(seen.storage)
        if before is None:
            made = self._new(part, self._blank[seen.storage])
            held: tuple[Tensor, ...] = ()
        else:
            self.operations.remove(before)
            part, made, held = before.part, before.outputs[0], before.inputs
        self._run(part, "copy", "rows", (*held, source), (made,), Purpose.COPY)
        self._filled[seen.storage] = self.operations[-1]
        self._tensors[seen.identity] = replace(made, shape=self.memory.shape(seen.shape))

    def _kept(self, part: str, seen: Seen, inputs: Sequence[Tensor]) -> Tensor:
        """What a step leaves behind: a cache that grew, or a state that was replaced."""
        self.memory.covered[seen.storage] += 1
        shape = self.memory.shape(seen.shape)
        role = held_as(seen)
        if self.memory.is_of_source:
            new, *others = (symbol(f"{w}source_tokens") for w in ("new_", "cached_", ""))
            fresh = sympy.Mul(*self.memory.shape(self.memory.kept[seen.storage]))
            held, whole = (fresh.xreplace({new: other}) for other in others)
            made = self._new(part, seen, role, cache=Cache(held, fresh, whole))
            made = replace(made, shape=tuple(x.xreplace({new: others[1]}) for x in shape))
            self._of_storage[seen.storage] = made
            return made
        written = sympy.Mul(*shape)
        if not grows(shape):
            self._parts.setdefault(seen.storage, {})[seen.offset] = shape
            return self._new(part, seen, role, cache=Cache(written, written, written))
        whole = sympy.Mul(*self.memory.shape(self.memory.kept[seen.storage]))
        held = sympy.Add(*(t.elements for t in inputs if t.role in (Role.CACHE, Role.STATE)))
        return self._new(part, seen, role, cache=Cache(held, written - held, whole))

    def _attention(self, part: str, op: Recorded) -> None:
        """softmax(Q K^T) V in one operation of PyTorch: here the three that it is."""
        q, k, v = (self.tensor(seen) for seen in op.inputs[:3])
        b, h, t, d = self.memory.shape(op.inputs[0].shape)
        _, g, s, e = self.memory.shape(op.inputs[2].shape)
        keys = replace(k, shape=(b, g, s, d))
        heads = "h" if g == h else "g"
        left = "b h t d" if g == h else "b g r t d"
        query = q if g == h else replace(q, shape=(b, g, sympy.cancel(h / g), t, d))
        over = (b, h, t, s) if g == h else (b, g, sympy.cancel(h / g), t, s)
        made = Tensor(f"{part}.scores", over)
        row = left[:-1]
        self._run(
            made.name,
            "contraction",
            f"{left}, b {heads} s d -> {row}s",
            (query, keys),
            (made,),
            Purpose.SCORES,
        )
        soft = replace(made, name=f"{part}.softmax")
        self._run(soft.name, "normalisation", "scaled_softmax", (made,), (soft,), Purpose.SOFTMAX)
        result = self._new(f"{part}.values", op.outputs[0])
        shaped = replace(result, shape=(*over[:-1], e))
        self._run(
            shaped.name,
            "contraction",
            f"{row}s, b {heads} s e -> {row}e",
            (soft, replace(v, shape=(b, g, s, e))),
            (shaped,),
            Purpose.VALUES,
        )

    def _custom(self, part: str, op: Recorded, live: Sequence[Seen]) -> None:
        """An operator of the user's own, of which a symbol says what a call computes."""
        if self._times != 1:
            raise ConfigError(
                f"{op.line}: the operator {op.name} runs in a loop over tokens, so that what one "
                "call costs is no symbol; write the loop within the operator"
            )
        kind = kind_of_call(
            op.kind, [self.memory.shape(seen.shape) for seen in op.inputs], self.memory.kinds
        )
        inputs = tuple(self.tensor(seen) for seen in live)
        made = [self._new(f"{part}.{i}" if i else part, seen) for i, seen in enumerate(op.outputs)]
        self._run(part, "custom", kind, inputs, made, Purpose.MIXING)

    def _by_number(self, op: Recorded, live: Sequence[Seen]) -> bool:
        """Whether a tensor is multiplied with one number."""
        others = [seen for seen in op.inputs if seen is not live[0]]
        return len(live) == 1 and all(
            sympy.Mul(*self.memory.shape(seen.shape)) == 1 for seen in others
        )

    def _elementwise(self, part: str, op: Recorded, live: Sequence[Seen], *, is_norm: bool) -> None:
        inputs = tuple(self.tensor(seen) for seen in live)
        bare = op.name if op.name in _aten()["normalisation"] else op.name.rstrip("_")
        for family in ("normalisation", "reduction", "pointwise"):
            if bare in _aten()[family]:
                break
        else:
            is_own = "." in op.name
            name = op.name if is_own else f"aten.{op.name}"
            remedy = AS_SYMBOL.format(f"'{name.replace('.', '::', 1)}'") if is_own else _LINE
            raise ConfigError(
                f"{op.line}: {name} is no operation whose cost is known, so the model "
                f"cannot be traced; {remedy}"
            )
        purpose = Purpose.NORM if is_norm or family == "normalisation" else Purpose.ELEMENTWISE
        if bare in ("_softmax", "_safe_softmax"):
            purpose = Purpose.SOFTMAX
        if purpose is Purpose.ELEMENTWISE and bare in ("mul", "div") and self._by_number(op, live):
            purpose = Purpose.SCALE
        group = Group.NORM if is_norm else None
        seen = op.outputs[0]
        is_kept = seen.storage in self.memory.kept and seen.storage not in self._made
        if is_kept and not grows(self.memory.shape(seen.shape)):
            made = self._kept(part, seen, inputs)
        else:
            made = self._new(part, seen)
        more = [self._new(f"{part}.{i}", seen) for i, seen in enumerate(op.outputs) if i]
        if family == "normalisation":
            more = []
        function = _aten()[family][bare]
        self._run(part, family, function, inputs, (made, *more), purpose, group)

    # ---- the block

    def finish(self, needed: set[int]) -> Lifted:
        """The operations, with the purposes that follow from where they lie."""
        leaving = [tensor for storage, tensor in self._made.items() if storage in needed]
        names = {t.name for op in self.operations for t in op.outputs}
        exits = tuple({t.name: t for t in leaving if t.name in names}.values())
        if not exits and self.operations:
            exits = (self.operations[-1].outputs[0],)
        operations = in_place([self._shared(op) for op in self.operations])
        return Lifted(
            tuple(meant(operations, self.entries)), tuple(self.entries), exits, self._lines
        )
