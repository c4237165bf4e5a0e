"""A module or a function of the user's own: made with symbolic sizes, and run once."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from edgesym.errors import ConfigError
from edgesym.symbols import symbol
from edgesym.tracing.fields import HINTS, size_symbols
from edgesym.tracing.job import Input, Job
from edgesym.tracing.layers import Entered, Stack, Unlike, passing, stacks
from edgesym.tracing.loops import fold
from edgesym.tracing.operators import sized
from edgesym.tracing.picked import Picks
from edgesym.tracing.record import Recorder
from edgesym.tracing.run import (
    Pass,
    Run,
    parameters_of,
    shared_by,
    weights_of,
    without_values,
)
from edgesym.tracing.shims import copied_as_themselves, symbolic_constructors
from edgesym.tracing.signature import missing
from edgesym.tracing.sizes import Sizes, line_of_code
from edgesym.tracing.values import Values

__all__ = ["Maker", "counted", "maker", "run_module"]

#: Who may take whatever is given.
_ANY = inspect.Parameter.VAR_KEYWORD

Maker = Callable[[Mapping[str, Any]], torch.nn.Module]


def maker(made: Any, job: Job) -> Maker:
    """What makes the module of its sizes.

    ``made`` is a class of modules, a function that makes one, or a function of the tensors that
    the job gives. It is given those of the sizes that it takes; the others are extents of inputs.

    Raises:
        ConfigError: it is none of these, a size that nobody takes, or an argument that is missing.
    """
    if not callable(made):
        raise ConfigError(f"{job.target} is a {type(made).__name__} and no class or function")
    if isinstance(made, type) and not issubclass(made, torch.nn.Module):
        raise ConfigError(
            f"{job.target} is a class and no torch.nn.Module; name a module's class, a function "
            "that makes one, or a function of tensors"
        )
    taken = {} if _is_bare(made) else dict(inspect.signature(made).parameters)
    is_open = any(parameter.kind is _ANY for parameter in taken.values())
    names = {each.name for each in job.inputs}
    is_of_tensors = not isinstance(made, type) and names <= taken.keys()
    extents = {word for each in job.inputs for word in each.shape}
    for name in job.sizes:
        if not (is_open or name in taken or name in extents):
            raise ConfigError(
                f"--size {name}: neither {job.target} nor an input takes it; it takes "
                f"{', '.join(taken) or 'nothing'}"
            )
    sizes = [name for name in job.sizes if is_open or name in taken]
    given = {*job.arguments, *sizes, *(names if is_of_tensors else ())}
    absent = [] if _is_bare(made) else missing(made, given)
    if absent:
        raise ConfigError(
            f"{job.target}: it needs {', '.join(absent)} too; give its sizes as --size "
            f"{absent[0]}=NUMBER and the rest as --arg {absent[0]}=VALUE"
        )
    try:
        signature = inspect.Signature() if _is_bare(made) else inspect.signature(made)
        signature.bind(**dict.fromkeys(given))
    except TypeError as error:
        raise ConfigError(
            f"{job.target}: {error}; give its sizes with --size and the rest with --arg"
        ) from error

    def make(numbers: Mapping[str, Any]) -> torch.nn.Module:
        own = {**job.arguments, **{name: numbers[name] for name in sizes}}
        if is_of_tensors:
            return _Function(made, own)
        module = made(**own)
        if not isinstance(module, torch.nn.Module):
            raise ConfigError(
                f"{job.target} makes a {type(module).__name__} and no torch.nn.Module; the inputs "
                f"of a function of tensors are called as its arguments are: {', '.join(taken)}"
            )
        _takes(module, names, job.target)
        return module

    return make


def _takes(module: torch.nn.Module, inputs: Collection[str], target: str) -> None:
    """Refuse inputs that a module's forward does not take, and those that it needs besides."""
    if getattr(module.forward, "__func__", None) is torch.nn.Module.forward:
        raise ConfigError(f"{target} has no forward")
    absent = missing(module.forward, inputs)
    try:
        inspect.signature(module.forward).bind(**dict.fromkeys((*inputs, *absent)))
    except TypeError as error:
        takes = ", ".join(inspect.signature(module.forward).parameters)
        raise ConfigError(f"{target}: --input: {error}; its forward takes {takes}") from error
    if absent:
        raise ConfigError(
            f"{target}: its forward needs {', '.join(absent)} too; say what it is, such as "
            f"--input '{absent[0]}: (batch, context)'"
        )


def _is_bare(made: Any) -> bool:
    """Whether a class has no constructor of its own: that of all modules takes anything."""
    return isinstance(made, type) and made.__init__ is torch.nn.Module.__init__  # type: ignore[misc]


class _Function(torch.nn.Module):  # type: ignore[misc]
    """A function of tensors as a module without parameters."""

    def __init__(self, function: Callable[..., Any], given: Mapping[str, Any]) -> None:
        super().__init__()
        self.__dict__["_called"] = (function, dict(given))
        self.name = function.__name__

    def forward(self, **tensors: Any) -> Any:
        function, given = self.__dict__["_called"]
        return function(**given, **tensors)


