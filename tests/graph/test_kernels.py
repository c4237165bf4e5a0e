"""Kernels as partitions of the graph, over every model card and every scheme."""

from __future__ import annotations

import networkx as nx
import pytest

from edgesym.architectures.locate import load
from edgesym.errors import UnknownNameError
from edgesym.graph.block import flows
from edgesym.graph.tensor import Role
from tests.support import SCHEMES, partition, varied_cards

BLOCKS = [
    pytest.param(block, id=f"{name}:{block.name}")
    for name in varied_cards()
    for block in load(name).blocks()
]
every_block = pytest.mark.parametrize("block", BLOCKS)
every_scheme = pytest.mark.parametrize("scheme", SCHEMES)


def kernel_of(block, scheme):
    """Operation -> its kernel; a view is in none."""
    return {
        operation.part: kernel.name
        for kernel in partition(block, scheme)
        for operation in kernel.operations
    }


@every_block
@every_scheme
def test_every_operation_that_moves_data_is_in_one_kernel(block, scheme):
    found = [op.part for kernel in partition(block, scheme) for op in kernel.operations]
    assert sorted(found) == sorted(op.part for op in block.operations if op.family != "view")


@every_block
def test_unfused_is_a_kernel_per_operation_and_ideal_one_for_all(block):
    unfused = partition(block, "unfused")
    assert [k.name for k in unfused] == [op.part for k in unfused for op in k.operations]
    assert len(partition(block, "ideal")) == 1


@every_block
@every_scheme
def test_kernels_can_run_one_after_another(block, scheme):
    kernels = kernel_of(block, scheme)
    makers = {t.name: op.part for op in block.operations for t in op.outputs}
    quotient = nx.DiGraph()
    for operation in (op for op in block.operations if op.part in kernels):
        # What is read through a view comes from the kernel that made the tensor behind it.
        sources = {block.roots.get(t.name, t.name) for t in operation.inputs} & makers.keys()
        reader = kernels[operation.part]
        makes = {kernels[makers[source]] for source in sources} - {reader}
        quotient.add_edges_from((kernel, reader) for kernel in makes)
    assert nx.is_directed_acyclic_graph(quotient)


@every_block
@every_scheme
def test_no_kernel_reads_what_nobody_has_written(block, scheme):
    there = {tensor.name for tensor in block.entries}
    needed = {block.roots.get(t.name, t.name) for t in block.exits} - there
    written, read = set(), set()
    for kernel in partition(block, scheme):
        for flow in flows(block, kernel.operations):
            if flow.tensor.role is not Role.ACTIVATION:
                continue
            name = block.roots.get(flow.tensor.name, flow.tensor.name)
            if flow.direction == "read":
                assert name in there | written, f"{kernel.name} reads {name} before it is there"
                read.add(name)
            else:
                assert name not in written, f"{name} is written twice"
                written.add(name)
    assert needed <= written
    assert written <= read | needed


def test_fused_runs_attention_and_the_gated_product_in_one_kernel_each():
    decoder = load("llama-3.2-1b").blocks()[1]
    groups = {}
    for part, kernel in kernel_of(decoder, "fused").items():
        groups.setdefault(kernel, set()).add(part)
    together = [parts for parts in groups.values() if len(parts) > 1]
    assert sorted(map(sorted, together)) == [
        ["attention.key", "attention.query", "attention.value"],
        ["attention.scores", "attention.softmax", "attention.values"],
        [f"feed_forward.{part}" for part in ("activation", "gate", "product", "up")],
    ]


def test_an_unknown_scheme_names_the_nearest():
    with pytest.raises(UnknownNameError, match="runtime 'fuse'; nearest: fused, unfused"):
        partition(load("llama-3.2-1b").blocks()[1], "fuse")
