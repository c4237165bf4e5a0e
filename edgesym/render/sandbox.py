"""Templates of a user's own within bounds: jinja2's sandbox, and a count of the work done in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from typing import Any

from jinja2 import nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

__all__ = ["Sandbox"]

#: Characters that a template may make in all: of values, and of its own text in each round.
_ROOM = 200_000_000
#: Rounds of loops, and for how many a call of a macro, a method or a filter stands.
_STEPS, _CALL = 200_000, 4
#: A number by which a template says how much of something there is to be.
_LARGEST = 100_000
#: Such a number in a format.
_WIDE = re.compile(r"\d{6,}")
_COUNTED, _MEASURED = "_counted", "_measured"


class Sandbox(ImmutableSandboxedEnvironment):
    """An environment that ends a template which runs on, or makes what fills memory.

    Rounds of loops and calls are counted, values are measured as they are made, and numbers that
    say how much to make are bounded.
    """

    intercepted_binops = frozenset(("+", "*", "**", "%"))

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.room, self.steps = _ROOM, _STEPS
        self.filters = {name: self._bounding(name, each) for name, each in self.filters.items()}
        self.filters |= {_COUNTED: self._each, _MEASURED: self.measured}
        self.globals.pop("lipsum")

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        self.steps = min(self.steps, _ROOM // (len(source) + 1))
        parsed: nodes.Template = _Counting().visit(super()._parse(source, name, filename))
        return parsed

    def measured(self, value: Any) -> Any:
        """A value, its length taken off the room that is left."""
        self.room -= len(value) if hasattr(value, "__len__") else 0
        if self.room < 0:
            raise SecurityError(f"it makes more than {_ROOM:,} characters")
        return value

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """A call, counted; its numbers are moderate, and so are those in a format."""
        self._step()
        text = getattr(obj, "__self__", None)
        if isinstance(text, str):
            _moderate((*args, *kwargs.values()))
            if obj.__name__ in ("format", "format_map"):
                _format(text)
        return self.measured(super().call(context, obj, *args, **kwargs))

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """An operator, of operands that do not make too much."""
        self._step()
        if operator in ("*", "**"):
            _moderate((left, right))
            for text, count in ((left, right), (right, left)):
                if hasattr(text, "__len__") and isinstance(count, int):
                    self.measured(range(len(text) * max(count, 0)))
        elif operator == "%" and isinstance(left, str):
            _format(left)
            _moderate(right if isinstance(right, tuple) else (right,))
        return self.measured(super().call_binop(context, operator, left, right))

    def _step(self, cost: int = _CALL) -> None:
        self.steps -= cost
        if self.steps < 0:
            raise SecurityError("it does not end within the steps that it may take")

    def _each(self, items: Iterable[Any]) -> Iterator[Any]:
        """The items of a loop, each a step."""
        for item in items:
            self._step(1)
            yield item

    def _bounding(self, name: str, made: Callable[..., Any]) -> Callable[..., Any]:
        """A filter that is counted, of moderate numbers, and of a result that is measured."""
        value = 1 if hasattr(made, "jinja_pass_arg") else 0

        @wraps(made)
        def bounded(*args: Any, **kwargs: Any) -> Any:
            self._step()
            _moderate((*args[value + 1 :], *kwargs.values()))
            if name == "format":
                _format(str(args[value]))
            found = made(*args, **kwargs)
            return self._each(found) if isinstance(found, Iterator) else self.measured(found)

        return bounded


class _Counting(NodeTransformer):
    """Has loops count their rounds, and texts that are joined be measured."""

    def visit_For(self, node: nodes.For) -> nodes.Node:
        """A loop over counted items; one that calls itself counts its calls."""
        self.generic_visit(node)
        node.iter = _through(_COUNTED, node.iter)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        """Texts joined."""
        self.generic_visit(node)
        return _through(_MEASURED, node)


def _through(name: str, node: nodes.Node) -> nodes.Expr:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


def _moderate(values: Iterable[Any]) -> None:
    """Refuse numbers of more than there can be of anything on a page."""
    for value in values:
        if isinstance(value, int | float) and not -_LARGEST <= value <= _LARGEST:
            raise SecurityError(f"it asks for more than {_LARGEST:,} of something")


def _format(text: str) -> None:
    """Refuse a format that asks for as much."""
    if _WIDE.search(text):
        raise SecurityError(f"a format asks for more than {_LARGEST:,} characters")
