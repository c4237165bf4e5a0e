"""A model of transformers, built with symbolic sizes and run once: what it did."""

from __future__ import annotations

import contextlib
import copy
import importlib
import logging
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
import transformers
from torch._dispatch.python import enable_python_dispatcher
from torch._subclasses.fake_tensor import FakeTensorMode

from edgesym.errors import ConfigError
from edgesym.oracle.build import ask_no_values, construct, settings
from edgesym.oracle.torch_counts import CACHES, TOKEN, cache_keyword, encoded
from edgesym.symbols import symbol
from edgesym.tracing.fields import HINTS, sizes_of
from edgesym.tracing.layers import Entered, Stack, Unlike, passing, stacks
from edgesym.tracing.loops import fold
from edgesym.tracing.operators import sized
from edgesym.tracing.picked import Picks
from edgesym.tracing.record import Recorded, Recorder, Seen, Short
from edgesym.tracing.shims import symbolic_constructors
from edgesym.tracing.sizes import Sizes, line_of_code, remembered
from edgesym.tracing.values import Values

__all__ = [
    "Pass",
    "Run",
    "building",
    "longer",
    "parameters_of",
    "run_config",
    "shared_by",
    "weights_of",
    "without_values",
]

#: Source tokens at which an encoder is run.
SOURCE = 11
#: The keys of configs whose encoder takes a fixed number of tokens of sound, each so many bins.
_FRAMES, _BINS = "max_source_positions", "num_mel_bins"
#: Tokens more at which code that runs over chunks of tokens is run: several chunks of 64.
_LONGER = 256
#: What a class raises that does nothing with a cache that it is given.
_REFUSALS = (RuntimeError, NotImplementedError, ValueError, TypeError, IndexError, ConfigError)


@dataclass(frozen=True, slots=True)
class Pass:
    """One call of a model, recorded.

    Attributes:
        operations: what ran, in order.
        entered: layers in the order they were entered.
        cached: storages of what an earlier call left behind and this one reads.
        kept: storage -> shape of what it leaves behind for the next one.
        given: storages of the tensors that it is given, other than ids.
    """

    operations: tuple[Recorded, ...]
    entered: tuple[str, ...]
    cached: frozenset[int] = frozenset()
    kept: Mapping[int, tuple[Any, ...]] = field(default_factory=dict)
    given: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Run:
    """A recorded run of a model.

    Attributes:
        sizes: its symbolic integers, and what the code asked of them.
        step: what ran in a step of T new tokens on C cached ones.
        weights: storage -> name and shape of the parameter that lies there.
        stacks: its lists of layers, of which one of each kind ran.
        classes: path of a module -> the name of its class.
        over: the tokens that it runs over, as a plan says it.
        first: the call on an empty cache, of C tokens; None without a cache.
        single: a step of one token; None without a cache.
        source: what the encoder of a pair ran, in the first call.
        stored: its parameters, at the hints; None where they are not known.
        shared: storages of parameters that several layers of a list share.
        name: what a module of the user's own is called; empty of a config's class.
        one_by_one: why the code takes no step of several tokens on a cache, if it does not; then
            ``step`` is one of a single token.
        is_fixed: whether the number of source tokens is the model's own.
    """

    sizes: Sizes
    step: Pass
    weights: Mapping[int, tuple[str, tuple[Any, ...]]]
    stacks: tuple[Stack, ...]
    classes: Mapping[str, str]
    over: str
    first: Pass | None = None
    single: Pass | None = None
    source: Pass | None = None
    is_fixed: bool = False
    stored: int | None = None
    shared: frozenset[int] = frozenset()
    one_by_one: str = ""
    name: str = ""

    @property
    def operations(self) -> Iterator[Recorded]:
        """What ran, in any call."""
        for call in (self.source, self.first, self.step, self.single):
            yield from call.operations if call else ()

    @property
    def case(self) -> str:
        """The call that ``step`` is."""
        return "single" if self.one_by_one else "step"


@contextlib.contextmanager
def without_values(sizes: Sizes) -> Iterator[FakeTensorMode]:
    """Tensors without values on symbolic sizes; libraries keep quiet."""
    mode = FakeTensorMode(shape_env=sizes.env)
    mode.cache_enabled = False
    quiet = logging.getLogger("torch._subclasses.fake_tensor")
    before, fused = quiet.level, torch.backends.mha.get_fastpath_enabled()
    quiet.setLevel(logging.CRITICAL)
    torch.backends.mha.set_fastpath_enabled(False)  # one operation in which attention vanishes
    try:
        with (
            warnings.catch_warnings(),
            torch.no_grad(),
            mode,
            enable_python_dispatcher(),
            remembered(),
        ):
            warnings.simplefilter("ignore")
            yield mode
    finally:
        quiet.setLevel(before)
        torch.backends.mha.set_fastpath_enabled(fused)