def run_module(
    make: Maker,
    numbers: Mapping[str, int],
    inputs: Sequence[Input],
    modules: Collection[str] = (),
    *,
    is_whole: bool = False,
) -> Run:
    """Build a module on symbolic sizes, and run it once on inputs of the shapes that are given.

    Args:
        make: makes the module of its sizes, by the name of each.
        numbers: the number of each size, by name.
        inputs: the tensors that it takes.
        modules: names of the modules that its code lies in.
        is_whole: whether each of its layers runs, and not one of each kind.
    """
    kinds: Mapping[str, tuple[int, ...]] = {}
    while True:  # each time with more kinds of layers than before
        entered = Entered()
        sizes = Sizes()
        extents = _extents(sizes, numbers)
        with without_values(sizes), symbolic_constructors(modules), sized(extents):
            model = make(extents).eval()
            stored = parameters_of(model)
            found = [] if is_whole else stacks(model, sizes.expression)
            lists = [replace(stack, kinds=kinds.get(stack.path, stack.kinds)) for stack in found]
            shared = frozenset[int]().union(*shared_by(model, lists).values())
            for stack in lists:
                passing(model, stack, entered)
            step, weights = _ran(model, sizes, lists, _given(inputs, extents))
            try:
                entered.check(lists)
            except Unlike as unlike:  # its layers are traced again, told apart
                kinds = unlike.kinds
                continue
        has_tokens = any(word in ("tokens", "context") for each in inputs for word in each.shape)
        return Run(
            sizes=sizes,
            step=step,
            weights=weights,
            stacks=tuple(lists),
            classes={path: type(part).__name__ for path, part in model.named_modules()},
            over="context" if has_tokens else "new",
            stored=stored,
            shared=shared,
            name=_name_of(model),
        )


def _name_of(model: torch.nn.Module) -> str:
    """What a module is called: as its class, or as the function that it is."""
    own = getattr(model, "_orig_mod", model)  # of one that torch.compile wraps
    return str(own.name) if isinstance(own, _Function) else type(own).__name__


def _extents(sizes: Sizes, numbers: Mapping[str, int]) -> dict[str, Any]:
    """The extents that inputs and the constructor know by name, symbolic."""
    tokens = sizes.new(symbol("new_tokens"), HINTS["cached_tokens"])
    extents: dict[str, Any] = {"batch": sizes.new(symbol("batch"), HINTS["batch"])}
    extents |= dict.fromkeys(("tokens", "context"), tokens)
    return extents | {
        name: sizes.new(made, numbers[name]) for name, made in size_symbols(numbers).items()
    }


def _ran(
    model: torch.nn.Module, sizes: Sizes, lists: Sequence[Stack], given: Mapping[str, torch.Tensor]
) -> tuple[Pass, Mapping[int, tuple[str, tuple[Any, ...]]]]:
    """What ran, and the weights that it read."""
    values = Values(sizes.tell)
    tokens = sizes.new(symbol("new_tokens"), HINTS["cached_tokens"])
    layers = [path for stack in lists for path in stack.layers]
    picks = Picks(sizes, values)
    recorder = Recorder(model, layers, line_of_code, tokens=(tokens,), picks=picks)
    recorder.values = values
    for tensor in given.values():
        if not tensor.is_floating_point():
            values.filled(tensor, 0)
    with recorder:
        model(**given)
    held = frozenset(recorder.seen(t).storage for t in given.values() if t.is_floating_point())
    operations = tuple(fold(recorder, sizes.expression))
    return Pass(operations, tuple(recorder.entered), given=held), weights_of(model)


def counted(
    make: Maker, numbers: Mapping[str, int], inputs: Sequence[Input], batch: int, tokens: int
) -> int:
    """The FLOPs of a run with plain numbers, by PyTorch's own formulas.

    Args:
        batch: how many sequences, and ``tokens`` how many tokens of each.
    """
    extents = {**numbers, "batch": batch, "tokens": tokens, "context": tokens}
    with (
        without_values(Sizes()),
        copied_as_themselves(),
        sdpa_kernel(SDPBackend.MATH),
        sized(extents),
        torch.backends.mkldnn.flags(enabled=False),  # it runs a recurrent layer as one operation
    ):
        model = make(numbers).eval()
        counter = FlopCounterMode(display=False)
        with counter:
            model(**_given(inputs, extents))
    return int(counter.get_total_flops())


def _given(inputs: Sequence[Input], extents: Mapping[str, Any]) -> dict[str, torch.Tensor]:
    """The tensors that a module takes."""
    return {each.name: _input(each, extents) for each in inputs}


def _input(given: Input, extents: Mapping[str, Any]) -> torch.Tensor:
    whole = [extents[word] if isinstance(word, str) else word for word in given.shape]
    return torch.zeros(whole, dtype=torch.long if given.is_token else torch.float32)
