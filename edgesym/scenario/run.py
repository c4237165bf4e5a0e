"""A run: what is run, whatever the model and the device."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from operator import attrgetter
from typing import Any

import sympy

from edgesym.architectures.model import Model
from edgesym.architectures.weights import facts_of
from edgesym.domain import checked_but, held
from edgesym.errors import ConfigError
from edgesym.formats import Formats
from edgesym.graph.convention import Convention, convention
from edgesym.graph.width import Widths
from edgesym.numbers import Number, checked_number
from edgesym.override import Change
from edgesym.plain import shown
from edgesym.pruning import Pruning, pruned, read_pruning, without
from edgesym.runtimes import Runtime
from edgesym.scenario.placed import NOTHING, Placed, placed
from edgesym.scenario.places import read_places
from edgesym.symbols import describe, symbol
from edgesym.workload import LARGEST, step_values

__all__ = ["FIELDS", "Run", "placed_in", "stored"]

#: Formats on models remembered: those of a comparison, several times over.
_REMEMBERED = 256
#: Tokens of a prompt, and tokens generated, where nobody says how many.
_USUAL = 128

#: Tokens that blocks of an encoder run over.
_ENCODED = ("source", "context")
#: What is said of a draft besides.
_DRAFTING = ("draft_tokens", "acceptance")
#: Drafts that are no other model, in words.
_DRAFTS = {"mtp": "a block of its own", "lookup": "looking up"}
#: Word of a symbol of the workload -> the field of a run that gives it, and its option's name.
FIELDS = {
    "batch": "batch",
    "context": "context",
    "prompt_tokens": "prompt",
    "cached_tokens": "cached",
    "generated_tokens": "generate",
    "source_tokens": "source",
    "images": "images",
    "image_height": "image_height",
    "image_width": "image_width",
    "crops": "crops",
    "clips": "clips",
    "audio_seconds": "audio_seconds",
    "draft_tokens": "draft_tokens",
    "acceptance": "acceptance",
}


#: What is given for symbols; each number is held against its own.
_GIVEN = tuple[tuple[sympy.Symbol, Any], ...]


@checked_but("given", *FIELDS.values())
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
        cached: tokens of each prompt that are cached already, as after a prefix that is shared with
            an earlier one; none is no symbol of closed forms, and 0 is one.
        source: source tokens of an encoder-decoder; by default what the model fixes, or as
            many as the prompt.
        images: images in each prompt, whose tokens are added to it; none is no symbol of closed
            forms, and 0 is one. Likewise ``clips``, pieces of audio.
        image_height: pixels of each, as the tower is given it, where it takes any size; likewise
            ``image_width``.
        crops: how many each is cut into, where that does not follow from its size.
        audio_seconds: length of each piece of audio.
        weights: number format of the weights; by default the model's own. Likewise
            ``activations`` and ``cache``.
        prune: what is pruned, such as ``2:4``, ``0.3:bitmask`` or ``layers=4``, joined by commas.
        places: what lies or runs elsewhere than on the device, such as ``gpu=40``,
            ``experts=all`` or ``storage=8``, joined by commas, or a file.
        host: the processor beside the device; by default the one that the device names.
        compute: arithmetic dtype wanted; by default what suits the weights.
        kernels: the runtime, by name or file: which operations run together; by default the usual
            one of the device, and ``fused`` without one.
        composition: how compute and memory time are joined; by default as the runtime does.
        counting: what counts as a FLOP.
        given: numbers of symbols, or changes of them, in place of the model's, the formats'
            or the device's own.
        draft: what drafts tokens that a step checks: a model, with a format of its weights behind
            a colon where it is not ``weights``; ``mtp``, the model's own block for that; or
            ``lookup``, which costs nothing.
        draft_tokens: how many it drafts before each step.
        acceptance: the share of them that the model accepts, each whatever the others are.
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
    cached: int | None = None
    source: int | None = None
    images: int | None = None
    image_height: int | None = None
    image_width: int | None = None
    crops: int | None = None
    clips: int | None = None
    audio_seconds: float | None = None
    weights: str = ""
    activations: str = ""
    cache: str = ""
    prune: str = ""
    places: str = ""
    host: str = ""
    compute: str = ""
    kernels: str = ""
    composition: str = ""
    counting: Convention = field(default_factory=convention)
    given: tuple[tuple[sympy.Symbol, Number | Change], ...] = ()
    fits: str = ""
    draft: str = ""
    draft_tokens: int | None = None
    acceptance: float | None = None

    def __post_init__(self) -> None:
        """Choose what is left open, and refuse counts and numbers that make no sense.

        What is left are Python's own numbers.

        Raises:
            ConfigError: naming the field or symbol, its value, and what is needed.
        """
        for word, name in FIELDS.items():
            if (count := getattr(self, name)) is None and name != "batch":
                continue  # it is left open
            count = checked_number(symbol(word), count, name)
            if count > LARGEST:
                least = 0 if describe(symbol(word)).may_be_zero else 1
                raise ConfigError(f"{name} = {shown(count)} must lie between {least} and {LARGEST}")
            object.__setattr__(self, name, count)
        for name in () if self.draft else _DRAFTING:
            if getattr(self, name) is not None:
                raise ConfigError(
                    f"{name} = {getattr(self, name)} says nothing without a draft; name one with "
                    "draft: a model, mtp, or lookup"
                )
        self._check_media()
        object.__setattr__(self, "prune", str(read_pruning(self.prune)))
        read_places(self.places)
        prompt, generate = _chosen(self.prompt, self.generate, self.context)
        object.__setattr__(self, "prompt", prompt)
        object.__setattr__(self, "generate", generate)
        if self.cached is not None and self.cached >= prompt:
            raise ConfigError(
                f"cached = {self.cached} leaves nothing of a prompt of {prompt} tokens to run, and "
                f"the first token comes out of running its last; give {prompt - 1} at most, as "
                "engines that find a whole prompt cached run its last token again"
            )
        given = tuple(
            (made, number if isinstance(number, Change) else checked_number(made, number))
            for made, number in held("Run", "given", self.given, _GIVEN)
        )
        object.__setattr__(self, "given", given)

    def _check_media(self) -> None:
        """Refuse what says nothing of an image or of audio that is there."""
        sizes = (self.image_height, self.image_width)
        if self.images is None and (any(sizes) or self.crops):
            raise ConfigError(
                "the size or the crops of an image say nothing without one; give how many "
                "with images"
            )
        if any(sizes) and not all(sizes):
            raise ConfigError("an image has a height and a width; give both")
        if self.audio_seconds is not None and self.clips is None:
            object.__setattr__(self, "clips", 1)
        if self.clips and self.audio_seconds is None:
            raise ConfigError(f"clips = {self.clips}: give their length with audio_seconds")
        if self.media and self.context is not None and self.prompt is None:
            raise ConfigError(
                f"context = {self.context} leaves open how much of it is text, beside images or "
                "audio; give the tokens of text with prompt"
            )

    @property
    def media(self) -> tuple[str, ...]:
        """What prompts hold beside text: ``image``, ``audio``."""
        asked = {"image": self.images, "audio": self.clips}
        return tuple(medium for medium, number in asked.items() if number is not None)

    @property
    def ends(self) -> tuple[dict[sympy.Symbol, int], ...]:
        """The numbers of its first and of its longest steps: the prompt, and tokens decoded."""
        longest = {self.timed_at, self.prompt + self.generate}
        found = self.cached or 0
        steps = [(self.prompt - found, found), *((1, context - 1) for context in sorted(longest))]
        return tuple(step_values(self.batch, new, cached) for new, cached in steps)

    @property
    def timed_at(self) -> int:
        """Tokens attended to where a token is timed."""
        return self.prompt + self.generate if self.context is None else self.context

    @property
    def prompted(self) -> str:
        """Tokens of the prompt, and how many of them are cached, in words."""
        return f"{self.prompt} ({self.cached} of it cached)" if self.cached else f"{self.prompt}"

    def drafts(self, along: Container[str] = ()) -> str:
        """What drafts tokens, in words; empty where nothing does.

        Args:
            along: words of symbols that take many numbers, which are left out.
        """
        if not self.draft:
            return ""
        drafted, share = self.draft_tokens, self.acceptance
        counted = drafted is not None and "draft_tokens" not in along
        said = f"{drafted} token{'' if drafted == 1 else 's'}" if counted else "tokens"
        said += f" drafted by {_DRAFTS.get(self.draft, self.draft)}"
        shared = share is not None and "acceptance" not in along
        return f"{said}, {share:.4g} of them accepted" if shared else said

    def options_of(self, words: Iterable[str]) -> str:
        """The options that give symbols their numbers."""
        asked = list(words)
        options = [
            "--image-size WxH"
            if word in ("image_height", "image_width")
            else "--image-crops N"
            if word == "crops"
            else f"--{FIELDS[word].replace('_', '-')} ..."
            if word in FIELDS
            else f"--set {word}=..."
            for word in asked
        ]
        options = list(dict.fromkeys(options))
        drafts = not self.draft and any(word in _DRAFTING for word in asked)
        return " ".join(["--draft MODEL, mtp or lookup,"] * drafts + options)

    def refuse_model(self, model: Model) -> None:
        """Refuse a prefix that is cached where an encoder runs, which keeps none.

        Raises:
            ConfigError: naming the model.
        """
        if self.cached is not None and any(plan.over in _ENCODED for plan in model.plans):
            raise ConfigError(
                f"cached = {self.cached}: {model.name} has an encoder, which runs over its whole "
                "source and caches nothing of a prompt; leave --cached out"
            )

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


def placed_in(runtime: Runtime, model: Model, weights: str, places: str) -> Placed:
    """Where the layers of a model lie on a device that nothing is known of.

    Its memory is its own, and a prompt long enough that weights are copied for it.

    Raises:
        ConfigError, UnknownNameError: as of :func:`edgesym.scenario.placed.placed`.
    """
    if not weights and not places:
        return NOTHING
    formats = Run(weights=weights or model.dtype).formats(model)
    return placed(runtime, model, formats, read_places(places), tokens=(("prefill", LARGEST),))


@lru_cache(maxsize=_REMEMBERED)
def _formats(model: Model, weights: str, activations: str, cache: str, pruning: Pruning) -> Formats:
    """Formats on a model, computed once: a recipe looks at every weight."""
    named = Formats.published(model.dtype, model.quantized, weights, activations, cache)
    if not named.weights.is_uniform or named.weights.per > 1 or model.towers:
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
