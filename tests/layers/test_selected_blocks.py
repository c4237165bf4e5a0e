"""The mask of selected blocks against a loop over positions (MiniMax-M3)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edgesym.engine.evaluate import evaluate
from edgesym.graph.convention import convention
from edgesym.layers.mask import mask
from edgesym.symbols import symbol
from edgesym.workload import phase
from tests.support import letters

T, C, S, b = letters("T C S b")
BLOCK, SELECTED = symbol("chunk"), symbol("selected")


def seen(position, block, blocks):
    """Keys that the token at a position, counted from 0, attends to: its block and the best."""
    whole = position // block
    return min(whole, blocks - 1) * block + position % block + 1


@given(
    cached=st.integers(0, 90), new=st.integers(1, 60), block=st.integers(1, 16), n=st.integers(1, 5)
)
def test_pairs_of_a_step(cached, new, block, n):
    point = {C: cached, T: new, BLOCK: block, SELECTED: block * n}
    pairs = mask("selected_blocks").attended(phase("step"), SELECTED, convention())
    truth = sum(seen(position, block, n) for position in range(cached, cached + new))
    assert evaluate(pairs, point) == truth


@given(context=st.integers(1, 150), block=st.integers(1, 16), n=st.integers(1, 5))
def test_pairs_of_a_decode_step(context, block, n):
    pairs = mask("selected_blocks").attended(phase("decode"), SELECTED, convention())
    point = {S: context, BLOCK: block, SELECTED: block * n}
    assert evaluate(pairs, point) == seen(context - 1, block, n)


def test_a_step_reads_no_more_than_its_tokens_select():
    _, cache = mask("selected_blocks").cache(phase("step"), SELECTED, symbol("kv_heads"))
    point = {C: 100_000, b: 1, symbol("kv_heads"): 1, SELECTED: 2048}
    assert evaluate(cache.held, {**point, T: 1}) == 2048
    assert evaluate(cache.kept, {**point, T: 1}) == 100_001
    assert evaluate(cache.held, {**point, T: 1000}) == 100_000