def run_config(config: Mapping[str, Any], hints: Mapping[str, int] = HINTS) -> Run:
    """Build the class of a config on symbolic sizes, and run one step of it.

    A model with a cache runs T new tokens on the C that a run before left there, and one token
    too; a pair of encoder and decoder encodes S_x tokens in the run before; an encoder runs T
    tokens.

    Raises:
        ValueError: transformers has no class for it.
    """
    try:
        return _of_any_width(config, hints, is_last=False)
    except Short:  # too short: longer below
        pass
    # chunks of which the last is shorter are no loop of like iterations: then one chunk it is
    with contextlib.suppress(AssertionError, ConfigError, RuntimeError):  # told below
        return _of_any_width(config, longer(hints))
    return _of_any_width(config, hints)


def longer(hints: Mapping[str, int]) -> dict[str, int]:
    """Hints of more tokens."""
    more = {word: hints[word] + _LONGER for word in ("cached_tokens", "new_tokens")}
    return {**hints, **more}


def _of_any_width(
    config: Mapping[str, Any], hints: Mapping[str, int], *, is_last: bool = True
) -> Run:
    """The run in two bytes, or in four where the code is not written for two."""
    try:
        return _run(config, hints, is_last=is_last)
    except RuntimeError:  # code that is not written for two bytes
        return _run(config, hints, torch.float32, is_last=is_last)


def _run(
    config: Mapping[str, Any],
    hints: Mapping[str, int],
    dtype: torch.dtype = torch.bfloat16,
    *,
    is_last: bool,
) -> Run:
    """The run; ends early at a loop over tokens that has a single iteration, unless it is last."""
    kinds: Mapping[str, tuple[int, ...]] = {}
    while True:  # each time with more kinds of layers than before
        with building(config, hints, dtype) as (model, sizes, found, work):
            stored = parameters_of(model)
            shared = shared_by(model, found)
            lists = [replace(stack, kinds=kinds.get(stack.path, stack.kinds)) for stack in found]
            calls = _Calls(model, sizes, lists, work, hints)
            for stack in lists:
                passing(model, stack, calls.entered)
            calls.is_last = is_last
            try:
                made = calls.run()
            except Unlike as unlike:  # its layers are traced again, told apart
                kinds = unlike.kinds
                continue
            kinds = _apart(made, lists, shared)
            if all(stack.kinds == kinds[stack.path] for stack in lists):
                every = frozenset().union(*shared.values())
                return replace(made, stored=stored, shared=every)


@contextlib.contextmanager
def building(
    config: Mapping[str, Any], hints: Mapping[str, int], dtype: torch.dtype = torch.bfloat16
) -> Iterator[tuple[Any, Sizes, list[Stack], tuple[Any, Any, Any]]]:
    """A config's class built on symbolic sizes: with its lists of layers, and b, C and T."""
    transformers.logging.set_verbosity_error()
    sizes = Sizes()
    made = settings(config, transformers)
    _import_code(made.text)
    keys = sizes_of(vars(made.text), made.text.model_type)
    if _is_fixed(made.text) and _FRAMES in keys:
        keys[_FRAMES] = symbol("source_tokens")
    with _settable(type(made.text)):
        for key, name in keys.items():
            vars(made.text)[key] = sizes.new(name, vars(made.text)[key])
        batch, cached, new = (
            sizes.new(symbol(word), hints[word])
            for word in ("batch", "cached_tokens", "new_tokens")
        )
        extents = {key: vars(made.text)[key] for key in keys} | {"batch": batch}
        with without_values(sizes), symbolic_constructors(), sized(extents):
            model = construct(made, torch, transformers, device="cpu", dtype=dtype)
            ask_no_values(model, transformers)
            model.tie_weights()
            yield model, sizes, stacks(model, sizes.expression), (batch, cached, new)


