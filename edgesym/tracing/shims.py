"""What a module's constructor and forward need so that its sizes stay symbolic.

Initialisers take the square root of a fan; ``int(x)``, ``math.sqrt(x)`` and ``torch.tensor(x)``
read an integer out of a symbolic one. While a model is traced these are replaced: initialisers
do nothing, and the rest stays symbolic. Everything is put back afterwards.
"""

from __future__ import annotations

import builtins
import contextlib
import dis
import json
import math
import numbers
import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode

from edgesym.tracing.ranges import Numbers, Tokens, length, listed
from edgesym.tracing.record import Recorder
from edgesym.tracing.recurrent import RECURRENT, recurrent

__all__ = ["copied_as_themselves", "symbolic_constructors"]

_SYMBOLIC = (torch.SymInt, torch.SymFloat)
_UNCOPIED: tuple[Any, ...] = (*_SYMBOLIC, torch.SymBool, FakeTensorMode)
_INITIALISERS = [
    name for name in dir(torch.nn.init) if name.endswith("_") and not name.startswith("_")
]
_RESETS = [
    made
    for made in vars(torch.nn).values()
    if isinstance(made, type) and "reset_parameters" in vars(made)
]
#: Functions of ``math`` and what a symbolic number gives. The last two make values of tensors
#: (a slope of a bias, a scale), never extents.
_MATH: dict[str, Callable[..., Any]] = {
    "sqrt": torch.sym_sqrt,
    "log2": torch._sym_log2,
    "ceil": lambda x: x.__ceil__(),
    "floor": lambda x: x.__floor__(),
    "prod": lambda x, **_: _product(x),
    "log": lambda x, *_: math.log(float(x.node.hint)),
    "exp": lambda x: math.exp(float(x.node.hint)),
}
#: Modules of libraries whose code reads sizes, by the beginning of their names.
_LIBRARIES = (
    "transformers.models.",
    "transformers.modeling_rope",
    "transformers.cache_utils",
    "transformers_modules",
    "torch.nn.modules.rnn",
)


class _Asks(type):
    """The class of what stands for ``int``: a symbolic integer is one."""

    def __instancecheck__(cls, given: Any) -> bool:
        return isinstance(given, (builtins.int, torch.SymInt))

    def __subclasscheck__(cls, other: type) -> bool:
        return issubclass(other, builtins.int)

    def __call__(cls, given: Any = 0, *more: Any) -> Any:
        return torch.sym_int(given) if isinstance(given, _SYMBOLIC) else builtins.int(given, *more)


class _Int(metaclass=_Asks):
    """What ``int`` means in a traced module."""


def _range(*given: Any) -> Iterable[int]:
    """What ``range`` means in a traced module: of a loop over tokens a few iterations run."""
    recorder = Recorder.current
    count = given[-1] if len(given) == 1 or (len(given) == 2 and given[0] == 0) else None
    if recorder is None or recorder.is_looping or not isinstance(count, torch.SymInt):
        return builtins.range(*given)
    return Tokens(recorder, count) if recorder.is_of_tokens(count) else builtins.range(*given)


class _Lists(type):
    """The class of what stands for ``list``: numbers of tokens are one."""

    def __instancecheck__(cls, given: Any) -> bool:
        return isinstance(given, builtins.list | Numbers)

    def __subclasscheck__(cls, other: type) -> bool:
        return issubclass(other, builtins.list)

    def __call__(cls, given: Any = ()) -> Any:
        return listed(given)

    def __getitem__(cls, of: Any) -> Any:
        return builtins.list[of]


class _List(metaclass=_Lists):
    """What ``list`` means in a traced module."""


_SHADOWED = {"int": _Int, "range": _range, "list": _List, "len": length}


def _product(factors: Any) -> Any:
    made: Any = 1
    for factor in factors:
        made = made * factor
    return made


@contextlib.contextmanager
def symbolic_constructors(own: Collection[str] = ()) -> Iterator[None]:
    """Keep sizes symbolic while a module is built and run.

    Args:
        own: names of the user's modules, whose code reads sizes too.
    """
    numbers.Integral.register(torch.SymInt)  # nn.LayerNorm asks for numbers.Integral
    with contextlib.ExitStack() as stack:

        def put(owner: Any, name: str, made: Any) -> None:
            stack.callback(setattr, owner, name, getattr(owner, name))
            setattr(owner, name, made)

        for name in _INITIALISERS:
            put(torch.nn.init, name, lambda tensor, *_, **__: tensor)
        for kind in _RESETS:
            put(kind, "reset_parameters", lambda self, *_, **__: None)
        for name, function in _MATH.items():
            put(math, name, _either(getattr(math, name), function))
        for name in RECURRENT:
            put(torch._VF, name, partial(recurrent, name, _range))
        stack.enter_context(copied_as_themselves())
        put(FakeTensor, "__format__", _formatted)
        for kind, read in (
            (torch.SymInt, "__int__"),
            (torch.SymInt, "__index__"),
            (torch.SymFloat, "__float__"),
        ):
            put(kind, read, _unasked(getattr(kind, read)))
        for kind in _SYMBOLIC:
            put(kind, "__format__", lambda self, how: format(self.node.hint, how))
        put(torch.Tensor, "unfold", _unfold)
        put(torch, "rms_norm", _whole(torch.rms_norm, torch.ops.aten.rms_norm))
        put(np, "sqrt", _either(np.sqrt, torch.sym_sqrt))
        put(torch.nn.Module, "_apply", _applied)
        put(torch, "tensor", _typed(_either(torch.tensor, _full)))
        put(json.JSONEncoder, "default", _as_json(json.JSONEncoder.default))
        for module in list(sys.modules.values()):
            name = getattr(module, "__name__", "") or ""
            ours = name in own or name.startswith(_LIBRARIES)
            for builtin, made in _SHADOWED.items() if ours else ():
                if builtin not in vars(module):
                    vars(module)[builtin] = made
                    stack.callback(vars(module).pop, builtin, None)
        with contextlib.suppress(ImportError):  # an older transformers fills in weights
            from transformers.initialization import no_init_weights

            stack.enter_context(no_init_weights())
        yield


