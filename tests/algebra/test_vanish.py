"""Shares that vanish: by leading terms, for all values of the symbols that do not grow."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgesym.algebra.exactly import exactly
from edgesym.algebra.vanish import vanishing
from edgesym.symbols import symbol

H, L, S, V, B, P = (
    symbol(w) for w in ("hidden", "layers", "context", "vocab", "bytes_per_element", "peak_flops")
)
VANISH = [
    (4 * H * L * S, 24 * H**2 * L + 4 * H * L * S, (H,), S / (6 * H)),
    (V * H, 12 * L * H**2 + V * H, (H,), V / (12 * H * L)),
    (V * H, 12 * L * H**2 * V, (H,), 1 / (12 * H * L)),
    (S, S**2 + S, (S,), 1 / S),
    (H * S, H**2 + S**2 + H * S**2 * H, (H,), S / (S**2 * H + H)),
]


@pytest.mark.parametrize(("share", "whole", "growing", "order"), VANISH)
def test_a_share_vanishes_as_symbols_grow(share, whole, growing, order):
    found = vanishing(share, whole, (H, L, S))
    assert found.growing == growing
    assert (found.order - order).simplify() == 0


STAY = [
    (4 * L * S, 4 * L * S * B),
    (2 * H * B, 2 * H),
    (H**2, 12 * H**2),
    (H / P, H / P**2),
    (H, H - H**2),
]


@pytest.mark.parametrize(("share", "whole"), STAY)
def test_what_does_not_vanish_is_not_said_to(share, whole):
    assert vanishing(share, whole, (H, L, S)) is None


def test_two_symbols_may_have_to_grow_together():
    found = vanishing(H + L, H * L, (H, L))
    assert found.growing == (H, L)


terms = st.lists(st.tuples(*[st.integers(0, 3)] * 3, st.integers(1, 9)), min_size=1, max_size=4)


@given(terms, terms)
def test_the_share_falls_below_any_bound(above, below):
    share = sum(n * H**i * L**j * S**k for i, j, k, n in above)
    whole = share + sum(n * H**i * L**j * S**k for i, j, k, n in below)
    found = vanishing(share, whole, (H, L, S))
    if found:
        others = {s: 7 for s in (H, L, S) if s not in found.growing}
        far = {**others, **dict.fromkeys(found.growing, 10**9)}
        assert exactly(share, far) / exactly(whole, far) < 10**-3