def shared_by(model: Any, lists: Sequence[Stack]) -> dict[str, frozenset[int]]:
    """Layer -> the storages of its parameters that other layers have too."""
    held = {
        layer: weights_of(model.get_submodule(layer)).keys()
        for stack in lists
        for layer in stack.layers
    }
    counted = Counter(storage for storages in held.values() for storage in storages)
    return {
        layer: frozenset(storage for storage in storages if counted[storage] > 1)
        for layer, storages in held.items()
    }


def _apart(
    run: Run, lists: Sequence[Stack], shared: Mapping[str, frozenset[int]]
) -> dict[str, tuple[int, ...]]:
    """The kinds of layers, where those that share what none has read are each of its own.

    Of the adapters of a shared block each layer reads another.
    """
    read = {t.storage for op in run.operations for t in op.inputs}
    return {
        stack.path: tuple(
            kind if shared[layer] <= read else place
            for place, (layer, kind) in enumerate(zip(stack.layers, stack.kinds, strict=True))
        )
        for stack in lists
    }


def parameters_of(model: torch.nn.Module) -> int:
    """How many parameters a model has, at the hints."""
    return sum(_at_hint(parameter.numel()) for parameter in model.parameters())


def _at_hint(size: int | torch.SymInt) -> int:
    return int(size.node.hint) if isinstance(size, torch.SymInt) else size


def _is_fixed(config: Any) -> bool:
    """Whether the encoder of a pair takes as many tokens of sound as its config says."""
    is_pair = getattr(config, "is_encoder_decoder", False)
    return bool(is_pair and hasattr(config, _FRAMES) and hasattr(config, _BINS))


def _import_code(config: Any) -> None:
    """Import the module of a config's class, so that its ``int`` can be shadowed."""
    name = type(config).__module__.replace("configuration_", "modeling_")
    with contextlib.suppress(ImportError):  # without it there is nothing to shadow
        importlib.import_module(name)


@contextlib.contextmanager
def _settable(kind: type) -> Iterator[None]:
    """A class of configs that checks the types of its fields takes sizes for whole numbers."""
    checked: Any = kind.__setattr__

    def put(self: Any, name: str, value: Any) -> None:
        several = value if isinstance(value, list) else [value]
        if any(isinstance(each, torch.SymInt) for each in several):
            vars(self)[type(self).attribute_map.get(name, name)] = value
        else:
            checked(self, name, value)

    own = "__setattr__" in vars(kind)
    kind.__setattr__ = put  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        if own:
            kind.__setattr__ = checked  # type: ignore[method-assign]
        else:
            del kind.__setattr__


