"""A model of transformers, built with symbolic sizes and run once: what it did."""

from __future__ import annotations

import contextlib
import importlib
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
import transformers
from torch._dispatch.python import enable_python_dispatcher
from torch._subclasses.fake_tensor import FakeTensorMode

from edgesym.oracle.build import construct, settings
from edgesym.symbols import symbol
from edgesym.tracing.fields import HINTS, size_symbol, sizes_of
from edgesym.tracing.layers import Stack, passing, stacks
from edgesym.tracing.record import Recorded, Recorder
from edgesym.tracing.shims import symbolic_constructors
from edgesym.tracing.sizes import Sizes, line_of_code

__all__ = ["Asked", "Run", "run_config", "run_module"]


@dataclass(frozen=True, slots=True)
class Run:
    """A recorded run of a model.

    Attributes:
        sizes: its symbolic integers, and what the code asked of them.
        operations: what ran in the step, in order.
        weights: storage -> name and shape of the parameter that lies there.
        cached: storages of what an earlier step left behind and the step reads.
        kept: storage -> shape of what the step leaves behind.
        entered: layers in the order they were entered.
        stacks: its lists of layers, of which one of each kind ran.
        classes: path of a module -> the name of its class.
        over: the tokens that it runs over, as a plan says it.
    """

    sizes: Sizes
    operations: tuple[Recorded, ...]
    weights: Mapping[int, tuple[str, tuple[Any, ...]]]
    cached: frozenset[int]
    kept: Mapping[int, tuple[Any, ...]]
    entered: tuple[str, ...]
    stacks: tuple[Stack, ...]
    classes: Mapping[str, str]
    over: str


@dataclass(frozen=True, slots=True)
class Asked:
    """How a plain module is to be run.

    Attributes:
        sizes: the number of each size that its constructor takes, by name.
        inputs: name, extents and whether it is of token ids, of each tensor that it takes.
        modules: names of the modules that its code lies in.
    """

    sizes: Mapping[str, int]
    inputs: tuple[tuple[str, tuple[str | int, ...], bool], ...]
    modules: tuple[str, ...] = ()


@contextlib.contextmanager
def _traced(sizes: Sizes) -> Iterator[FakeTensorMode]:
    """Tensors without values on symbolic sizes; libraries keep quiet."""
    mode = FakeTensorMode(shape_env=sizes.env)
    mode.cache_enabled = False
    quiet = logging.getLogger("torch._subclasses.fake_tensor")
    before = quiet.level
    quiet.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), torch.no_grad(), mode, enable_python_dispatcher():
            warnings.simplefilter("ignore")
            yield mode
    finally:
        quiet.setLevel(before)


def run_config(config: Mapping[str, Any], hints: Mapping[str, int] = HINTS) -> Run:
    """Build the class of a config on symbolic sizes, and run one step of it.

    A model with a cache runs T new tokens on the C that a run before left there; an encoder
    runs T tokens.

    Raises:
        ValueError: transformers has no class for it.
    """
    transformers.logging.set_verbosity_error()
    sizes = Sizes()
    made = settings(config, transformers)
    _import_code(made.text)
    keys = sizes_of(vars(made.text), made.text.model_type)
    for key, name in keys.items():
        vars(made.text)[key] = sizes.new(name, vars(made.text)[key])
    batch, cached, new = (
        sizes.new(symbol(word), hints[word]) for word in ("batch", "cached_tokens", "new_tokens")
    )
    with _traced(sizes), symbolic_constructors():
        model = construct(made, torch, transformers, device="cpu", dtype=torch.float32)
        model.tie_weights()
        lists = stacks(model, sizes.expression)
        for stack in lists:
            passing(model, stack)
        return _step(model, sizes, lists, (batch, cached, new))


def _import_code(config: Any) -> None:
    """Import the module of a config's class, so that its ``int`` can be shadowed."""
    name = type(config).__module__.replace("configuration_", "modeling_")
    with contextlib.suppress(ImportError):
        importlib.import_module(name)


def _step(model: Any, sizes: Sizes, lists: list[Stack], work: tuple[Any, Any, Any]) -> Run:
    batch, cached, new = work

    def ids(tokens: Any) -> torch.Tensor:
        return torch.zeros((batch, tokens), dtype=torch.long)

    layers = [path for stack in lists for path in stack.layers]
    first = Recorder(model, layers, line_of_code)
    state: Any = None
    with first:
        if model.can_generate():
            result = model(input_ids=ids(cached), use_cache=True)
            name = "past_key_values" if "past_key_values" in result else "cache_params"
            state = result.get(name)
    first.close()
    recorder = Recorder(model, layers, line_of_code)
    with recorder:
        if state is None:
            model(input_ids=ids(new))
        else:
            model(input_ids=ids(new), use_cache=True, **{name: state})
    recorder.close()
    weights = {p.untyped_storage()._cdata: (n, tuple(p.shape)) for n, p in model.named_parameters()}
    made = {t.storage for op in first.operations for t in op.outputs} - weights.keys()
    read = {t.storage for op in recorder.operations for t in op.inputs}
    kept = {
        t.untyped_storage()._cdata: tuple(t.shape)
        for t in _tensors(state, set())
        if t.is_floating_point()
    }
    return Run(
        sizes=sizes,
        operations=tuple(recorder.operations),
        weights=weights,
        cached=frozenset(made & read),
        kept=kept,
        entered=tuple(recorder.entered),
        stacks=tuple(lists),
        classes={path: type(part).__name__ for path, part in model.named_modules()},
        over="new" if state is not None else "context",
    )


def run_module(make: Callable[[Mapping[str, Any]], torch.nn.Module], asked: Asked) -> Run:
    """Build a module on symbolic sizes, and run it once on inputs of the shapes that are given.

    Args:
        make: makes the module of its sizes, by the name of each.
    """
    sizes = Sizes()
    extents: dict[str, Any] = {"batch": sizes.new(symbol("batch"), HINTS["batch"])}
    tokens = sizes.new(symbol("new_tokens"), HINTS["cached_tokens"])
    extents |= dict.fromkeys(("tokens", "context"), tokens)
    made = {name: sizes.new(size_symbol(name), number) for name, number in asked.sizes.items()}
    extents |= made
    with _traced(sizes), symbolic_constructors(asked.modules):
        model = make(made).eval()
        lists = stacks(model, sizes.expression)
        for stack in lists:
            passing(model, stack)
        recorder = Recorder(model, [p for stack in lists for p in stack.layers], line_of_code)
        given = {name: _input(shape, extents, is_token) for name, shape, is_token in asked.inputs}
        with recorder:
            model(**given)
        recorder.close()
        return Run(
            sizes=sizes,
            operations=tuple(recorder.operations),
            weights=_weights(model),
            cached=frozenset(recorder.seen(t).storage for t in given.values()),
            kept={},
            entered=tuple(recorder.entered),
            stacks=tuple(lists),
            classes={path: type(part).__name__ for path, part in model.named_modules()},
            over="context",
        )


def _input(
    shape: tuple[str | int, ...], extents: Mapping[str, Any], is_token: bool
) -> torch.Tensor:
    whole = [extents[word] if isinstance(word, str) else word for word in shape]
    return torch.zeros(whole, dtype=torch.long if is_token else torch.float32)


def _weights(model: torch.nn.Module) -> dict[int, tuple[str, tuple[Any, ...]]]:
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
