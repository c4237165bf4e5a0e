"""A recorded run divided into blocks: layers that run again, what runs between them."""

from __future__ import annotations

from dataclasses import replace

import pytest

pytest.importorskip("torch")

from edgesym.tracing.layers import Stack
from edgesym.tracing.record import Recorded
from edgesym.tracing.run import Pass
from edgesym.tracing.segments import segments

STACK = Stack("layers", (0, 0, 0))
_ONE = Recorded("", "", 0, "mm", (), (), 1, is_alias=False, line="code.py:1", extents=())


def op(turn: int, layer: str = "", line: str = "code.py:1") -> Recorded:
    return replace(_ONE, turn=turn, layer=layer, line=line)


def test_layers_that_run_again_are_as_one_like_them_that_ran() -> None:
    entered = ("layers.0", "layers.1", "layers.2", "layers.1", "layers.2")
    found = segments(Pass((op(1, "layers.0"),), entered), [STACK])
    assert [(s.repeat, s.again, s.of_first, len(s.operations)) for s in found] == [
        (3, False, False, 1),
        (2, True, True, 1),
    ]


def test_what_runs_between_layers_counts_once_for_each() -> None:
    """Before each layer one, after each another: the first and the last have half of it."""
    before, after = "code.py:2", "code.py:3"
    ran = [op(0, line="code.py:9"), op(0, line=before)]
    for turn, layer in enumerate(STACK.layers, start=1):
        ran += [op(turn, layer)] if turn == 1 else []
        ran += [op(turn, line=after), op(turn, line=before)][: 2 if turn < 3 else 1]
    ran.append(op(3, line="code.py:10"))
    first, layers, last = segments(Pass(tuple(ran), STACK.layers), [STACK])
    assert [one.line for one in first.operations] == ["code.py:9"]
    assert [one.line for one in layers.operations] == ["code.py:1", after, before]
    assert [one.line for one in last.operations] == ["code.py:10"]


def test_what_runs_after_some_layers_of_a_kind_alone_is_a_block_of_its_own() -> None:
    ran = [op(1, "layers.0"), op(2, line="code.py:7"), op(3, line="code.py:9")]
    found = segments(Pass(tuple(ran), STACK.layers), [STACK])
    assert [(s.stack is None, s.repeat, [one.line for one in s.operations]) for s in found] == [
        (False, 3, ["code.py:1"]),
        (True, 1, ["code.py:9"]),
        (True, 1, ["code.py:7"]),
    ]
