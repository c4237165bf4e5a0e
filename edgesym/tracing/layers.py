"""Layers that are alike: one of each kind is traced, and the others let their input through.

Which are alike their modules say before a run; where it calls some of them with other arguments,
such as the states of more layers before, they are of a kind of their own, and the run is repeated.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

__all__ = ["Entered", "Stack", "Unlike", "passing", "stacks"]

#: Attributes of a layer that say which one it is and not of what kind.
_PLACES = frozenset(("layer_idx", "layer_id", "layer_number", "block_idx", "training"))


@dataclass(frozen=True, slots=True)
class Stack:
    """A list of layers.

    Attributes:
        path: its name in the model.
        kinds: for each layer, the index of the first that is like it.
        names: of its layers within it; by default their numbers.
    """

    path: str
    kinds: tuple[int, ...]
    names: tuple[str, ...] = ()

    @property
    def layers(self) -> tuple[str, ...]:
        """The paths of its layers."""
        names = self.names or tuple(map(str, range(len(self.kinds))))
        return tuple(_joined(self.path, name) for name in names)

    @property
    def first(self) -> tuple[int, ...]:
        """The first layer of each kind."""
        return tuple(dict.fromkeys(self.kinds))


class Unlike(Exception):  # noqa: N818 - no error: another run is asked for
    """Layers of one kind were called in different ways.

    Attributes:
        kinds: path of a list -> the kinds of its layers, as :class:`Stack` has them.
    """

    def __init__(self, kinds: Mapping[str, tuple[int, ...]]) -> None:
        super().__init__(kinds)
        self.kinds = kinds


@dataclass(slots=True)
class Entered:
    """How the layers of a model were called.

    Attributes:
        calls: path of a list and place in it -> what its calls had in common with others.
    """

    calls: dict[tuple[str, int], set[Any]] = field(default_factory=dict)

    def see(self, place: tuple[str, int], *given: Any) -> None:
        """Keep how a layer is called: texts, truth values, and the extents of tensors there."""
        self.calls.setdefault(place, set()).add(_form(given))

    def check(self, lists: Sequence[Stack]) -> None:
        """Look at whether the layers of each kind were called as the first of them.

        Raises:
            Unlike: some were not.
        """
        made = {stack.path: self._kinds(stack) for stack in lists}
        if any(made[stack.path] != stack.kinds for stack in lists):
            raise Unlike(made)

    def _kinds(self, stack: Stack) -> tuple[int, ...]:
        found: dict[Any, int] = {}
        kinds = []
        for index, kind in enumerate(stack.kinds):
            calls = self.calls.get((stack.path, index), set())
            is_like = calls <= self.calls.get((stack.path, kind), set())
            key = kind if is_like else (kind, frozenset(calls))
            kinds.append(found.setdefault(key, index))
        return tuple(kinds)


def _form(given: Any) -> Any:
    """What of an argument decides what runs, as far as it shows."""
    if isinstance(given, torch.Tensor):
        return tuple(n.node.hint if isinstance(n, torch.SymInt) else n for n in given.shape)
    if isinstance(given, bool | str) or given is None:
        return given
    if isinstance(given, tuple | list):
        return ("several", *map(_form, given))
    return ""


def stacks(model: torch.nn.Module, size: Callable[[Any], Any]) -> list[Stack]:
    """The outermost lists of layers of a model, with the kind of each layer.

    Layers are of one kind where their modules, the shapes of their parameters and their plain
    attributes (texts, truth values, whole numbers) agree.

    Args:
        size: an extent as a value that compares equal where it is the same.
    """
    found: list[Stack] = []
    for path, module in model.named_modules():
        inside = any(path.startswith(f"{stack.path}.") for stack in found)
        if inside or not _is_list(module):
            continue
        layers = dict(_layers(module))
        signatures = [_signature(layer, size) for layer in layers.values()]
        found.append(Stack(path, tuple(map(signatures.index, signatures)), tuple(layers)))
    return found


def _is_list(module: torch.nn.Module) -> bool:
    """Whether a module is a list of layers, or runs several blocks of one class in turn."""
    if isinstance(module, torch.nn.Sequential):
        blocks = Counter(type(part) for part in module if any(True for _ in part.children()))
        return any(count > 1 for count in blocks.values())
    return isinstance(module, torch.nn.ModuleList) and len(module) > 0


def _layers(module: torch.nn.Module, name: str = "") -> Iterator[tuple[str, torch.nn.Module]]:
    """The layers of a list by their names in it; those of a list within it are its own."""
    for word, part in module.named_children():
        inner = _joined(name, word)
        if isinstance(part, torch.nn.ModuleList | torch.nn.ModuleDict):
            yield from _layers(part, inner)
        else:
            yield inner, part


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _signature(layer: torch.nn.Module, size: Callable[[Any], Any]) -> tuple[Any, ...]:
    return tuple(
        (
            name,
            type(module).__name__,
            tuple(
                (n, tuple(map(size, p.shape))) for n, p in module.named_parameters(recurse=False)
            ),
            tuple(_attributes(module, size)),
        )
        for name, module in layer.named_modules()
    )


def _attributes(module: torch.nn.Module, size: Callable[[Any], Any]) -> Iterator[tuple[str, Any]]:
    for name, value in vars(module).items():
        if name.startswith("_") or name in _PLACES:
            continue
        if isinstance(value, bool | str) or value is None:
            yield name, value
        elif isinstance(value, int | torch.SymInt):
            yield name, size(value)


class _Passing(torch.nn.Module):  # type: ignore[misc]
    """A layer that gives back what enters it, in the form that layers like it gave it."""

    def __init__(self, layer: torch.nn.Module, last: list[Any], see: Callable[..., None]) -> None:
        super().__init__()
        self.__dict__["_layer"] = layer
        self.__dict__["_last"] = last
        self.__dict__["_see"] = see

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_layer"], name)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        self.__dict__["_see"](*args, *kwargs.values())
        entered = args[0] if args else kwargs["hidden_states"]
        before = self.__dict__["_last"]
        if before and hasattr(before[0], "_make"):  # a tuple whose places have names
            return type(before[0])._make((entered, *before[0][1:]))
        if before and isinstance(before[0], tuple | list):
            return type(before[0])((entered, *before[0][1:]))
        if before and isinstance(before[0], dict):
            first = next(iter(before[0]))
            return type(before[0])({**before[0], first: entered})
        return entered


def passing(model: torch.nn.Module, stack: Stack, entered: Entered | None = None) -> None:
    """Replace the layers that are like an earlier one.

    Args:
        entered: keeps how each is called.
    """
    last: list[Any] = []
    kept = entered or Entered()
    for index, (path, kind) in enumerate(zip(stack.layers, stack.kinds, strict=True)):
        see = functools.partial(kept.see, (stack.path, index))
        layer = model.get_submodule(path)
        if index == kind:
            vars(layer)["forward"] = _remembering(layer.forward, last, see)
        else:
            parent, _, name = path.rpartition(".")
            setattr(model.get_submodule(parent), name, _Passing(layer, last, see))


def _remembering(
    forward: Callable[..., Any], last: list[Any], see: Callable[..., None]
) -> Callable[..., Any]:
    @functools.wraps(forward)
    def called(*args: Any, **kwargs: Any) -> Any:
        see(*args, *kwargs.values())
        result = forward(*args, **kwargs)
        last[:] = [result]
        return result

    return called
