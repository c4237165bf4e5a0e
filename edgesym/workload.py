"""What a step works on: b sequences, each with T new tokens and C cached ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sympy

from edgesym.domain import Count, Natural, checked
from edgesym.errors import ConfigError, UnknownNameError
from edgesym.plain import shown
from edgesym.symbols import symbol

__all__ = [
    "LARGEST",
    "MEDIA",
    "PHASES",
    "PROMPT",
    "REST_OF_PROMPT",
    "Over",
    "Queries",
    "Workload",
    "checking",
    "is_tokenwise",
    "phase",
    "step_values",
]

#: The most tokens of a sequence, and sequences, that anything is computed for.
LARGEST = 10**9


@dataclass(frozen=True, slots=True)
class Workload:
    """The extents of one step, as expressions.

    Attributes:
        batch: sequences run together, b.
        new: tokens that enter per sequence, T.
        cached: tokens already cached per sequence, C.
        new_source: source tokens that an encoder runs, per sequence.
        cached_source: source tokens that it ran in an earlier step.
        media: what towers encode in this step: rows of :data:`MEDIA`.
    """

    name: str
    batch: sympy.Expr
    new: sympy.Expr
    cached: sympy.Expr
    new_source: sympy.Expr = sympy.S.Zero
    cached_source: sympy.Expr = sympy.S.Zero
    media: tuple[str, ...] = ()

    @property
    def context(self) -> sympy.Expr:
        """Tokens attended to, S = C + T."""
        return self.cached + self.new

    @property
    def tokens(self) -> sympy.Expr:
        """Tokens that enter in all, b T."""
        return self.batch * self.new

    @property
    def source(self) -> sympy.Expr:
        """Source tokens that cross attention attends to."""
        return self.cached_source + self.new_source

    def over(self, tokens: str) -> Workload:
        """The same step for a block that runs over other tokens.

        ``new`` tokens are what most blocks run over. An encoder in front of a decoder runs
        over the ``source``. An encoder of its own keeps no cache and runs over the whole
        ``context`` in every step.

        >>> phase("decode").over("context").new, phase("decode").over("source").new
        (S, 0)

        Raises:
            UnknownNameError: no such tokens.
        """
        match tokens:
            case "new":
                return self
            case "source":
                return replace(self, new=self.new_source, cached=self.cached_source)
            case "context":
                return replace(self, new=self.context, cached=sympy.Integer(0))
        if tokens in MEDIA:
            row = MEDIA[tokens]
            pieces = row.pieces if row.medium in self.media else _NONE
            return replace(self, batch=self.batch * pieces, new=row.length, cached=_NONE)
        known = ("new", "source", "context", *MEDIA)
        raise UnknownNameError("tokens that a block runs over", tokens, known)


@dataclass(frozen=True, slots=True)
class Over:
    """What a tower runs over in a prompt.

    Attributes:
        medium: ``image`` or ``audio``.
        pieces: how many of them each sequence has, which do not attend to each other.
        length: what each of them is for attention.
    """

    medium: str
    pieces: sympy.Expr
    length: sympy.Expr


_b, _T, _C, _S = (symbol(w) for w in ("batch", "new_tokens", "cached_tokens", "context"))
_T_x, _C_x, _S_x = (symbol(f"{w}source_tokens") for w in ("new_", "cached_", ""))
_NONE = sympy.Integer(0)
_IMAGES, _CLIPS = symbol("images"), symbol("clips")

#: What towers run over: whole images or crops of them, whole pieces of audio or stretches.
MEDIA: dict[str, Over] = {
    "image": Over("image", _IMAGES, symbol("patches")),
    "crops": Over("image", _IMAGES * symbol("crops"), symbol("patches")),
    "audio": Over("audio", _CLIPS, symbol("frames")),
    "stretches": Over("audio", _CLIPS * symbol("audio_chunks"), symbol("frames")),
}

#: The phases of inference: ``prefill`` has an empty cache, ``decode`` adds one token to it,
#: ``step`` leaves both open. The source of an encoder-decoder is encoded in the prefill.
PHASES: dict[str, Workload] = {
    "prefill": Workload("prefill", _b, _S, _NONE, _S_x, _NONE),
    "decode": Workload("decode", _b, sympy.Integer(1), _S - 1, _NONE, _S_x),
    "step": Workload("step", _b, _T, _C, _T_x, _C_x),
}
#: The prefill of a prompt of S_p tokens, beside decode steps at a context of S.
PROMPT = replace(PHASES["prefill"], new=symbol("prompt_tokens"))
#: The same where the first C tokens of the prompt are cached already.
REST_OF_PROMPT = replace(PROMPT, new=symbol("prompt_tokens") - _C, cached=_C)


#: Tokens that a step checks where some were drafted: these, and the one that follows.
_CHECKED = symbol("draft_tokens") + 1


@checked
def checking(step: Workload) -> Workload:
    """The step that checks drafted tokens in place of a decode step: T = gamma + 1 on S - 1.

    >>> checking(phase("decode")).new
    gamma + 1
    """
    return replace(step, new=_CHECKED)


@checked
def phase(name: str) -> Workload:
    """The workload of a phase, over b and S (or b, T and C).

    >>> phase("decode").cached
    S - 1

    Raises:
        UnknownNameError: no such phase.
    """
    if name not in PHASES:
        raise UnknownNameError("phase", name, PHASES)
    return PHASES[name]


def _few(numbers: Sequence[int]) -> str:
    """A list of numbers, or of the first and the least of many."""
    if len(numbers) <= _SHOWN:
        return str(list(numbers))
    return f"{list(numbers[:_SHOWN])} and more, the least {min(numbers)},"


#: Different lengths of queries in one step: each is worked out by itself, 1,000 in a second.
_MOST_LENGTHS = 1000
#: What the numbers of a group count.
_COUNTED = ("cached tokens", "input tokens", "batch size")
#: Numbers of a list that an error shows.
_SHOWN = 12


@checked
@dataclass(frozen=True, slots=True)
class Queries:
    """Sequences of different lengths in one step.

    Attributes:
        groups: (cached tokens, new tokens, how many such sequences).
        source: source tokens of each, in an encoder-decoder; by default as many as the new
            tokens of a query without a cache, or the cached ones of another.
    """

    groups: tuple[tuple[Natural, Count, Count], ...]
    source: Natural | None = None

    def __post_init__(self) -> None:
        """Refuse counts that nothing is computed with.

        Raises:
            ConfigError: naming the count, and the most.
        """
        for group in self.groups:
            for what, number in zip(_COUNTED, group, strict=True):
                if number > LARGEST:
                    raise ConfigError(f"{what} = {shown(number)} must be {LARGEST} at most")

    @classmethod
    @checked
    def of(
        cls, cached: Iterable[int], new: Iterable[int], batch_size: int | None = None
    ) -> Queries:
        """Queries from two lists of equal length, repeated up to the batch size.

        >>> Queries.of([1024, 0], [1, 7], batch_size=4).groups
        ((1024, 1, 2), (0, 7, 2))

        Raises:
            ConfigError: lists of unequal length, counts below their floor, or a
                batch size that is no multiple of the length.
        """
        cached_list, new_list = list(cached), list(new)
        if len(cached_list) != len(new_list) or not new_list:
            raise ConfigError(
                f"{len(cached_list)} cached-token counts for {len(new_list)} input-token counts; "
                "give lists of equal length, one entry per query"
            )
        if min(cached_list) < 0 or min(new_list) < 1:
            raise ConfigError(
                f"cached tokens {_few(cached_list)} must be 0 or more, "
                f"and input tokens {_few(new_list)} 1 or more"
            )
        repeat = 1
        if batch_size is not None:
            if batch_size < 1 or batch_size % len(new_list):
                raise ConfigError(
                    f"batch size {batch_size} is not a positive multiple of the "
                    f"{len(new_list)} queries listed"
                )
            repeat = batch_size // len(new_list)
        counted = Counter(zip(cached_list, new_list, strict=True))
        if len(counted) > _MOST_LENGTHS:
            raise ConfigError(
                f"queries of {len(counted):,} different lengths; {_MOST_LENGTHS:,} at most: round "
                "them, such as to multiples of 16, or ask for fewer at once"
            )
        return cls(tuple((c, t, n * repeat) for (c, t), n in counted.items()))

    @property
    def sequences(self) -> int:
        """How many sequences there are."""
        return sum(count for _, _, count in self.groups)

    @property
    def tokens(self) -> int:
        """How many tokens enter in all."""
        return sum(new * count for _, new, count in self.groups)

    @property
    def longest_context(self) -> int:
        """The largest number of tokens that one sequence attends to."""
        return max(cached + new for cached, new, _ in self.groups)

    @property
    def workload(self) -> Workload:
        """The step of these queries; if each has a cache, no source is encoded anew."""
        step = phase("step")
        if any(cached == 0 for cached, _, _ in self.groups):
            return step
        return replace(step, new_source=_NONE, cached_source=_S_x)

    def cases(self, tokenwise: bool) -> list[dict[sympy.Symbol, Any]]:
        """Values of b, T and C whose costs add up to the cost of all the queries.

        A token-wise cost depends on b T alone, so one case with all tokens does;
        a sequence-wise cost takes one case per distinct query.
        """
        if tokenwise:
            return [{_b: 1, _T: self.tokens, _C: 0}]
        return [step_values(count, new, cached, self.source) for cached, new, count in self.groups]


@checked
def step_values(
    batch: Natural, new: Natural, cached: Natural, source: Natural | None = None
) -> dict[sympy.Symbol, int]:
    """The numbers of a step's symbols; the source is encoded where nothing is cached.

    >>> [step_values(1, 1, 8)[symbol(f"{w}source_tokens")] for w in ("", "new_", "cached_")]
    [8, 0, 8]
    """
    tokens = (cached or new) if source is None else source
    encoded = {_S_x: tokens, _T_x: 0 if cached else tokens, _C_x: tokens if cached else 0}
    return {_b: batch, _T: new, _C: cached, **encoded}


@checked
def is_tokenwise(expression: sympy.Expr) -> bool:
    """Whether a cost over b, T, C depends on b and T through their product alone.

    >>> b, T, C = symbol("batch"), symbol("new_tokens"), symbol("cached_tokens")
    >>> is_tokenwise(3 * b * T), is_tokenwise(b * T * C), is_tokenwise(b)
    (True, False, False)
    """
    if expression.free_symbols & {_T_x, _C_x, _S_x}:
        return False
    if not expression.free_symbols & {_b, _T, _C}:
        return True
    if _C in expression.free_symbols:
        return False
    pooled = expression.xreplace({_b: sympy.Integer(1), _T: _b * _T})
    return bool(sympy.expand(pooled - expression) == 0)
