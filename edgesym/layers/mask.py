"""Masks: which cached tokens a new token attends to, as closed forms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sympy
from sympy import Min, Mod, ceiling, floor

from edgesym.errors import UnknownNameError
from edgesym.graph.convention import Convention
from edgesym.graph.tensor import Cache
from edgesym.symbols import symbol
from edgesym.workload import Workload

__all__ = ["MASKS", "Mask", "mask"]

Count = Callable[[sympy.Expr, sympy.Expr], sympy.Expr]


@dataclass(frozen=True, slots=True)
class Mask:
    """A mask over a sequence, with a width where it has one.

    The token at position n (counted from 1) attends to ``visible(n, width)``
    tokens, itself included; the first n tokens attend to ``pairs(n, width)`` in all.

    Attributes:
        held: tokens that a step after n tokens still reads from the cache.
        kept: tokens that the cache holds after n tokens.
        caches: whether there is a cache; an encoder attends to the new tokens alone.
        selects: whether each new token reads no more of the cache than its own choice.
        stored: tokens that there is room for after n tokens, where that is not what is kept.
        parted: whether code takes the parts that see each other alone, and never the whole square.
    """

    name: str
    visible: Count
    pairs: Count
    held: Count
    kept: Count
    caches: bool = True
    selects: bool = False
    stored: Count | None = None
    parted: bool = False

    def attended(self, workload: Workload, width: sympy.Expr, convention: Convention) -> sympy.Expr:
        """Pairs of new and attended tokens in one sequence.

        Causal: the sum of what each new token sees. Full: T times the tokens that
        an unmasked product over the kept cache sees, min(C, width - 1) + T. Without a
        cache every new token sees every other, T^2, or those around it.
        """
        new, cached = workload.new, workload.cached
        if not self.caches:
            whole = convention.attention == "full" and not self.parted
            return new**2 if whole else self.pairs(new, width)
        if convention.attention == "full":
            return new * (self.kept(cached, width) + new)
        if new == 1:
            return self.visible(cached + 1, width)
        return self.pairs(cached + new, width) - self.pairs(cached, width)

    def cache(
        self, workload: Workload, width: sympy.Expr, per_token: sympy.Expr
    ) -> tuple[sympy.Expr, Cache]:
        """The tokens the step attends to, and what it does to a cache of b sequences."""
        row = workload.batch * per_token
        held = self.held(workload.cached, width)
        if self.selects:
            held = Min(held, workload.new * width)
        kept = (self.stored or self.kept)(workload.context, width)
        return held + workload.new, Cache(row * held, row * workload.new, row * kept)


def _triangle(n: sympy.Expr) -> sympy.Expr:
    return n * (n + 1) / 2


def _sliding_pairs(n: sympy.Expr, width: sympy.Expr) -> sympy.Expr:
    short = Min(n, width)
    return _triangle(short) + (n - short) * width


def _pairs_around(n: sympy.Expr, width: sympy.Expr) -> sympy.Expr:
    """n + 2 sum_i min(i, h) over i < n, with h = floor(W / 2) tokens on each side."""
    side = floor(width / 2)
    short = Min(n, side + 1)
    return n + short * (short - 1) + 2 * (n - short) * side


def _chunked_visible(n: sympy.Expr, width: sympy.Expr) -> sympy.Expr:
    """n - N (ceil(n/N) - 1): the place of the token in its chunk."""
    return n - width * (ceiling(n / width) - 1)


def _chunked_held(n: sympy.Expr, width: sympy.Expr) -> sympy.Expr:
    """n mod N, written by the place of the token that comes next."""
    return n if n == 0 else _chunked_visible(n + 1, width) - 1


def _chunked_pairs(n: sympy.Expr, width: sympy.Expr) -> sympy.Expr:
    return floor(n / width) * _triangle(width) + _triangle(Mod(n, width))


def _block_visible(n: sympy.Expr, width: sympy.Expr) -> sympy.Expr:
    """min(n, W - N + place in the own block of N keys), which is always selected."""
    block = symbol("chunk")
    return Min(n, width - block + _chunked_visible(n, block))


def _block_pairs(n: sympy.Expr, width: sympy.Expr) -> sympy.Expr:
    block, short = symbol("chunk"), Min(n, width)
    own = _chunked_pairs(n, block) - _chunked_pairs(short, block)
    return _triangle(short) + (n - short) * (width - block) + own


def _square_pairs(_: sympy.Expr, width: sympy.Expr) -> sympy.Expr:
    """The sum of (r c)^2 over the windows of r rows and c columns that an image falls into.

    It is the product of the sums over rows and over columns: of g patches a side there are
    floor(g / W) windows of W and one of what is left.
    """
    sides = (symbol("patch_rows"), symbol("patch_columns"))
    return sympy.Mul(*(floor(g / width) * width**2 + Mod(g, width) ** 2 for g in sides))


def _window_kept(n: sympy.Expr, width: sympy.Expr) -> sympy.Expr:
    """min(n, width - 1): the token at hand completes the window."""
    return Min(n + 1, width) - 1


#: Masks by name. Sliding: a token and the W - 1 before it (Beltagy et al. 2020, arXiv:2004.05150,
#: in its causal form of Mistral 7B, arXiv:2310.06825). Rolling: the same, in the buffer of W
#: tokens that Mistral 7B's own code keeps (section 2). Chunked: the tokens of its own chunk (Llama
#: 4). Squares: the patches of its own window of W x W (Qwen2.5-VL, arXiv:2502.13923, section
#: 2.1.1). Before: causal, of a text that is read at once (CLIP, arXiv:2103.00020, section 2.4).
#: Around: floor(W/2) tokens on either side (ModernBERT, arXiv:2412.13663). Selected: the W
#: keys of the highest index score, or all while there are fewer (DeepSeek-V3.2, arXiv:2512.02556).
#: The caches kept are those of transformers' DynamicCache: all tokens, or one less than the width.
MASKS: dict[str, Mask] = {
    "causal": Mask(
        "causal",
        visible=lambda n, _: n,
        pairs=lambda n, _: _triangle(n),
        held=lambda n, _: n,
        kept=lambda n, _: n,
    ),
    "bidirectional": Mask(
        "bidirectional",
        visible=lambda n, _: n,
        pairs=lambda n, _: n**2,
        held=lambda _n, _: sympy.Integer(0),
        kept=lambda _n, _: sympy.Integer(0),
        caches=False,
    ),
    "before": Mask(
        "before",
        visible=lambda n, _: n,
        pairs=lambda n, _: _triangle(n),
        held=lambda _n, _: sympy.Integer(0),
        kept=lambda _n, _: sympy.Integer(0),
        caches=False,
    ),
    "around": Mask(
        "around",
        visible=Min,
        pairs=_pairs_around,
        held=lambda _n, _: sympy.Integer(0),
        kept=lambda _n, _: sympy.Integer(0),
        caches=False,
    ),
    "squares": Mask(
        "squares",
        visible=lambda _, width: width**2,
        pairs=_square_pairs,
        held=lambda _n, _: sympy.Integer(0),
        kept=lambda _n, _: sympy.Integer(0),
        caches=False,
        parted=True,
    ),
    "sliding": Mask(
        "sliding",
        visible=Min,
        pairs=_sliding_pairs,
        held=_window_kept,
        kept=_window_kept,
    ),
    "rolling": Mask(
        "rolling",
        visible=Min,
        pairs=_sliding_pairs,
        held=_window_kept,
        kept=_window_kept,
        stored=Min,
    ),
    "selected": Mask(
        "selected",
        visible=Min,
        pairs=_sliding_pairs,
        held=lambda n, _: n,
        kept=lambda n, _: n,
    ),
    "selected_blocks": Mask(
        "selected_blocks",
        visible=_block_visible,
        pairs=_block_pairs,
        held=lambda n, _: n,
        kept=lambda n, _: n,
        selects=True,
    ),
    "chunked": Mask(
        "chunked",
        visible=_chunked_visible,
        pairs=_chunked_pairs,
        held=_chunked_held,
        kept=_window_kept,
    ),
}


def mask(name: str) -> Mask:
    """The mask of that name.

    >>> from edgesym.symbols import symbol
    >>> mask("sliding").visible(symbol("context"), symbol("window"))
    Min(S, W)
    """
    if name not in MASKS:
        raise UnknownNameError("mask", name, MASKS)
    return MASKS[name]
