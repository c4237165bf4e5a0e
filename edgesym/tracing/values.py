"""Values that do not depend on weights: of ids, masks and positions, carried along at the hints.

Code that looks at such a value (is any place padding, which position is the last) gets it, as it
would of a run without padding. A number among them is a size of its own, so that an extent that
follows from one is seen and refused; one that the network computes is refused where it is asked.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import torch
from torch.utils._python_dispatch import _disable_current_modes
from torch.utils._pytree import tree_flatten, tree_map

from edgesym.data import shipped
from edgesym.errors import ConfigError

__all__ = ["Values", "asked"]

#: Elements above which values are not carried along.
_MOST = 2**20
#: What reads a value out of a tensor.
_READS = ("_local_scalar_dense", "item", "is_nonzero", "equal")
#: What makes a tensor of one number, and what makes one of others, element by element.
_EVEN = frozenset(
    (
        *("full", "zeros", "ones", "full_like", "zeros_like", "ones_like", "new_full", "new_zeros"),
        *("new_ones", "_to_copy", "clone", "copy_", "fill_", "cat", "stack", "repeat", "any"),
        *("all", "constant_pad_nd", "lift_fresh", "lift_fresh_copy", "scalar_tensor", "index"),
        "copy",
    )
)
#: What makes a tensor of one number or hands it on, and what computes with two: of sizes.
_HELD = ("full", "scalar_tensor", "_to_copy", "clone", "detach", "alias", "lift_fresh_copy", "view")
_WHOLE = (int, torch.SymInt)
_COMPUTED: dict[str, Callable[[Any, Any], Any]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.floordiv,
    "floor_divide": operator.floordiv,
}


@cache
def _aten() -> dict[str, Any]:
    return shipped("tracing/data", "aten")


class Values:
    """The values of tensors that are known.

    Of some it is known besides that all their elements are one number, however many there are.

    Args:
        told: makes of a number that the code reads what it gets, such as a size of its own.
    """

    def __init__(self, told: Callable[[int], Any]) -> None:
        self._told = told
        self._known: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}
        self._even: set[int] = set()
        self._places: set[int] = set()
        self._sizes: dict[int, Any] = {}

    def of(self, tensor: Any) -> torch.Tensor | None:
        """The value of a tensor, where it is known; of a constant of the code it always is."""
        known = self._known.get(id(tensor), (None, None))[1]
        return getattr(tensor, "constant", None) if known is None else known

    def number(self, tensor: torch.Tensor) -> int | float | None:
        """The number that a tensor of one element holds; None where it is not known."""
        known = self.of(tensor)
        if known is None:
            return None
        with _plainly():
            found: int | float = known.item()
            return found

    def put(self, tensor: torch.Tensor, value: torch.Tensor, *, is_place: bool = False) -> None:
        """Say what a tensor holds; places, such as of experts in a list, are read as numbers."""
        self._known[id(tensor)] = (tensor, value)
        self._places |= {id(tensor)} if is_place else set()

    def filled(self, tensor: torch.Tensor, number: int) -> torch.Tensor:
        """A tensor all of whose elements are one number."""
        with _plainly():
            self.put(tensor, torch.full(_at_hints(tuple(tensor.shape)), number, dtype=tensor.dtype))
        self._even.add(id(tensor))
        return tensor

    def read(self, name: str, args: Sequence[Any], line: Callable[[], str]) -> tuple[bool, Any]:
        """Whether an operation asks for values, and what they are.

        Raises:
            ConfigError: the network computes what is asked for.
        """
        if name == "nonzero":
            value = self.of(args[0])
            if value is None:
                return False, None
            with _plainly():
                places = value.nonzero()
            number = self._trues(args[0], len(places))
            made = args[0].new_empty((number, value.dim()), dtype=torch.int64)
            self.put(made, places)
            return True, made
        if name not in _READS:
            return False, None
        tensors = [arg for arg in args if isinstance(arg, torch.Tensor)]
        values = [value for value in map(self.of, tensors) if value is not None]
        if len(values) < len(tensors):
            raise ConfigError(asked(line()))
        if name != "equal" and id(tensors[0]) in self._sizes:
            return True, self._sizes[id(tensors[0])]
        with _plainly():
            if name == "equal":
                return True, bool(torch.equal(*values))
            (value,) = values
            number = value.item()
        is_place = id(tensors[0]) in self._places
        is_plain = is_place or isinstance(number, bool | float)
        return True, number if is_plain else self._number(number)

    def _number(self, number: int) -> Any:
        """Less than 2 it is a case of the code, as sizes are."""
        return number if number < 2 else self._told(number)

    def _trues(self, mask: torch.Tensor, count: int) -> Any:
        """How many elements of a mask are true: all of an even one, or none."""
        if id(mask) in self._even:
            return mask.numel() if count else 0
        return self._number(count)

    def indexed(self, args: Sequence[Any]) -> tuple[Any, ...]:
        """The arguments of an index with places in the stead of a mask whose values are known."""
        tensor, places = args
        made: list[Any] = []
        for place in places:
            mask = self.of(place) if place is not None and place.dtype is torch.bool else None
            if mask is None:
                made.append(place)
                continue
            with _plainly():
                found = mask.nonzero(as_tuple=True)
            number = self._trues(place, len(found[0]))
            for each in found:
                made.append(place.new_empty((number,), dtype=torch.int64))
                self.put(made[-1], each)
        return tensor, made

    def follow(self, func: Any, args: Any, kwargs: Any, result: Any) -> None:
        """Carry values through an operation."""
        given = [t for t in tree_flatten((args, kwargs))[0] if isinstance(t, torch.Tensor)]
        self._follow_size(func, args, kwargs, result)
        made = [t for t in tree_flatten(result)[0] if isinstance(t, torch.Tensor)]
        values = [self.of(t) for t in given]
        if any(v is None for v in values) or any(_elements(t) > _MOST for t in made):
            if func._schema.is_mutable:
                self._forget(v for v in values if v is not None)
            return
        try:
            with _plainly():
                real = func(*tree_map(self._real, args), **tree_map(self._real, kwargs))
        except Exception:  # noqa: BLE001 - then it is not known
            return
        if func._schema.is_mutable:  # a part of it may be another number then
            self._even -= {
                key
                for key, (tensor, _) in self._known.items()
                if tensor.untyped_storage()._cdata == made[0].untyped_storage()._cdata
            }
        for tensor, value in zip(made, tree_flatten(real)[0], strict=False):
            if isinstance(value, torch.Tensor):
                is_view = func._overloadpacket.__name__ in _aten()["view"]
                is_place = is_view and any(id(t) in self._places for t in given)
                self.put(tensor, value, is_place=is_place)
                if self._is_even(func, args, given, value):
                    self._even.add(id(tensor))
                else:
                    self._even.discard(id(tensor))

    def _follow_size(self, func: Any, args: Any, kwargs: Any, result: Any) -> None:
        """Carry a size along that code puts into a tensor of one number, and computes with."""
        if not isinstance(result, torch.Tensor) or result.dim() or result.is_floating_point():
            return
        numbers = [self._sizes.get(id(arg), arg) for arg in args]
        if not any(isinstance(number, torch.SymInt) for number in numbers):
            return
        name = str(func._overloadpacket.__name__)
        made = _COMPUTED.get(name.removesuffix("_"))
        if name in _HELD:
            self._sizes[id(result)] = numbers[-1] if name == "full" else numbers[0]
            return
        is_whole = name != "div" or kwargs.get("rounding_mode") in ("trunc", "floor")
        if made is not None and is_whole and all(isinstance(n, _WHOLE) for n in numbers[:2]):
            self._sizes[id(result)] = made(*numbers[:2])

    def _is_even(self, func: Any, args: Any, given: list[torch.Tensor], value: Any) -> bool:
        """Whether all elements of what an operation made are one number, at all sizes."""
        name = str(func._overloadpacket.__name__)
        if not all(id(t) in self._even or t.dim() == 0 for t in given):
            return False
        aten = _aten()
        is_filled = name in _EVEN or name in aten["view"]
        if not is_filled and name.rstrip("_") not in aten["pointwise"]:
            return False
        # a number that is a size differs from size to size
        numbers = args if not is_filled else args[1:] if "full" in name else ()
        if any(isinstance(number, torch.SymInt | torch.SymFloat) for number in numbers):
            return False
        with _plainly():
            return value.numel() == 0 or bool((value == value.reshape(-1)[0]).all())

    def _real(self, given: Any) -> Any:
        if isinstance(given, torch.Tensor):
            return self.of(given)
        return _at_hint(given)

    def _forget(self, changed: Any) -> None:
        """A tensor that is written over is not known any more, nor are views of it."""
        storages = {value.untyped_storage()._cdata for value in changed}
        self._known = {
            key: pair
            for key, pair in self._known.items()
            if pair[1].untyped_storage()._cdata not in storages
        }
        self._even &= self._known.keys()


def asked(line: str) -> str:
    """Why code that looks at what the network computes is refused, and where it does."""
    return (
        f"{line}: the code asks for values that the network computes, so that what runs depends "
        "on data and no closed form says it"
    )


class _plainly:  # noqa: N801 - a context, as contextlib's are
    """Run on real tensors: no mode of tracing is active."""

    def __enter__(self) -> None:
        self._modes = _disable_current_modes()
        self._modes.__enter__()
        self._guard = torch._C._DisablePythonDispatcher()

    def __exit__(self, *raised: object) -> None:
        del self._guard
        self._modes.__exit__(*raised)


def _at_hint(given: Any) -> Any:
    if isinstance(given, torch.SymInt | torch.SymFloat | torch.SymBool):
        return given.node.hint
    return given


def _at_hints(shape: tuple[Any, ...]) -> tuple[int, ...]:
    return tuple(map(_at_hint, shape))


def _elements(tensor: torch.Tensor) -> int:
    made = 1
    for extent in _at_hints(tuple(tensor.shape)):
        made *= extent
    return made
