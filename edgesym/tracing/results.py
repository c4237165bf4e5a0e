"""What operations give, found once for each form of what enters them.

Without values, an operation gives of tensors of the same form (type, extents, strides) tensors of
the same form. Code that runs the same layers or experts again and again asks nothing new then: the
first time says what comes out, and where it lies.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensor, in_kernel_invocation_manager

__all__ = ["Results"]

_SYMBOLIC = (torch.SymInt, torch.SymFloat, torch.SymBool)


@dataclass(frozen=True, slots=True)
class _Made:
    """A tensor that an operation gave.

    Attributes:
        given: the place of the tensor whose memory it lies in, or None of its own.
        is_given: whether it is that tensor itself.
    """

    given: int | None
    is_given: bool
    shape: tuple[Any, ...]
    strides: tuple[Any, ...]
    offset: Any
    dtype: torch.dtype
    device: torch.device


@dataclass(frozen=True, slots=True)
class _Result:
    """What an operation gave: one tensor, or several in a list or tuple."""

    made: tuple[_Made, ...]
    several: type | None
    is_quiet: bool  # it was found where no questions are kept


class _Unknown(Exception):  # noqa: N818 - no error: it is run
    """What an operation gives follows from more than forms."""


class Results:
    """Runs operations, each form of them once in a call."""

    def __init__(self) -> None:
        self._known: dict[Any, _Result] = {}

    def of(self, func: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """What an operation gives."""
        mode = torch._C._get_dispatch_mode(torch._C._TorchDispatchModeKey.FAKE)
        tensors: list[torch.Tensor] = []
        try:
            key = (func, torch.get_default_dtype(), *_form((args, kwargs), tensors))
            known = self._known.get(key)
        except (_Unknown, TypeError):  # it has values, or is no value itself: it is run
            return func(*args, **kwargs)
        if known is not None and (mode.shape_env.is_repeating or not known.is_quiet):
            with _quiet(mode.shape_env):
                made = [_again(each, tensors, mode) for each in known.made]
            return known.several(made) if known.several else made[0]
        result = func(*args, **kwargs)
        if mode is None or torch.Tag.inplace_view in func.tags:
            return result
        found = _result(func, result, tensors, is_quiet=mode.shape_env.is_repeating)
        if found is not None:
            self._known[key] = found
        return result


def _result(
    func: Any, result: Any, tensors: list[torch.Tensor], *, is_quiet: bool
) -> _Result | None:
    """What is kept of a result; None where it says nothing of the next one."""
    several = type(result) if type(result) in (list, tuple) else None
    found = result if several else [result]
    if not found or not all(_is_plain(t) for t in found):
        return None
    storages = [t.untyped_storage()._cdata for t in tensors]
    made, own = [], set()
    for t in found:
        storage = t.untyped_storage()._cdata
        itself = next((place for place, x in enumerate(tensors) if x is t), None)
        given = storages.index(storage) if storage in storages else None
        is_other = given is not None and tensors[given].dtype != t.dtype
        if itself is None and (func._schema.is_mutable or is_other or storage in own):
            return None
        own |= {storage} if given is None else set()
        given, is_given = (given, False) if itself is None else (itself, True)
        form = (tuple(t.shape), t.stride(), t.storage_offset(), t.dtype, t.device)
        made.append(_Made(given, is_given, *form))
    return _Result(tuple(made), several, is_quiet)


def _is_plain(tensor: Any) -> bool:
    """Whether a tensor is nothing but its extents, strides and memory."""
    return (
        isinstance(tensor, FakeTensor)
        and tensor.constant is None
        and not tensor.is_conj()
        and not tensor.is_neg()
    )


@contextlib.contextmanager
def _quiet(env: Any) -> Iterator[None]:
    """No question is kept: each was when the result was found."""
    before, env.is_repeating = env.is_repeating, True
    try:
        yield
    finally:
        env.is_repeating = before


def _again(made: _Made, tensors: list[torch.Tensor], mode: Any) -> torch.Tensor:
    """A tensor like the one that was made, in memory of its own or that it is given."""
    if made.given is not None and made.is_given:
        return tensors[made.given]
    with in_kernel_invocation_manager(mode):
        if made.given is None:
            meta = torch.empty_strided(made.shape, made.strides, dtype=made.dtype, device="meta")
        else:
            meta = tensors[made.given].as_strided(made.shape, made.strides, made.offset)
    return FakeTensor(mode, meta, made.device)


def _form(given: Any, tensors: list[torch.Tensor]) -> Any:
    """An argument as a value that is equal where it is of the same form.

    Raises:
        _Unknown: it has a value, or is no tensor of a kind that is known.
    """
    if isinstance(given, torch.Tensor):
        if not _is_plain(given):
            raise _Unknown
        tensors.append(given)
        return (
            given.dtype,
            given.device,
            tuple(map(_number, given.shape)),
            tuple(map(_number, given.stride())),
            _number(given.storage_offset()),
            tuple(place for place, t in enumerate(tensors) if t is given),
        )
    if isinstance(given, list | tuple):
        return ("several", *(_form(each, tensors) for each in given))
    if isinstance(given, dict):
        return ("named", *((key, _form(given[key], tensors)) for key in given))
    return type(given), _number(given)


def _number(given: Any) -> Any:
    return given.node._expr if isinstance(given, _SYMBOLIC) else given