class _Calls:
    """Calls a model that was built on symbolic sizes, and records each call."""

    def __init__(
        self,
        model: Any,
        sizes: Sizes,
        lists: list[Stack],
        work: tuple[Any, Any, Any],
        hints: Mapping[str, int],
    ) -> None:
        self.model, self.sizes, self.lists = model, sizes, lists
        self.batch, self.cached, self.new = work
        self.is_pair = bool(getattr(model.config, "is_encoder_decoder", False))
        self.source = (
            sizes.new(symbol("source_tokens"), hints.get("source_tokens", SOURCE))
            if self.is_pair
            else None
        )
        self.encoder = model.get_encoder() if self.is_pair else None
        self.is_last = True
        #: whether the class made no cache, and took one that it was given
        self.is_handed = False
        #: whether the class takes the tokens that are cached with the new ones
        self.is_whole = False
        self.entered = Entered()
        self.values = Values(sizes.tell)

    def run(self) -> Run:
        """The run on an empty cache, the step, and the step of one token."""
        model = self.model
        weights = weights_of(model)
        name = cache_keyword(model)
        first: Recorder | None = None
        result: Any = None
        more: dict[str, Any] = {"use_cache": True}
        if name and (self.is_pair or model.can_generate()):
            first, result, more = self._on_an_empty_cache(name)
        state = _cache_of(result or {})
        if first is None or state is None:
            return self._at_once(weights)
        found: dict[str, Any] = {}
        if self.is_pair:
            more["encoder_outputs"] = encoded(result, transformers)
            found["source"] = _within(first)
        found["first"] = replace(_without(first), kept=_kept(state, first))
        made = {t.storage for op in first.operations for t in op.outputs} - weights.keys()
        passes: dict[str, Pass] = {}
        refused: Exception | None = None
        copied = _copied(state, {})
        originals = dict(zip(_storages(copied), _storages(state), strict=True))
        for case, tokens, held in (("step", self.new, state), ("single", 1, copied)):
            there = made | {t.untyped_storage()._cdata for t in _tensors(held, set())}
            try:
                taken = self.cached + tokens if self.is_whole else tokens
                call, result = self._call(self._inputs(taken) | more | {name: held}, case)
            except (AssertionError, RuntimeError) as error:  # one token may run
                if refused is not None or case == "single":
                    if self.is_handed:  # a cache that it takes, and whose tokens it wants again
                        return self._at_once(weights)
                    if not self.is_whole:  # perhaps it wants them again, and leaves them out itself
                        self.is_whole = True
                        return self._of_whole(refused or error)
                    raise refused or error from error
                refused = error  # of several tokens; of one it may run
                continue
            read = {t.storage for op in call.operations for t in op.inputs}
            cached = frozenset(there & read)
            after = _cache_of(result)
            kept = _kept(held if after is None else after, call)
            passes[case] = Pass(tuple(call.operations), tuple(call.entered), cached, kept)
        if refused is not None:
            single = _renamed(passes["single"], originals)
            return self._made(single, weights, one_by_one=str(refused), **found)
        return self._made(passes["step"], weights, single=passes["single"], **found)

    def _of_whole(self, refused: Exception) -> Run:
        """The run of a class whose every step takes the tokens that are cached too.

        Raises:
            Exception: it runs no steps that way either, or caches those tokens once more.
        """
        self.sizes.env.forget_calls()
        try:
            made = self.run()
        except Unlike:
            raise
        except Exception:  # noqa: BLE001 - what it raised of new tokens alone says why
            raise refused from None
        put = {symbol("cached_tokens"): symbol("cached_tokens") + symbol("new_tokens")}
        before, after = (
            [tuple(map(self.sizes.expression, shape)) for shape in call.kept.values()]
            for call in (made.first or made.step, made.step)
        )
        if Counter(tuple(x.xreplace(put) for x in shape) for shape in before) != Counter(after):
            raise refused
        return made

    def _on_an_empty_cache(self, name: str) -> tuple[Recorder, Any, dict[str, Any]]:
        """The call on an empty cache, what it gives, and what a call is told of caches.

        A class whose encoder takes no word of a cache is told none; one that makes no cache
        unless it is given one is given one.
        """
        inputs, more = self._inputs(self.cached, whole=True), {"use_cache": True}
        try:
            first, result = self._call(inputs | more, "first")
        except ConfigError:
            raise
        except ValueError:  # it takes no word of a cache
            more = {}
            first, result = self._call(inputs, "first")
        if _cache_of(result) is None and self.model.can_generate():
            with contextlib.suppress(*_REFUSALS):  # it takes none
                given = transformers.DynamicCache(config=self.model.config)
                first, result = self._call(inputs | more | {name: given}, "first")
                result = {**result, name: given}
                self.is_handed = True
        return first, result, more

    def _at_once(self, weights: dict[int, tuple[str, tuple[Any, ...]]]) -> Run:
        """The run of a class that keeps nothing: all tokens at once."""
        call, _ = self._call(self._inputs(self.new, whole=True))
        return self._made(Pass(tuple(call.operations), tuple(call.entered)), weights)

    def _made(
        self, step: Pass, weights: dict[int, tuple[str, tuple[Any, ...]]], **more: Any
    ) -> Run:
        return Run(
            sizes=self.sizes,
            step=step,
            is_fixed=_is_fixed(self.model.config),
            weights=weights,
            stacks=tuple(self.lists),
            classes={path: type(part).__name__ for path, part in self.model.named_modules()},
            over="new" if more else "context",
            **more,
        )

    def _inputs(self, tokens: Any, *, whole: bool = False) -> dict[str, Any]:
        """What a call takes; a ``whole`` one takes the source of a pair too."""

        def ids(count: Any) -> torch.Tensor:
            made = torch.empty((self.batch, count), dtype=torch.long)
            return self.values.filled(made, TOKEN)

        if not self.is_pair:
            return {"input_ids": ids(tokens)}
        if not whole:
            return {"decoder_input_ids": ids(tokens)}
        if self.model.main_input_name == "input_features":
            config = self.model.config
            frames = (self.batch, getattr(config, _BINS), 2 * getattr(config, _FRAMES))
            sound = torch.zeros(frames, dtype=torch.bfloat16)
            return {"input_features": sound, "decoder_input_ids": ids(tokens)}
        return {"input_ids": ids(self.source), "decoder_input_ids": ids(tokens)}

    def _call(self, inputs: dict[str, Any], case: str = "") -> tuple[Recorder, Any]:
        layers = [path for stack in self.lists for path in stack.layers]
        work, picks = (self.cached, self.new), Picks(self.sizes, self.values)
        recorder = Recorder(self.model, layers, line_of_code, self.encoder, work, picks)
        recorder.is_last, recorder.values = self.is_last, self.values
        self.sizes.case = case
        try:
            with recorder:
                result = self.model(**inputs)
        finally:
            self.entered.check(self.lists)
        recorder.operations = fold(recorder, self.sizes.expression)
        return recorder, result


