"""A run of a module, recorded: every operation with the path of its module and its tensors."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten
from torch.utils.flop_counter import flop_registry

__all__ = ["Recorded", "Recorder", "Seen"]


@dataclass(frozen=True, slots=True)
class Seen:
    """A tensor as an operation saw it.

    Attributes:
        storage: which memory it lies in; views of one tensor share it.
        identity: which tensor it is.
        shape: its extents, symbolic.
        is_float: whether it holds floating-point numbers.
    """

    storage: int
    identity: int
    shape: tuple[Any, ...]
    is_float: bool


@dataclass(frozen=True, slots=True)
class Recorded:
    """One operation of the run.

    Attributes:
        path: the module that it ran in, dotted.
        layer: the layer of a list that it ran in, dotted; empty outside of all.
        turn: how many layers had been entered when it ran.
        name: its ATen name without ``aten.`` and overload, such as ``bmm``.
        inputs: tensors in, in order.
        outputs: tensors out.
        flops: what PyTorch's own formula for it gives, None where it has none.
        is_alias: whether the first output lies in the memory of an input.
        line: file and line of the model's code that ran it.
        extents: the whole numbers among its arguments: sizes, starts, axes.
    """

    path: str
    layer: str
    turn: int
    name: str
    inputs: tuple[Seen, ...]
    outputs: tuple[Seen, ...]
    flops: Any
    is_alias: bool
    line: str
    extents: tuple[Any, ...]


class Recorder(TorchDispatchMode):  # type: ignore[misc]
    """Records what runs while it is active.

    Attributes:
        operations: what ran, in order.
        entered: the layers in the order they were entered.

    Args:
        module: the module whose parts name the operations.
        layers: paths of the layers of its lists.
        line: gives file and line of the code that is running.
    """

    def __init__(
        self, module: torch.nn.Module, layers: Collection[str], line: Callable[[], str]
    ) -> None:
        super().__init__()
        self.entered: list[str] = []
        self._layers = frozenset(layers)
        self._layer = ""
        self.operations: list[Recorded] = []
        self._line = line
        self._path: list[str] = []
        self._kept: list[torch.Tensor] = []  # alive, so that an identity is one tensor's alone
        self._hooks = []
        for name, part in module.named_modules():
            self._hooks.append(part.register_forward_pre_hook(self._entering(name)))
            self._hooks.append(part.register_forward_hook(self._leaving(name)))

    def close(self) -> None:
        """Take the hooks off the module."""
        for hook in self._hooks:
            hook.remove()

    def _entering(self, name: str) -> Callable[..., None]:
        def enter(*_: Any) -> None:
            self._path.append(name)
            if name in self._layers:
                self._layer = name
                self.entered.append(name)

        return enter

    def _leaving(self, name: str) -> Callable[..., None]:
        def leave(*_: Any) -> None:
            if self._path and self._path[-1] == name:
                self._path.pop()
                if name in self._layers:
                    self._layer = ""

        return leave

    def seen(self, tensor: torch.Tensor) -> Seen:
        """What a tensor looks like; it is kept alive from then on."""
        self._kept.append(tensor)
        storage = tensor.untyped_storage()._cdata
        return Seen(storage, id(tensor), tuple(tensor.shape), tensor.is_floating_point())

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        given = tree_flatten((args, kwargs))[0]
        inputs = tuple(self.seen(t) for t in given if isinstance(t, torch.Tensor))
        outputs = tuple(
            self.seen(t) for t in tree_flatten(result)[0] if isinstance(t, torch.Tensor)
        )
        price = flop_registry.get(func._overloadpacket)
        flops = None if price is None else price(*args, **kwargs, out_val=result)
        storages = {t.storage for t in inputs}
        self.operations.append(
            Recorded(
                path=self._path[-1] if self._path else "",
                layer=self._layer,
                turn=len(self.entered),
                name=func._overloadpacket.__name__,
                inputs=inputs,
                outputs=outputs,
                flops=flops,
                is_alias=bool(outputs) and outputs[0].storage in storages,
                line=self._line(),
                extents=tuple(x for x in given if isinstance(x, int | torch.SymInt)),
            )
        )
        return result
