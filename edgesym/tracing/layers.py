"""Layers that are alike: one of each kind is traced, and the others let their input through."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch

__all__ = ["Stack", "passing", "stacks"]

#: Attributes of a layer that say which one it is and not of what kind.
_PLACES = frozenset(("layer_idx", "layer_id", "layer_number", "block_idx", "training"))


@dataclass(frozen=True, slots=True)
class Stack:
    """A list of layers.

    Attributes:
        path: its name in the model.
        kinds: for each layer, the index of the first that is like it.
    """

    path: str
    kinds: tuple[int, ...]

    @property
    def layers(self) -> tuple[str, ...]:
        """The paths of its layers."""
        return tuple(f"{self.path}.{index}" for index in range(len(self.kinds)))

    @property
    def first(self) -> tuple[int, ...]:
        """The first layer of each kind."""
        return tuple(dict.fromkeys(self.kinds))


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
        if not isinstance(module, torch.nn.ModuleList) or len(module) == 0 or inside:
            continue
        signatures = [_signature(layer, size) for layer in module]
        found.append(Stack(path, tuple(signatures.index(s) for s in signatures)))
    return found


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

    def __init__(self, layer: torch.nn.Module, last: list[Any]) -> None:
        super().__init__()
        self.__dict__["_layer"] = layer
        self.__dict__["_last"] = last

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_layer"], name)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
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


def passing(model: torch.nn.Module, stack: Stack) -> None:
    """Replace the layers that are like an earlier one."""
    layers = model.get_submodule(stack.path)
    last: list[Any] = []
    for index, kind in enumerate(stack.kinds):
        if index == kind:
            vars(layers[index])["forward"] = _remembering(layers[index].forward, last)
        else:
            layers[index] = _Passing(layers[index], last)


def _remembering(forward: Callable[..., Any], last: list[Any]) -> Callable[..., Any]:
    @functools.wraps(forward)
    def called(*args: Any, **kwargs: Any) -> Any:
        result = forward(*args, **kwargs)
        last[:] = [result]
        return result

    return called
