"""Operators of the user's own, of which PyTorch knows no cost: shapes, and a symbol for each."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from typing import Any

import sympy
import torch
from torch.utils.flop_counter import flop_registry

from edgesym.errors import ConfigError, ExpressionError
from edgesym.expression import read
from edgesym.symbols import symbol
from edgesym.tracing.job import Operator

__all__ = ["AS_SYMBOL", "changed", "kind_of", "kind_of_call", "named", "offered", "others", "sized"]

#: How an operator is given.
AS_SYMBOL = "name it, and its cost is a symbol: --op {}"
#: Nothing cached, and one token: what is called then is what a step calls, on fewer tokens.
_FEWEST = {symbol("new_tokens"): sympy.Integer(1), symbol("cached_tokens"): sympy.Integer(0)}
#: Functions that a shape may call.
_FUNCTIONS = {"max": torch.sym_max, "min": torch.sym_min}
#: Operator -> the kind of its symbol, for those that are given.
_KINDS: ContextVar[Mapping[str, str]] = ContextVar("_KINDS", default={})  # noqa: B039
#: Names that shapes may be written in, with their numbers at the moment.
_EXTENTS: ContextVar[Mapping[str, Any]] = ContextVar("_EXTENTS", default={})  # noqa: B039


@contextlib.contextmanager
def named(given: Sequence[Operator]) -> Iterator[None]:
    """Operators run as they are given: with a result of that shape, and no count of PyTorch's own.

    Raises:
        ConfigError: there is no such operator.
    """
    with contextlib.ExitStack() as stack:
        stack.callback(_KINDS.reset, _KINDS.set({each.name: each.kind for each in given}))
        for each in given:
            found = _operator(each)
            price = flop_registry.pop(found.overloadpacket, None)
            if price is not None:
                stack.callback(flop_registry.__setitem__, found.overloadpacket, price)
            if each.results:
                torch.library.register_fake(each.name, _fake(each, found))
        yield


@contextlib.contextmanager
def sized(numbers: Mapping[str, Any]) -> Iterator[None]:
    """What the names of sizes stand for while a module is built and run."""
    before = _EXTENTS.set(numbers)
    try:
        yield
    finally:
        _EXTENTS.reset(before)


def kind_of(func: Any) -> str:
    """The kind of an operator's symbol; empty for one that is not given."""
    return _KINDS.get().get(_name(func), "")


def kind_of_call(
    kind: str, shapes: Iterable[Sequence[sympy.Expr]], known: dict[tuple[Any, ...], str]
) -> str:
    """The kind of the symbol of a call: numbered where calls with other shapes came before.

    Args:
        known: kinds by operator and shapes; those of this call are put in.
    """
    key = (kind, *(tuple(x.xreplace(_FEWEST) for x in shape) for shape in shapes))
    if key not in known:
        count = sum(other[0] == kind for other in known) + 1
        known[key] = kind if count == 1 else f"{kind}_{count}"
    return known[key]


def changed(func: Any, args: Any, kwargs: Any) -> list[torch.Tensor]:
    """The tensors that an operator writes to."""
    held = _arguments(func, args, kwargs)
    written = [a.name for a in func._schema.arguments if a.alias_info and a.alias_info.is_write]
    return [held[name] for name in written if isinstance(held.get(name), torch.Tensor)]


def offered(func: Any, args: Any = (), kwargs: Any = None) -> str:
    """The option that lets an operator run, with a symbol for its cost.

    Of one that runs already its name is enough; of any other it is a result with the shape of
    its first tensor, for the user to correct.
    """
    held = _arguments(func, args, kwargs or {})
    shaped = next(((n, t) for n, t in held.items() if isinstance(t, torch.Tensor)), None)
    if shaped is None or not func._schema.returns:
        return f"'{_name(func)}'"
    name, tensor = shaped
    shape = f"({', '.join(f'{name}[{axis}]' for axis in range(tensor.dim()))})"
    return f"'{_name(func)}: {'; '.join([shape] * len(func._schema.returns))}'"


def others(given: Sequence[Operator], ran: Iterable[Any]) -> None:
    """Refuse operators that are given and are none of the recorded operations.

    Raises:
        ConfigError: naming one, and those that are there.
    """
    seen = {op.name: op.kind for op in ran} if given else {}
    for each in given:
        if each.kind not in seen.values():
            own = sorted(
                name.replace(".", "::", 1)
                for name in seen
                if "." in name and not name.startswith("prim")
            )
            raise ConfigError(
                f"--op {each.name}: the code runs no such operator; of those that are none of "
                f"PyTorch's own it runs {', '.join(own) or 'none'}"
            )


def _operator(given: Operator) -> Any:
    """The operator of PyTorch that is given."""
    space, _, rest = given.name.partition("::")
    word, _, overload = rest.partition(".")
    try:
        return getattr(getattr(getattr(torch.ops, space), word), overload or "default")
    except AttributeError as error:
        raise ConfigError(
            f"--op {given.name}: no such operator is registered when the code has been imported; "
            "its name is the one in torch.library or TORCH_LIBRARY, such as mylib::fused"
        ) from error


def _name(func: Any) -> str:
    word = f"{func.namespace}::{func._overloadpacket.__name__}"
    return word if func._overloadname == "default" else f"{word}.{func._overloadname}"


def _arguments(func: Any, args: Any, kwargs: Any) -> dict[str, Any]:
    """The arguments of a call by name."""
    return {**dict(zip((a.name for a in func._schema.arguments), args, strict=False)), **kwargs}


def _fake(given: Operator, func: Any) -> Any:
    """What runs in the place of an operator: new tensors of the shapes that are given."""
    count = len(func._schema.returns)
    if len(given.results) != count:
        raise ConfigError(
            f"--op {given.name}: {len(given.results)} results are given, and it returns {count} "
            f"({func._schema})"
        )

    def fake(*args: Any, **kwargs: Any) -> Any:
        held = _arguments(func, args, kwargs)
        tensors = {name: t for name, t in held.items() if isinstance(t, torch.Tensor)}
        empty = next((t.new_empty for t in tensors.values()), torch.empty)
        made = [
            empty(_shape(given, text, tensors), dtype=_dtype(given, word))
            for text, word in given.results
        ]
        return made[0] if count == 1 else tuple(made)

    return fake


def _shape(given: Operator, text: str, tensors: Mapping[str, torch.Tensor]) -> list[Any]:
    """The extents that a shape says, over sizes and the shapes of arguments."""
    names = {**_EXTENTS.get(), **{name: list(t.shape) for name, t in tensors.items()}}
    try:
        made = read(text, names, _FUNCTIONS)
    except ExpressionError as error:
        raise ConfigError(
            f"--op {given.name}: {error}; names are sizes and arguments: {', '.join(names)}"
        ) from error
    whole = made if isinstance(made, list) else [made]
    for extent in whole:
        is_whole = type(extent) is int and extent >= 0
        if not (is_whole or isinstance(extent, torch.SymInt)):
            raise ConfigError(
                f"--op {given.name}: {text} has an extent that is no whole number; a quotient is "
                "written with //"
            )
    return whole


def _dtype(given: Operator, word: str) -> torch.dtype | None:
    if not word:
        return None
    found = getattr(torch, word, None)
    if not isinstance(found, torch.dtype):
        raise ConfigError(
            f"--op {given.name}: {word!r} is no dtype of PyTorch, such as float32 or int64"
        )
    return found