def _kept(state: Any, call: Recorder) -> dict[int, tuple[Any, ...]]:
    """Storage -> shape of what a cache holds after a call."""
    held = ((t.untyped_storage()._cdata, t) for t in _tensors(state, set()))
    return {
        call.moved.get(storage, storage): tuple(t.shape)
        for storage, t in held
        if t.is_floating_point()
    }


def _cache_of(result: Mapping[str, Any]) -> Any:
    """The cache among what a call gives; None without one."""
    return next((result[key] for key in CACHES if result.get(key) is not None), None)


def _storages(state: Any) -> list[int]:
    return [t.untyped_storage()._cdata for t in _tensors(state, set())]


def _renamed(call: Pass, names: Mapping[int, int]) -> Pass:
    """A call with other storages in the place of some."""

    def seen(given: Seen) -> Seen:
        return replace(given, storage=names.get(given.storage, given.storage))

    operations = tuple(
        replace(op, inputs=tuple(map(seen, op.inputs)), outputs=tuple(map(seen, op.outputs)))
        for op in call.operations
    )
    cached = frozenset(names.get(storage, storage) for storage in call.cached)
    kept = {names.get(storage, storage): shape for storage, shape in call.kept.items()}
    return replace(call, operations=operations, cached=cached, kept=kept)


def _copied(holder: Any, seen: dict[int, Any]) -> Any:
    """A cache with tensors of its own."""
    if id(holder) in seen:
        return seen[id(holder)]
    made: Any = holder
    if isinstance(holder, torch.Tensor):
        made = seen[id(holder)] = holder.clone()
    elif isinstance(holder, list | tuple):
        made = type(holder)([_copied(item, seen) for item in holder])
    elif isinstance(holder, dict):
        made = copy.copy(holder)
        made.update({key: _copied(item, seen) for key, item in holder.items()})
    elif hasattr(holder, "__dict__") and _is_cache(holder):
        made = seen[id(holder)] = copy.copy(holder)
        vars(made).update({key: _copied(item, seen) for key, item in vars(holder).items()})
    return made


def _is_cache(holder: Any) -> bool:
    return "ransformers" in type(holder).__module__ and not isinstance(
        holder, torch.nn.Module | transformers.PreTrainedConfig | type
    )


def _within(call: Recorder) -> Pass:
    """What ran in the encoder."""
    (start, stop), (before, after) = call.span, call.turns
    operations = (replace(op, turn=op.turn - before) for op in call.operations[start:stop])
    return Pass(tuple(operations), tuple(call.entered[before:after]))


def _without(call: Recorder) -> Pass:
    """What ran outside of the encoder."""
    (start, stop), (before, after) = call.span, call.turns
    operations = (
        *call.operations[:start],
        *(replace(op, turn=op.turn - after + before) for op in call.operations[stop:]),
    )
    return Pass(operations, (*call.entered[:before], *call.entered[after:]))


def weights_of(model: torch.nn.Module) -> dict[int, tuple[str, tuple[Any, ...]]]:
    """Storage -> name and shape of the parameter that lies there."""
    return {p.untyped_storage()._cdata: (n, tuple(p.shape)) for n, p in model.named_parameters()}


def _tensors(holder: Any, seen: set[int]) -> Iterator[torch.Tensor]:
    """The tensors that an object holds, however deep."""
    if id(holder) in seen:
        return
    seen.add(id(holder))
    if isinstance(holder, torch.Tensor):
        yield holder
    elif isinstance(holder, list | tuple):
        for item in holder:
            yield from _tensors(item, seen)
    elif isinstance(holder, dict):
        for item in holder.values():
            yield from _tensors(item, seen)
    elif hasattr(holder, "__dict__") and "ransformers" in type(holder).__module__:
        yield from _tensors(vars(holder), seen)
