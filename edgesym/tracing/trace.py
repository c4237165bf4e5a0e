"""A model out of a config's class: its code, run once on symbols."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import sympy

from edgesym.architectures.fingerprint import digest
from edgesym.architectures.model import Model, Structure
from edgesym.architectures.traced.plan import Traced, TracedPlan
from edgesym.errors import ConfigError
from edgesym.frozen import FrozenMap
from edgesym.graph.meaning import Group, Purpose
from edgesym.graph.operation import Operation
from edgesym.graph.tensor import Role, Tensor
from edgesym.symbols import symbol
from edgesym.tracing.fields import HINTS
from edgesym.tracing.lift import lift
from edgesym.tracing.memory import Lifted, Memory
from edgesym.tracing.record import Recorded
from edgesym.tracing.run import Pass, Run, longer, run_config
from edgesym.tracing.segments import Segment, segments
from edgesym.tracing.settle import Settled

__all__ = ["trace_config"]

_WORKLOAD = ("batch", "new_tokens", "cached_tokens")
#: What ends a model: products with its own matrices.
_PRODUCTS = {Purpose.PROJECTION, Purpose.HEAD, Purpose.DOWN}
#: Classes of layers whose name says nothing.
_LISTS = ("Sequential", "ModuleList", "ModuleDict", "_Passing")


def trace_config(
    config: Mapping[str, Any], *, name: str, origin: str, hints: Mapping[str, int] = HINTS
) -> Traced:
    """The model of a config as its class in transformers computes it, and where that holds.

    Where it would hold at one number of tokens alone, for two sizes were equal there by chance, it
    is traced at another one.
    """
    made = model_of(run_config(config, hints), name, origin, digest(config=config))
    if not _is_pinned(made):
        return made
    other = model_of(run_config(config, longer(hints)), name, origin, digest(config=config))
    return made if _is_pinned(other) else other


def _is_pinned(traced: Traced) -> bool:
    """Whether the code itself asks that there are so many tokens and no others."""
    tokens = set(map(symbol, _WORKLOAD[1:]))
    return any(
        isinstance(asked.relation, sympy.Eq)
        and asked.line
        and asked.relation.free_symbols
        and asked.relation.free_symbols <= tokens
        and not asked.relation.atoms(sympy.Mod, sympy.floor, sympy.ceiling)
        for asked in traced.model.domain.conditions
    )


def model_of(run: Run, name: str, origin: str, content: str) -> Traced:
    """The model of a recorded run."""
    made = _Modelling(run)
    made.calls()
    made.check(origin)
    domain = made.settle.domain(run.sizes.questions(), {symbol("cached_tokens"): 0})
    if run.over == "context":
        domain = domain.over_context()
    model = Model(
        name=name,
        architecture="traced",
        values=FrozenMap(made.values),
        structure=Structure(tuple(made.plans), FrozenMap(made.repeats)),
        origin=origin,
        sources=(f"the code of {origin}",),
        content=content,
        domain=domain,
    )
    layers = tuple(
        made.blocks[stack.path, kind]
        for stack in run.stacks
        for kind in stack.kinds
        if (stack.path, kind) in made.blocks
    )
    return Traced(model, FrozenMap(made.lines), layers)


class _Modelling:
    """Makes plans of the blocks of a run's calls."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.settle = Settled(run.sizes.hints)
        self.plans: list[TracedPlan] = []
        self.lines: dict[str, str] = {}
        self.blocks: dict[tuple[str, int], str] = {}
        self.repeats: dict[frozenset[str], sympy.Expr] = {}
        given = (*_WORKLOAD, *(() if run.is_fixed else ("source_tokens",)))
        self.values: dict[sympy.Symbol, int] = {
            s: n for s, n in run.sizes.hints.items() if s not in map(symbol, given)
        }
        self._stored: set[int] = set()
        self._covered: Counter[int] = Counter()
        self._of_first: set[str] = set()
        self._apart: set[int] = set()
        self._kinds: dict[tuple[Any, ...], str] = {}

    def _size(self, extent: Any) -> sympy.Expr:
        return self.settle(self.run.sizes.expression(extent))

    def _memory(self, call: Pass, put: Mapping[sympy.Symbol, sympy.Expr] | None = None) -> Memory:
        return Memory(
            size=(lambda x: self._size(x).xreplace(put)) if put else self._size,
            own=self._size,
            weights=self.run.weights,
            cached=call.cached,
            kept=call.kept,
            shared=self.run.shared,
            classes=self.run.classes,
            live=set(call.given),
            averages=frozenset(map(self.settle, self.run.sizes.averages)),
            kinds=self._kinds,
        )

    def calls(self) -> None:
        """The plans of the encoder's call, and of the step with its cases."""
        run = self.run
        self.settle.case = run.case
        if run.one_by_one:
            self.settle.presuppose(sympy.Eq(symbol("new_tokens"), 1), case="step")
        if run.source is not None:
            put = {symbol("source_tokens"): symbol("new_tokens")}
            memory = self._memory(run.source, put)
            self._blocks(run.source, memory, "encoder", over="source")
            self._stored = memory.stored
        memory = self._memory(run.step)
        memory.stored |= self._stored
        self._blocks(run.step, memory, "decoder", over=run.over)
        self._covered = memory.covered
        self._unread(memory)
        if len(self.repeats) > 1:
            every = frozenset(label for key in self.repeats for label in key)
            self.values[symbol("layers")] = sum(self.values[r] for r in self.repeats.values())
            self.repeats[every] = symbol("layers")

    def check(self, origin: str) -> None:
        """Refuse blocks whose weights, or what they keep, do not add up to those of the run.

        Raises:
            ConfigError: layers of one kind share weights or states in a way that is not understood.
        """
        stored, kept = 0, 0
        for plan in self.plans:
            weights = {
                t.name: t
                for op in plan.operations
                for t in op.inputs
                if t.role is Role.WEIGHT and t.copies != 0
            }
            times = int(self.values.get(plan.repeat, 1))
            stored += sum(
                self.settle.at_hints(t.elements)
                * (times if t.copies is None else int(t.copies.xreplace(self.values)))
                for t in weights.values()
            )
            if plan.name in self._of_first:
                continue
            states = (t.cache for op in plan.operations for t in op.outputs if t.cache)
            kept += sum(self.settle.at_hints(state.kept) for state in states)
        run = self.run
        if run.stored is not None and stored != run.stored:
            raise ConfigError(
                f"{origin}: its layers share weights in a way that tracing does not understand: "
                f"{stored} parameters by blocks, of {run.stored}"
            )
        there = [
            sympy.Mul(*map(self._size, shape))
            for storage, shape in run.step.kept.items()
            if storage not in self._apart
        ]
        is_split = any(count > 1 for count in self._covered.values())
        if not is_split and kept != sum(map(self.settle.at_hints, there)):
            raise ConfigError(
                f"{origin}: what it keeps between steps is not understood, so that the size of "
                "its cache would be wrong"
            )

    def _blocks(self, call: Pass, memory: Memory, stem: str, over: str) -> None:
        run = self.run
        found = segments(call, run.stacks)
        if over != "source":
            ran = {t.storage for segment in found for op in segment.operations for t in op.outputs}
            every = {t.storage for op in call.operations for t in op.outputs}
            self._apart = every - ran  # of layers that run once more, as those that are looked at
        several = len([s for s in found if s.stack]) > 1
        kinds = sum(len(stack.first) for stack in run.stacks)
        several = several or kinds > 1 or run.source is not None
        cases = {} if over == "source" else self._cases(found)
        cross = {} if over == "source" else self._cross()
        for place, segment in enumerate(found):
            prefix = segment.stack.layers[segment.kind] if segment.stack else ""
            needed = {
                t.storage
                for other in range(len(found))
                if other != place
                for op in found[other].operations
                for t in op.inputs
            }
            before = cross.get(segment.key, ())
            memory.copies = self._layers_of(segment)
            stored = set(memory.stored)
            seen = replace(memory, covered=Counter()) if segment.of_first else memory
            lifted = lift(segment.operations, prefix, seen, needed, before)
            if not lifted.operations:
                continue
            if run.name:
                label, repeat = self._own(segment, lifted, found)
            else:
                label, repeat = self._named(segment, several, stem)
            self._of_first |= {label} if segment.of_first else set()
            self.lines |= {f"{label}/{part}": line for part, line in lifted.lines.items()}
            if segment.stack:
                self.blocks.setdefault((segment.stack.path, segment.kind), label)
                self.repeats[frozenset([label])] = repeat
                self.values[repeat] = segment.repeat
            first, single = (
                self._case(segment, label, repeat, cases[word], stored)
                if word in cases and segment.key in cases[word].differing
                else None
                for word in ("first", "single")
            )
            operations, entries, exits = lifted.operations, lifted.entries, lifted.exits
            self.plans.append(
                TracedPlan(label, repeat, operations, entries, exits, over, first, single)
            )

    def _layers_of(self, segment: Segment) -> sympy.Expr | None:
        """How many layers run again in a block, of those that store weights of their own."""
        if not segment.again or segment.stack is None:
            return None
        label = self.blocks.get((segment.stack.path, segment.kind))
        return symbol("layers", label) if label else None

    def _unread(self, memory: Memory) -> None:
        """Weights that are stored and that no step of tokens reads, such as a tower's."""
        found: dict[tuple[str, int], list[Operation]] = {}
        for storage, (name, extents) in self.run.weights.items():
            if storage in memory.stored:
                continue
            stack, kind = next(
                (
                    (s, kind)
                    for s in self.run.stacks
                    for kind in s.first
                    if name.startswith(f"{s.layers[kind]}.")
                ),
                (None, 0),
            )
            key = (stack.path, kind) if stack else ("", 0)
            inner = name.removeprefix(f"{stack.layers[kind]}." if stack else "")
            shape = tuple(map(self._size, extents))
            weight = Tensor(inner, shape, Role.WEIGHT, group=Group.LINEAR)
            unread = replace(weight, name=f"{inner}.unread", copies=sympy.Integer(0))
            operation = Operation(unread.name, "view", "unread", (weight,), (unread,), Purpose.VIEW)
            found.setdefault(key, []).append(operation)
        for key, operations in found.items():
            label = self.blocks.get(key)
            place = next((i for i, p in enumerate(self.plans) if p.name == label), None)
            if place is not None:
                self.plans[place] = _with(self.plans[place], operations)
                continue
            repeat: sympy.Expr = sympy.Integer(1)
            if key[0]:
                stack = next(s for s in self.run.stacks if s.path == key[0])
                label = f"unread{len(self.plans)}"
                repeat = symbol("layers", label)
                self.values[repeat] = stack.kinds.count(key[1])
                self.repeats[frozenset([label])] = repeat
                self.blocks[key] = label
            self.plans.append(TracedPlan(label or "unread", repeat, tuple(operations), (), ()))

    def _named(self, segment: Segment, several: bool, stem: str) -> tuple[str, sympy.Expr]:
        if segment.stack is None:
            taken = {plan.name for plan in self.plans}
            prefix = f"{stem}_" if stem == "encoder" else ""
            head = f"{prefix}embedding" if not segment.turn else f"{prefix}head{segment.turn}"
            return (head if head not in taken else f"{head}_{len(taken)}"), sympy.Integer(1)
        if not several:
            return stem, symbol("layers")
        label = stem if self.run.source else f"kind{segment.kind}"
        label += "_again" if segment.again else ""
        if frozenset([label]) in self.repeats:
            label = f"{label}{segment.kind}"
        if frozenset([label]) in self.repeats:
            label = f"{label}_{len(self.plans)}"
        return label, symbol("layers", label)

    def _own(
        self, segment: Segment, lifted: Lifted, found: Sequence[Segment]
    ) -> tuple[str, sympy.Expr]:
        """A block of a user's own module: by the class of its layers, or by where it lies."""
        stacks = [other for other in found if other.stack]
        if segment.stack is None:
            if not stacks:
                return self.run.name, sympy.Integer(1)
            is_first, is_last = not segment.turn, segment is found[-1]
            purposes = {op.purpose for op in lifted.operations}
            if is_first:
                label = "embedding" if Purpose.EMBEDDING in purposes else "before"
            elif is_last:
                label = "head" if purposes & _PRODUCTS else "after"
            else:
                label = "between"
            return self._free(label), sympy.Integer(1)
        kind = self.run.classes[segment.stack.layers[segment.kind]]
        if kind in _LISTS:
            kind = next(w for w in segment.stack.path.split(".")[::-1] if not w.isdigit())
        label = self._free(f"{kind}_again" if segment.again else kind)
        return label, symbol("layers", label if len(stacks) > 1 else "")

    def _free(self, label: str) -> str:
        """A name that no block has."""
        taken = {plan.name for plan in self.plans}
        several = (f"{label}_{count}" if count > 1 else label for count in itertools.count(1))
        return next(name for name in several if name not in taken)

    # ---- cases of the code: an empty cache, one new token

    def _cases(self, found: list[Segment]) -> dict[str, _Case]:
        """The calls with nothing cached and of one token, and where they differ from the step."""
        run, made = self.run, {}
        cached, new = symbol("cached_tokens"), symbol("new_tokens")
        zero, one = sympy.Integer(0), sympy.Integer(1)
        asked: tuple[tuple[str, Pass | None, dict[Any, Any], dict[Any, Any]], ...] = (
            ("first", run.first, {cached: new}, {cached: zero}),
            ("single", run.single, {}, {new: one}),
        )
        cross = self._cross()
        for word, call, put, at in asked:
            if call is None:
                continue
            blocks = {s.key: s for s in segments(call, run.stacks)}
            differing = set()
            for segment in found:
                other = blocks.get(segment.key)
                ours = self._priced(segment.operations, run.case)
                if word == "first":
                    ours += self._priced(cross.get(segment.key, ()), run.case)
                theirs = self._priced(other.operations, word) if other else sympy.Integer(0)
                gap = sympy.expand(theirs.xreplace(put) - ours.xreplace(at))
                held = self._held(segment.operations, run.step, run.case).xreplace(at)
                kept = self._held(other.operations, call, word) if other else sympy.Integer(0)
                # a prompt's states may be what layers give, as it is: no other size than a step's
                is_held = word == "first" or sympy.expand(kept.xreplace(put) - held) == 0
                if gap != 0 or not is_held or run.one_by_one:
                    differing.add(segment.key)
            if differing:
                made[word] = _Case(word, blocks, differing, self._memory(call, put))
        self.settle.case = run.case
        return made

    def _priced(self, operations: Iterable[Recorded], case: str) -> sympy.Expr:
        """FLOPs by PyTorch's own formulas."""
        self.settle.case = case
        return sympy.Add(
            *(
                self._size(op.flops) * self._size(op.times)
                for op in operations
                if op.flops is not None
            )
        )

    def _held(self, operations: Iterable[Recorded], call: Pass, case: str) -> sympy.Expr:
        """Elements of what operations leave behind for the next step, but of a source."""
        self.settle.case = case
        made = {t.storage for op in operations for t in op.outputs}
        shapes = ([*map(self._size, x)] for s, x in call.kept.items() if s in made)
        source = symbol("source_tokens")
        return sympy.Add(
            *(sympy.Mul(*x) for x in shapes if not any(source in n.free_symbols for n in x))
        )

    def _case(
        self,
        segment: Segment,
        label: str,
        repeat: sympy.Expr,
        case: _Case,
        stored: set[int],
    ) -> TracedPlan:
        key = segment.key
        prefix = segment.stack.layers[segment.kind] if segment.stack else ""
        needed = {
            t.storage
            for other, block in case.blocks.items()
            if other != key
            for op in block.operations
            for t in op.inputs
        }
        self.settle.case = case.word
        memory = replace(case.memory, stored=set(stored), copies=self._layers_of(segment))
        lifted = lift(case.blocks[key].operations, prefix, memory, needed)
        self.settle.case = self.run.case
        return TracedPlan(label, repeat, lifted.operations, lifted.entries, lifted.exits)

    # ---- cross attention

    @cache  # noqa: B019
    def _cross(self) -> dict[tuple[str, int, bool, int], list[Recorded]]:
        """Block -> what it computes of new source tokens and keeps, in the first call."""
        run = self.run
        if run.source is None or run.first is None:
            return {}
        source = symbol("source_tokens")
        wanted = {
            storage
            for storage, shape in run.step.kept.items()
            if storage in run.first.kept
            and any(source in self._size(x).free_symbols for x in shape)
        }
        found = {}
        for segment in segments(run.first, run.stacks):
            needed, kept = set(wanted), []
            for op in reversed(segment.operations):
                if any(t.storage in needed for t in op.outputs):
                    needed |= {t.storage for t in op.inputs} - run.weights.keys()
                    kept.append(op)
            if kept:
                found[segment.key] = kept[::-1]
        return found


def _with(plan: TracedPlan, operations: Iterable[Operation]) -> TracedPlan:
    """A plan, and its cases, with operations more."""
    first, single = (case and _with(case, operations) for case in (plan.first, plan.single))
    return replace(plan, operations=(*plan.operations, *operations), first=first, single=single)


@dataclass(slots=True)
class _Case:
    """A call in which the code took a branch of its own, in some blocks."""

    word: str
    blocks: dict[tuple[str, int, bool, int], Segment]
    differing: set[tuple[str, int, bool, int]]
    memory: Memory
