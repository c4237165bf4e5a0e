"""A run of a module, recorded: every operation with the path of its module and its tensors."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
from torch._subclasses.fake_tensor import (
    DataDependentOutputException,
    DynamicOutputShapeException,
    UnsupportedOperatorException,
)
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten
from torch.utils.flop_counter import flop_registry

from edgesym.errors import ConfigError
from edgesym.tracing.operators import AS_SYMBOL, changed, kind_of, offered
from edgesym.tracing.picked import Picks, without_masks
from edgesym.tracing.results import Results
from edgesym.tracing.values import Values, asked

__all__ = ["Recorded", "Recorder", "Seen", "Short"]


class Short(Exception):  # noqa: N818 - no error: another run is asked for
    """A loop over tokens has a single iteration, so that no two can be compared."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A tensor as an operation saw it.

    Attributes:
        storage: which memory it lies in; views of one tensor share it.
        identity: which tensor it is.
        shape: its extents, symbolic.
        is_float: whether it holds floating-point numbers.
        is_wide: whether each takes more bytes than one of the module's parameters.
        offset: where in that memory it begins, at the hints.
    """

    storage: int
    identity: int
    shape: tuple[Any, ...]
    is_float: bool
    is_wide: bool = False
    offset: int = 0


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
        loop: the loop over tokens that it ran in, 0 outside of all.
        iteration: which iteration of it.
        times: how often it runs.
        kind: what the symbol of its cost is called, where it is the user's own operator.
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
    loop: int = 0
    iteration: int = 0
    times: Any = 1
    kind: str = ""


def _named(func: Any) -> str:
    """The name of an operation, with its library where that is not ATen."""
    name = str(func._overloadpacket.__name__)
    return name if func.namespace == "aten" else f"{func.namespace}.{name}"


class Recorder(TorchDispatchMode):  # type: ignore[misc]
    """Records what runs while it is active.

    Attributes:
        operations: what ran, in order.
        entered: the layers in the order they were entered.
        loops: how often each loop over tokens runs, and its line.
        is_last: whether a loop over tokens may run once, so that no two iterations can be compared;
            otherwise that ends the call.
        values: what is known of values, so that code can ask for them.
        span: the operations that ran within the marked module, first and past the last.
        moved: storages of iterations of a loop that are left out -> those of the one that is kept.
        turns: how many layers had been entered before it, and after.

    Args:
        module: the module whose parts name the operations.
        layers: paths of the layers of its lists.
        line: gives file and line of the code that is running.
        marked: a part of the module, such as an encoder, whose span is kept.
        tokens: the numbers of tokens that it is run on.
        picks: knows how many rows are picked for an expert.
    """

    #: The one that is active.
    current: ClassVar[Recorder | None] = None

    def __init__(
        self,
        module: torch.nn.Module,
        layers: Collection[str],
        line: Callable[[], str],
        marked: torch.nn.Module | None = None,
        tokens: Collection[Any] = (),
        picks: Picks | None = None,
    ) -> None:
        super().__init__()
        self.entered: list[str] = []
        self.loops: dict[int, tuple[Any, str]] = {}
        self.span = (0, 0)
        self.turns = (0, 0)
        self.moved: dict[int, int] = {}
        self._looped: dict[int, tuple[int, int]] = {}
        self._loop, self._iteration = 0, 0
        self.is_last = True
        self.values: Values | None = None
        self._width = min((p.element_size() for p in module.parameters()), default=4)
        self._marked = marked
        self._picks = picks
        self._results = Results()
        self._tokens = {count.node.expr for count in tokens if isinstance(count, torch.SymInt)}
        self._layers = frozenset(layers)
        self._layer = ""
        self.operations: list[Recorded] = []
        self._line = line
        self._path: list[str] = []
        self._kept: list[torch.Tensor] = []  # alive, so that an identity is one tensor's alone
        self._module = module
        self._before: list[tuple[torch.nn.Module, Any]] = []

    def __enter__(self) -> Self:
        """Record from now on."""
        Recorder.current = self
        for name, part in self._module.named_modules():
            # not by hooks: code that calls forward itself passes them by
            self._before.append((part, vars(part).get("forward")))
            vars(part)["forward"] = self._within(name, part)
        super().__enter__()
        return self

    def __exit__(self, *raised: object) -> None:
        """Record no more, and leave the module as it was."""
        Recorder.current = None
        super().__exit__(*raised)
        for part, before in self._before:
            if before is None:
                del vars(part)["forward"]
            else:
                vars(part)["forward"] = before
        self._before.clear()

    def loop(self, count: Any, runs: int) -> Iterator[int]:
        """The first iterations of a loop over tokens that runs ``count`` times."""
        self._loop = len(self.loops) + 1
        self.loops[self._loop] = (count, self._line())
        env = count.node.shape_env
        for self._iteration in range(runs):
            env.is_repeating = self._iteration > 0
            yield self._iteration
        self._loop, self._iteration, env.is_repeating = 0, 0, False

    def within(self, layer: str) -> None:
        """What runs from now on belongs to this layer."""
        self._layer = layer

    def leave(self, layer: str) -> None:
        """What runs from now on belongs no more to this layer, if it did."""
        if self._layer == layer:
            self._layer = ""

    def is_of_tokens(self, count: torch.SymInt) -> bool:
        """Whether a number depends on how many tokens there are."""
        return bool(count.node.expr.free_symbols & self._tokens)

    @property
    def is_looping(self) -> bool:
        """Whether a loop over tokens is running."""
        return self._loop > 0

    def _within(self, name: str, part: torch.nn.Module) -> Callable[..., Any]:
        before = part.forward

        @functools.wraps(before)
        def forward(*args: Any, **kwargs: Any) -> Any:
            self._path.append(name)
            if part is self._marked:
                self.span, self.turns = (len(self.operations), 0), (len(self.entered), 0)
            if name in self._layers:
                self._layer = name
                self.entered.append(name)
            result = before(*args, **kwargs)
            self._path.pop()
            if part is self._marked:
                self.span = (self.span[0], len(self.operations))
                self.turns = (self.turns[0], len(self.entered))
            if name in self._layers:
                self._layer = ""
            return result

        return forward

    def seen(self, tensor: torch.Tensor) -> Seen:
        """What a tensor looks like; it is kept alive from then on."""
        self._kept.append(tensor)
        storage = tensor.untyped_storage()._cdata
        is_float = tensor.is_floating_point() or tensor.is_complex()
        is_wide = tensor.element_size() > self._width
        start = tensor.storage_offset()
        offset = int(start.node.hint) if isinstance(start, torch.SymInt) else start
        return Seen(storage, id(tensor), tuple(tensor.shape), is_float, is_wide, offset)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = _named(func)
        if self._picks is not None and name == "_local_scalar_dense":
            number = self._picks.number(args[0])
            if number is not None:
                return number
        if self.values is not None:
            is_read, value = self.values.read(name, args, self._line)
            if is_read:
                return value
            if name == "index":
                args = self.values.indexed(args)
        result = self._run(name, func, args, kwargs)
        if self.values is not None:
            self.values.follow(func, args, kwargs, result)
        if name in ("stack", "cat"):
            result = self._joined(name, result, *args, **kwargs)
        given = tree_flatten((args, kwargs))[0]
        read, made = (
            [t for t in side if isinstance(t, torch.Tensor)]
            for side in (given, tree_flatten(result)[0])
        )
        made = made or changed(func, args, kwargs)
        inputs, outputs = (tuple(map(self.seen, side)) for side in (read, made))
        if self._picks is not None:
            self._picks.see(name, read, made)
        price = flop_registry.get(func._overloadpacket)
        flops = None if price is None else price(*args, **kwargs, out_val=result)
        storages = {t.storage for t in inputs}
        if self._loop:
            fresh = {t.storage for t in outputs} - storages
            self._looped |= dict.fromkeys(fresh, (self._loop, self._iteration))
        self.operations.append(
            Recorded(
                path=self._path[-1] if self._path else "",
                layer=self._layer,
                turn=len(self.entered),
                name=name,
                inputs=inputs,
                outputs=outputs,
                flops=flops,
                is_alias=bool(outputs) and outputs[0].storage in storages,
                line=self._line(),
                extents=tuple(x for x in given if isinstance(x, int | torch.SymInt)),
                loop=self._loop,
                iteration=self._iteration,
                kind=kind_of(func),
            )
        )
        return result

    def _run(self, name: str, func: Any, args: Any, kwargs: Any) -> Any:
        """What an operation gives; where its size depends on values, as it is on average."""
        if self._picks is not None and name == "nonzero":
            rows = self._picks.rows(args[0])
            if rows is not None:
                return rows
        if self._picks is not None and name == "index":
            args = without_masks(self._picks, args) or args
        if self._picks is not None and name == "split_with_sizes":
            parts = self._picks.parts(*args, *(() if len(args) > 2 else (kwargs.get("dim", 0),)))
            if parts is not None:
                return parts
        if self._picks is not None:
            self._picks.limited(name, args)
        try:
            return self._results.of(func, args, kwargs)
        except (DataDependentOutputException, DynamicOutputShapeException) as error:
            raise ConfigError(asked(self._line())) from error
        except RuntimeError as error:
            is_bare = isinstance(error, NotImplementedError | UnsupportedOperatorException)
            if not (is_bare or "no fake impl registered" in str(error)):
                raise
            own = func.namespace != "aten"
            raise ConfigError(
                f"{self._line()}: the operation {func} cannot run without values, so the model "
                "cannot be traced; say with torch.library.register_fake what shape it gives"
                + (f", or {AS_SYMBOL.format(offered(func, args, kwargs))}" if own else "")
            ) from error
        except AssertionError as error:  # a new size of torch's own, out of values
            if "new_expr" not in str(error):
                raise
            raise ConfigError(asked(self._line())) from error

    def _joined(self, name: str, result: Any, tensors: Any, dim: int = 0) -> Any:
        """What each iteration of a loop made, joined: as many as it has, not as many as ran."""
        if name == "cat" and self._picks is not None and tensors:
            whole = self._picks.whole(tensors, dim)
            if whole is not None:
                extents = list(result.shape)
                extents[dim] = whole
                return result.new_empty(extents)
        made = [self._looped.get(t.untyped_storage()._cdata, (0, 0)) for t in tensors]
        loop = made[0][0] if made else 0
        if not loop or self._loop or made != [(loop, i) for i in range(len(made))]:
            return result
        count = self.loops[loop][0]
        extents = list(result.shape)
        extents[dim] = count if name == "stack" else extents[dim] // len(made) * count
        return result.new_empty(extents)
