"""A run: what is run, whatever the model and the device."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from operator import attrgetter
from typing import Any

import sympy

from edgesym.architectures.model import Model
from edgesym.architectures.weights import facts_of
from edgesym.errors import ConfigError
from edgesym.formats import Formats
from edgesym.graph.convention import Convention, convention
from edgesym.graph.width import Widths
from edgesym.numbers import Number, checked_number
from edgesym.override import Change
from edgesym.pruning import Pruning, pruned, read_pruning, without
from edgesym.symbols import symbol
from edgesym.workload import step_values

__all__ = ["FIELDS", "Run", "stored"]

_LARGEST = 10**9
#: Formats on models remembered: those of a comparison, several times over.
_REMEMBERED = 256
#: Tokens of a prompt, and tokens generated, where nobody says how many.
_USUAL = 128

#: Word of a symbol of the workload -> the field of a run that gives it, and its option's name.
FIELDS = {
    "batch": "batch",
    "context": "context",
    "prompt_tokens": "prompt",
    "generated_tokens": "generate",
    "source_tokens": "source",
}


@dataclass(frozen=True, slots=True)
class Run:
    """What is run, whatever the model and the device.

    Attributes:
        batch: sequences run together.
        prompt: tokens of the prompt of each sequence; by default 128, or what a ``context``
            leaves beside the tokens that are generated.
        generate: tokens generated for each; by default 128, or half of a ``context`` that is
            shorter than 256 and comes without a prompt.
        context: tokens attended to where a token is timed; by default prompt + generate.
        source: source tokens of an encoder-decoder; by default what the model fixes, or as
            many as the prompt.
        weights: number format of the weights; by default the model's own. Likewise
            ``activations`` and ``cache``.
        prune: what is pruned, such as ``2:4``, ``0.3:bitmask`` or ``layers=4``, joined by commas.
        compute: arithmetic dtype wanted; by default what suits the weights.
        kernels: the runtime, by name or file: which operations run together; by default the usual
            one of the device, and ``fused`` without one.
        composition: how compute and memory time are joined; by default as the runtime does.
        counting: what counts as a FLOP.
        given: numbers of symbols, or changes of them, in place of the model's, the formats'
            or the device's own.
        fits: a folder of fits of a user's own, each in place of the one that ships of its class.

    >>> Run(context=8192).prompt, Run(context=8192, prompt=100).prompt, Run().prompt
    (8064, 100, 128)

    Raises:
        ConfigError: a count that makes no sense, or a context that holds no prompt.
    """

    batch: int = 1
    # what is left open is chosen in __post_init__, and is a number from then on
    prompt: int = None  # type: ignore[assignment]
    generate: int = None  # type: ignore[assignment]
    context: int | None = None
    source: int | None = None
    weights: str = ""
    activations: str = ""
    cache: str = ""
    prune: str = ""
    compute: str = ""
    kernels: str = ""
    composition: str = ""
    counting: Convention = field(default_factory=convention)
    given: tuple[tuple[sympy.Symbol, Number | Change], ...] = ()
    fits: str = ""

    def __post_init__(self) -> None:
        """Choose what is left open, and refuse counts and numbers that make no sense.

        What is left are Python's own numbers.

        Raises:
            ConfigError: naming the field or symbol, its value, and what is needed.
        """
        for word, name in FIELDS.items():
            if (count := getattr(self, name)) is None:
                continue
            count = checked_number(symbol(word), count, name)
            if count > _LARGEST:
                raise ConfigError(f"{name} = {count} must lie between 1 and {_LARGEST}")
            object.__setattr__(self, name, count)
        object.__setattr__(self, "prune", str(read_pruning(self.prune)))
        prompt, generate = _chosen(self.prompt, self.generate, self.context)
        object.__setattr__(self, "prompt", prompt)
        object.__setattr__(self, "generate", generate)
        given = tuple(
            (made, number if isinstance(number, Change) else checked_number(made, number))
            for made, number in self.given
        )
        object.__setattr__(self, "given", given)

    @property
    def ends(self) -> tuple[dict[sympy.Symbol, int], ...]:
        """The numbers of its first and of its longest steps: the prompt, and tokens decoded."""
        longest = {self.timed_at, self.prompt + self.generate}
        steps = [(self.prompt, 0), *((1, context - 1) for context in sorted(longest))]
        return tuple(step_values(self.batch, new, cached) for new, cached in steps)

    @property
    def timed_at(self) -> int:
        """Tokens attended to where a token is timed."""
        return self.prompt + self.generate if self.context is None else self.context

    @property
    def form(self) -> tuple[Any, ...]:
        """All but the numbers of its symbols: which of them are given, and what else is asked.

        >>> Run(batch=2).form == Run(context=512).form, Run(source=9).form == Run().form
        (True, False)
        """
        given = frozenset([made for made, _ in self.given])
        return (*_ASKED(self), *[number is None for number in _NUMBERS(self)], given)

    def formats(self, model: Model) -> Formats:
        """The formats that a model is run in."""
        return _formats(model, self.weights, self.activations, self.cache, self.pruning)

    @property
    def pruning(self) -> Pruning:
        """What is pruned."""
        return read_pruning(self.prune)


#: The fields of a run that are numbers of symbols, and those that are not.
_NUMBERS = attrgetter(*(name for word, name in FIELDS.items() if word != "context"))
_ASKED = attrgetter(*(f.name for f in fields(Run) if f.name not in {*FIELDS.values(), "given"}))


def stored(model: Model, weights: str, prune: str) -> tuple[Model, Widths]:
    """A model with parts of it removed, and the widths of its weights under a recipe.

    Without a recipe all weights share a symbol, save for what is left out of them.

    Raises:
        ConfigError, UnknownNameError: no such recipe or pruning, or it does not fit the model.
    """
    if not weights:
        return pruned(model, prune)
    run = Run(weights=weights, prune=prune)
    left = without(model, run.pruning.removals)
    return left, run.formats(left).widths


@lru_cache(maxsize=_REMEMBERED)
def _formats(model: Model, weights: str, activations: str, cache: str, pruning: Pruning) -> Formats:
    """Formats on a model, computed once: a recipe looks at every weight."""
    named = Formats.published(model.dtype, model.quantized, weights, activations, cache)
    if not named.weights.is_uniform or named.weights.per > 1:
        named = named.on(facts_of(model))
    if pruning.sparsity is None:
        return named
    return replace(named, assigned=pruning.on(named.assigned, facts_of(model)))


def _chosen(prompt: int | None, generate: int | None, context: int | None) -> tuple[int, int]:
    """Tokens of the prompt and tokens generated, where some are left open; see :class:`Run`.

    Raises:
        ConfigError: the context holds no prompt.
    """
    if prompt is not None or context is None:
        return prompt or _USUAL, generate or _USUAL
    if generate is None:
        generate = max(1, min(_USUAL, context // 2))
    elif context <= generate:
        raise ConfigError(
            f"context = {context} leaves no prompt beside {generate} generated tokens; give a "
            "longer context, fewer tokens to generate, or the prompt itself"
        )
    return max(1, context - generate), generate
