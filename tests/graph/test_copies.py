"""Copies of traced code that runtimes drop, and what code writes out that they run as one."""

import sympy

from edgesym.graph.block import assemble, flows
from edgesym.graph.convention import convention
from edgesym.graph.copies import without_copies
from edgesym.graph.kernels import partition
from edgesym.graph.meaning import Purpose
from edgesym.graph.operation import Operation
from edgesym.graph.tensor import Cache, Role, Tensor
from edgesym.runtimes import find_runtime
from edgesym.symbols import symbol

A, K, D, S, b, H = map(symbol, ("heads", "kv_heads", "head_dim", "context", "batch", "hidden"))
DROPPED = frozenset({Purpose.COPY})


def block(*operations, entries=(), exits=(), of_code=True):
    return assemble("one", 1, operations, (entries, exits), convention(), of_code=of_code)


def repeated_keys():
    """Keys of a cache, repeated for the heads of each group, and scores of them."""
    whole = b * K * S * D
    new = Tensor("key", (b, K, S, D))
    cache = Cache(sympy.Integer(0), whole, whole)
    kept = Tensor("cache", (b, K, S, D), Role.CACHE, cache=cache)
    wide = Tensor("wide", (b, K, A / K, S, D), Role.CACHE, touched=whole)
    copied = Tensor("copied", (b, K, A / K, S, D))
    flat = Tensor("flat", (b, A, S, D))
    query, scores = Tensor("query", (b, A, 1, D)), Tensor("scores", (b, A, 1, S))
    product = "b a t d, b a s d -> b a t s"
    return block(
        Operation("append", "append", "rows", (new,), (kept,), Purpose.CACHE_WRITE),
        Operation("expand", "view", "expand", (kept,), (wide,), Purpose.VIEW),
        Operation("clone", "copy", "rows", (wide,), (copied,), Purpose.COPY),
        Operation("view", "view", "view", (copied,), (flat,), Purpose.VIEW),
        Operation("scores", "contraction", product, (query, flat), (scores,), Purpose.SCORES),
        entries=(new, query),
        exits=(scores,),
    )


def read(made, part):
    operation = made.parts[part]
    return {f.tensor.role: f.elements for f in flows(made, [operation]) if f.direction == "read"}


def test_scores_read_repeated_keys_once_where_the_copy_is_dropped():
    whole = repeated_keys()
    copied = flows(whole, [whole.parts["scores"]])
    assert b * A * S * D in [flow.elements for flow in copied]
    dropped = without_copies(whole, DROPPED)
    assert read(dropped, "scores")[Role.CACHE] == b * K * S * D
    assert [op.part for op in dropped.operations if op.family == "copy"] == []
    assert dropped.flops == whole.flops


def test_without_copies_a_block_is_itself():
    whole = repeated_keys()
    assert without_copies(whole, frozenset()) is whole
    dropped = without_copies(whole, DROPPED)
    assert without_copies(dropped, DROPPED) is dropped


def joined(several):
    """Tensors that are joined are no copy of one."""
    parts = [Tensor(f"part{i}", (b, D)) for i in range(several)]
    made = Tensor("made", (b, several * D))
    return block(
        Operation("cat", "copy", "rows", tuple(parts), (made,), Purpose.COPY),
        entries=tuple(parts),
        exits=(made,),
    )


def test_tensors_that_are_joined_are_written():
    assert without_copies(joined(2), DROPPED).parts["cat"].family == "copy"
    assert without_copies(joined(1), DROPPED).parts["cat"].family == "view"


def norm(*, of_code):
    given, square, made = (Tensor(name, (b, H)) for name in ("given", "square", "made"))
    return block(
        Operation("pow", "pointwise", "multiply", (given,), (square,), Purpose.NORM),
        Operation("mul", "pointwise", "multiply", (square, given), (made,), Purpose.NORM),
        entries=(given,),
        exits=(made,),
        of_code=of_code,
    )


def test_a_norm_that_code_writes_out_is_one_kernel_save_unfused():
    fused, unfused = (find_runtime(name).fusion for name in ("fused", "unfused"))
    assert len(partition(norm(of_code=True), fused)) == 1
    assert len(partition(norm(of_code=True), unfused)) == 2
    assert len(partition(norm(of_code=False), fused)) == 2  # two layers' operations


def test_a_kernel_reads_each_half_of_a_split():
    whole = Tensor("whole", (b, 2 * H))
    halves = [Tensor(f"half{i}", (b, H)) for i in (0, 1)]
    product = Tensor("product", (b, H))
    made = Tensor("made", (b, 2 * H))
    split = block(
        Operation("up", "pointwise", "silu", (whole,), (made,), Purpose.UP),
        *(Operation(t.name, "view", "split", (made,), (t,), Purpose.VIEW) for t in halves),
        Operation("mul", "pointwise", "multiply", tuple(halves), (product,), Purpose.PRODUCT),
        entries=(whole,),
        exits=(product,),
    )
    moved = [f.elements for f in flows(split, [split.parts["mul"]]) if f.direction == "read"]
    assert sympy.Add(*moved) == 2 * b * H
