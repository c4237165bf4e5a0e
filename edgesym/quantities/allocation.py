"""Memory at run time, as a runtime holds it: copies of weights, pages of a cache, buffers.

All is of the device's memory, where a recipe of places leaves a part of the model to another;
``host_memory`` is what lies with the host then.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import sympy

from edgesym.graph.block import Block
from edgesym.graph.kernels import Kernel
from edgesym.graph.liveness import held_elements, largest, peak_elements
from edgesym.graph.meaning import Group, Purpose
from edgesym.graph.tensor import Role
from edgesym.ledger import Kind, Ledger, Row
from edgesym.quantities.memory import activation_bytes, kv_cache_bytes, weight_storage_bytes
from edgesym.quantities.placed import lying, units
from edgesym.quantities.registry import Case, quantity
from edgesym.runtimes.memory import CACHE_PAGE, MICRO_BATCH, TABLE_COPIES, Memory
from edgesym.runtimes.placement import HOST, Place
from edgesym.symbols import describe, symbol
from edgesym.workload import phase

__all__ = [
    "compute_buffer_bytes",
    "host_memory",
    "kv_cache_memory_bytes",
    "memory_footprint",
    "reads_its_table",
    "weight_memory_bytes",
]

#: What bounds the tokens that a layer keeps, in forms such as min(W, S + 1) - 1.
_BOUNDS = ("window", "chunk")


@quantity("B", "estimate", drafted="held")
def weight_memory_bytes(case: Case) -> sympy.Expr:
    """Weights as the runtime holds them in the device's memory.

    A runtime that keeps the table of tokens for its own sake holds n_e of it, beside what
    products read: of a tied table a second copy, of another the table itself. Of layers that
    are copied there in every step there is one at a time.
    """
    split = case.placement.split
    stored = _weights_at(case, Place.DEVICE) if split else weight_storage_bytes(case)
    memory = case.runtime.memory
    if memory is None or not memory.table:
        return stored
    table = _tables(case).bytes()
    apart = 0 if reads_its_table(case) else 1
    return stored + (TABLE_COPIES - apart) * table


def _weights_at(case: Case, memory: str) -> sympy.Expr:
    """Weights that lie in a memory under the recipe of places; with the device, one streamed."""
    stored = case.rows(Kind.STORED)
    held = lying(stored, case, memory).bytes()
    if memory == Place.DEVICE:
        return held + case.widths.extra + _passing(case, stored)
    return held


def _passing(case: Case, stored: Ledger) -> sympy.Expr:
    """The largest layer that is copied to the device in every step, while it is there."""
    copied = (Place.STREAMED, Place.STORAGE)
    layers = [
        sympy.Add(*(row.bytes for row in rows if section.of(row.tensor) in copied))
        for block, rows in stored.group(lambda row: row.block).items()
        for section in case.placement.blocks.get(block, ())
    ]
    most = largest(layer for layer in layers if layer != 0)
    return sympy.Max(*most, evaluate=False) if most else sympy.S.Zero


def reads_its_table(case: Case) -> bool:
    """Whether the head multiplies with the table that tokens are looked up in.

    >>> from edgesym import load
    >>> reads_its_table(Case(load("llama-3.2-1b"))), reads_its_table(Case(load("llama-3.1-8b")))
    (True, False)
    """
    tables = {row.tensor for row in _tables(case)}
    read = case.rows(Kind.READ).filter(purposes={Purpose.HEAD})
    return any(row.tensor in tables for row in read)


def _tables(case: Case) -> Ledger:
    """Tables that are looked up, as stored."""

    def looked_up(row: Row) -> bool:
        return row.group is Group.EMBEDDING

    return case.rows(Kind.STORED).filter(where=looked_up)


@quantity("B", "estimate", drafted="held")
def kv_cache_memory_bytes(case: Case) -> sympy.Expr:
    """Cache as the runtime allocates it: whole pages of N_c tokens.

    A runtime that runs T_u tokens at once keeps so many beside a window.
    """
    return kv_cache_bytes(case) if _whole_cache(case) else _allocated(case, Place.DEVICE)


def _whole_cache(case: Case) -> bool:
    """Whether the cache takes what it keeps, all of it with the device."""
    memory = case.runtime.memory
    return (memory is None or memory.cache_page == 1) and not case.placement.split


def _allocated(case: Case, where: str) -> sympy.Expr:
    """The cache of the layers that are computed with in one memory, in whole pages."""
    memory = case.runtime.memory
    rows = case.rows(Kind.KEPT)
    kept = lying(rows, case, where).total() if case.placement.split else rows.total()
    if memory is None or memory.cache_page == 1:
        return kept
    more = MICRO_BATCH if memory.tokens else sympy.S.Zero
    bounds = {
        bound: _cells(bound + more, memory) + 1
        for bound in kept.free_symbols
        if describe(bound).word.partition(".")[0] in _BOUNDS
    }
    step = case.workload
    counted = next(s for s in (step.context, step.cached, symbol("context")) if s.is_Symbol)
    whole = {counted: _cells(step.context, memory) - (step.context - counted)}
    return kept.xreplace(bounds | whole)


def _cells(tokens: sympy.Expr, memory: Memory) -> sympy.Expr:
    """Tokens rounded up to whole pages."""
    if memory.cache_page == 1:
        return tokens
    return CACHE_PAGE * sympy.ceiling(tokens / CACHE_PAGE)


@quantity("B", "estimate")
def compute_buffer_bytes(case: Case) -> sympy.Expr:
    """Activations as the runtime holds them: what its code keeps alive, or set aside up front.

    Set aside are those of T_u tokens with logits of each, whatever the step. Else they are those
    of the step; of a decode step, whose prompt was run before, the larger of both. A runtime of
    whose memory nothing is known holds what is needed, as in activation_bytes. A draft runs when
    the model does not, and has buffers of its own where they are set aside.
    """
    if case.drafting is not None:
        own, draft = compute_buffer_bytes(case.alone), case.drafting.beside(case)
        reserved = case.runtime.memory is not None and case.runtime.memory.tokens
        if draft is None or not draft.own or not reserved:
            return own
        return own + draft.of(compute_buffer_bytes, held=True)
    apart = case.placement.split and case.placement.linked
    return _buffers(case, *([0] if apart else [0, 1]))


def _buffers(case: Case, *of: int) -> sympy.Expr:
    """Activations as held by the device, 0, the processor beside it, 1, or by both."""
    memory = case.runtime.memory
    if memory is None:
        return activation_bytes(case)
    if memory.tokens:
        asked = _reserved(case)
        given = _given(asked, memory) if 1 in of else sympy.S.Zero
        towers = _encoding(case, memory) if 0 in of else sympy.S.Zero
        return _held(asked, memory, of) + given + towers
    if case.workload.name != "decode":
        return _held(case, memory, of)
    prompt = replace(case, workload=replace(case.prompt, new_source=case.workload.source))
    return sympy.Max(_held(prompt, memory, of), _held(case, memory, of), evaluate=False)


def _encoding(case: Case, memory: Memory) -> sympy.Expr:
    """Bytes of the most activations of towers, which have buffers of their own beside the text's.

    llama.cpp sets them aside when it is given an image (tools/mtmd/clip.cpp).
    """
    prompt = replace(case, workload=case.prompt)
    blocks = [block for block in prompt.blocks() if block.name in case.encoding]
    if not case.prompt.media:
        return sympy.S.Zero
    alive = (most for block in blocks for most in peak_elements(block, case.kernels(block)))
    return sympy.Max(*largest(alive), evaluate=False) * _width(memory.activation_bytes, case)


def _held(case: Case, memory: Memory, of: tuple[int, ...]) -> sympy.Expr:
    """Bytes of the most activations that exist at once, what is held longer included.

    The device and the processor beside it each hold those of the blocks they run products of.
    """
    beside, running = _beside(case, memory), _while_running(case, memory)
    most = (
        sympy.Max(
            *held_elements(blocks, case.kernels, memory.holding, beside, running),
            evaluate=False,
        )
        for place, blocks in enumerate(units(case))
        if blocks and place in of
    )
    return sympy.Add(*most) * _width(memory.activation_bytes, case)


def _given(case: Case, memory: Memory) -> sympy.Expr:
    """Bytes of what a step is given, where the host holds it: embeddings, and the mask."""
    if not memory.inputs:
        return sympy.S.Zero
    first, *others = case.text_blocks()
    masks = (_mask(case, memory)(block) for block in others)
    mask = next((elements for elements in masks if elements != 0), sympy.S.Zero)
    embedded = sympy.Add(*(tensor.elements for tensor in first.exits))
    return (embedded + mask) * _width(memory.activation_bytes, case)


def _reserved(case: Case) -> Case:
    """The step that buffers are set aside for: T_u tokens at the end of the context."""
    context = case.workload.context
    step = replace(phase("step"), batch=sympy.S.One, new=MICRO_BATCH, cached=context - MICRO_BATCH)
    source = replace(step, new_source=step.new, cached_source=case.workload.source - step.new)
    return replace(case, workload=source, counting=replace(case.counting, logits="all"))


def _while_running(case: Case, memory: Memory) -> Callable[[Kernel], sympy.Expr]:
    """What lies beside a kernel while it runs.

    The keys or values of a layer, made anew beside what was cached of them; and further copies
    of the rows that were routed to experts, while they are put together.
    """
    width = case.widths(Role.CACHE) / case.widths(Role.ACTIVATION)
    copied = memory.appended and case.workload.cached != 0

    def during(kernel: Kernel) -> sympy.Expr:
        made = (tensor for op in kernel.operations for tensor in op.outputs if tensor.cache)
        kept = [tensor.cache.kept for tensor in made if tensor.cache and tensor.cache.kept]
        combined = (op for op in kernel.operations if op.purpose is Purpose.COMBINE)
        rows = [op.inputs[0].elements * memory.routed for op in combined]
        return sympy.Add(*rows, *(elements * width for elements in kept if copied))

    return during


def _beside(case: Case, memory: Memory) -> Callable[[Block], sympy.Expr]:
    """What lies beside a block as long as it runs: a mask, and the tokens as embedded."""
    mask = _mask(case, memory)

    def beside(block: Block) -> sympy.Expr:
        held = memory.embedded and block.repeat != 1
        entries = (t.elements for t in block.entries if t.role is Role.ACTIVATION)
        return mask(block) + (sympy.Add(*entries) if held else sympy.S.Zero)

    return beside


def _mask(case: Case, memory: Memory) -> Callable[[Block], sympy.Expr]:
    """The mask that lies beside a block with attention: nothing where the runtime makes none."""
    step = case.workload

    def beside(block: Block) -> sympy.Expr:
        attends = any(operation.purpose is Purpose.SCORES for operation in block.operations)
        if memory.mask_bytes is None or not attends or block.name in case.encoding:
            return sympy.S.Zero
        width = _width(memory.mask_bytes, case) / _width(memory.activation_bytes, case)
        return step.new * _cells(step.context, memory) * width

    return beside


def _width(known: Fraction | None, case: Case) -> sympy.Expr:
    """Bytes per element, by default those of the run's activations."""
    if known is None:
        return case.widths(Role.ACTIVATION)
    return sympy.Rational(known.numerator, known.denominator)


@quantity("B", "usual", "estimate")
def memory_footprint(case: Case) -> sympy.Expr:
    """Memory of the device that a run needs: weights, cache, and peak activations.

    Each as the runtime holds it, where that is known; what a recipe of places leaves elsewhere is
    not in it.
    """
    if case.runtime.memory is None and not case.placement.split:
        return weight_storage_bytes(case) + kv_cache_bytes(case) + activation_bytes(case)
    return weight_memory_bytes(case) + kv_cache_memory_bytes(case) + compute_buffer_bytes(case)


@quantity("B")
def host_memory(case: Case) -> sympy.Expr:
    """Memory of the host that a run needs beside the device's, under a recipe of places.

    Weights that lie there, with the table of tokens where the runtime keeps it there, the cache
    of layers that it computes, and their activations; 0 where host and device share one memory.
    """
    placement = case.placement
    if not placement.split or not placement.linked:
        return sympy.S.Zero
    memory = case.runtime.memory
    held = _weights_at(case, HOST)
    if memory is not None and memory.table:
        held += lying(_tables(case), case, Place.DEVICE).bytes()
    if Place.HOST not in placement.everywhere:
        return held
    return held + _allocated(case, HOST) + _buffers(case, 1)