#: The instruction by which "%d" % number reads a number, and its operator: how Python runs it.
_BINARY, _PERCENT = dis.opmap["BINARY_OP"], 6


def _unasked(plain: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """What reads a number out of a symbolic one; to print it asks nothing of it."""

    def read(self: Any) -> Any:
        frame = sys._getframe(1)
        at, code = frame.f_lasti, frame.f_code.co_code
        is_printed = code[at] == _BINARY and code[at + 1] == _PERCENT
        return self.node.hint if is_printed else plain(self)

    return read


def _unfold(self: torch.Tensor, dimension: int, size: Any, step: Any) -> torch.Tensor:
    """Windows of a tensor; PyTorch's own takes no symbolic size."""
    shape, strides = list(self.shape), list(self.stride())
    count = (shape[dimension] - size) // step + 1
    inner = strides[dimension]
    shape[dimension], strides[dimension] = count, inner * step
    return self.as_strided((*shape, size), (*strides, inner))


def _whole(plain: Callable[..., Any], one: Callable[..., Any]) -> Callable[..., Any]:
    """An operation that runs as one where no gradient is asked for."""

    def called(*given: Any, **options: Any) -> Any:
        if torch.is_grad_enabled():
            return plain(*given, **options)
        with torch._C._AutoDispatchBelowAutograd():
            return one(*given, **options)

    return called


def _formatted(self: torch.Tensor, how: str) -> str:
    """A number in a name, such as an expert's, where its value is known."""
    recorder = Recorder.current
    values = recorder.values if recorder is not None else None
    number = values.number(self) if values is not None else None
    return format(repr(self) if number is None else number, how)


def _copied(self: torch.Tensor, memo: dict[int, Any]) -> torch.Tensor:
    """A deep copy of a tensor or a parameter: of its extents, for it holds nothing."""
    if id(self) not in memo:
        made = self.detach().clone()
        if isinstance(self, torch.nn.Parameter):
            made = torch.nn.Parameter(made, self.requires_grad)
        memo[id(self)] = made
    return memo[id(self)]


@contextlib.contextmanager
def copied_as_themselves() -> Iterator[None]:
    """A deep copy of what holds sizes and tensors is of the same environment.

    Caches copy their layers, which know their windows; encoders of PyTorch copy the one they get.
    """
    copies = {**dict.fromkeys(_UNCOPIED, lambda self, _: self), FakeTensor: _copied}
    for kind, made in copies.items():
        kind.__deepcopy__ = made
    try:
        yield
    finally:
        for kind in copies:
            del kind.__deepcopy__


def _either(plain: Callable[..., Any], symbolic: Callable[..., Any]) -> Callable[..., Any]:
    """A function that takes symbolic numbers one way, and all else as before."""

    def called(given: Any, *more: Any, **options: Any) -> Any:
        is_symbolic = isinstance(given, _SYMBOLIC) or (
            plain is _PROD and any(isinstance(item, _SYMBOLIC) for item in given)
        )
        return (symbolic if is_symbolic else plain)(given, *more, **options)

    return called


def _applied(self: Any, change: Callable[[Any], Any], recurse: bool = True) -> Any:
    """Casts a module's parameters: they are made anew, not swapped."""
    for part in self.modules() if recurse else (self,):
        for name, parameter in part._parameters.items():
            if parameter is not None:
                part._parameters[name] = torch.nn.Parameter(change(parameter.data))
        for name, buffer in part._buffers.items():
            if buffer is not None:
                part._buffers[name] = change(buffer)
    return self


_PROD = math.prod


def _typed(made: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose ``dtype`` may be what stands for ``int``, and which takes lists."""

    def called(*given: Any, **options: Any) -> Any:
        if options.get("dtype") is _Int:
            options["dtype"] = torch.int64
        if given and isinstance(given[0], Numbers):
            return given[0].tensor(**options)
        return made(*given, **options)

    return called


def _full(number: Any, **options: Any) -> torch.Tensor:
    return torch.full((), number, **options)


def _as_json(before: Callable[..., Any]) -> Callable[..., Any]:
    """Configs print themselves in warnings; a size prints as its hint."""

    def default(self: Any, given: Any) -> Any:
        return int(given.node.hint) if isinstance(given, torch.SymInt) else before(self, given)

    return default
