"""Sizes: the integers of a model as symbols of torch, with what the code asked about them.

Each size is a backed ``SymInt`` of one ``ShapeEnv``; its hint is the published integer. Whatever
the code asks of sizes is answered by the hints and kept: the answers are the domain on which
the traced form holds.
"""

from __future__ import annotations

import contextlib
import operator
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import sympy
import torch
from torch._dynamo.source import ConstantSource
from torch.fx.experimental import symbolic_shapes
from torch.fx.experimental.sym_node import SymNode
from torch.fx.experimental.symbolic_shapes import (
    DimDynamic,
    GuardOnDataDependentSymNode,
    ShapeEnv,
)

import edgesym
from edgesym.errors import ConfigError
from edgesym.symbols import symbol
from edgesym.tracing.values import asked

__all__ = ["Question", "Sizes", "is_own", "line_of_code", "remembered", "short"]


@dataclass(frozen=True, slots=True)
class Question:
    """What the code asked of sizes, and the answer at the hints.

    Attributes:
        asked: an expression or a relation over torch's symbols.
        answer: its value at the hints.
        line: file and line of the model's code that asked.
        case: the call that asked, empty for the constructor.
    """

    asked: sympy.Basic
    answer: sympy.Basic
    line: str
    case: str = ""


class _HintedEnv(ShapeEnv):  # type: ignore[misc]
    """A ``ShapeEnv`` that answers each question by its hint and keeps the question.

    A ``ShapeEnv`` solves and simplifies while the model runs, which takes minutes where a
    chunked scan asks thousands of questions; here each distinct one is looked at afterwards.
    """

    def __init__(self) -> None:
        super().__init__(specialize_zero_one=False, duck_shape=False)
        self.case = ""
        self.is_repeating = False  # in an iteration like one before, that asks what that asked
        self.questions: dict[tuple[sympy.Basic, sympy.Basic, str], str] = {}
        self._asked: set[tuple[sympy.Basic, sympy.Basic, str]] = set()

    def evaluate_expr(
        self,
        orig_expr: Any,
        hint: Any = None,
        fx_node: Any = None,
        size_oblivious: bool = False,
        fallback_value: Any = None,
        **more: Any,
    ) -> Any:
        if _is_settled(orig_expr):
            return orig_expr
        if hint is None:
            try:
                hint = self.guarding_hint_or_throw(orig_expr)
            except GuardOnDataDependentSymNode as error:
                raise ConfigError(asked(line_of_code())) from error
        answer = sympy.sympify(hint, strict=True)
        key = (orig_expr, answer, self.case)
        if not self.is_repeating and key not in self._asked and not _is_of_layout():
            self._asked.add(key)
            asked_of = evaluated(orig_expr)
            if not _is_settled(asked_of):
                self.questions.setdefault((asked_of, answer, self.case), line_of_code())
        return answer

    def forget_calls(self) -> None:
        """Leave out what calls asked, and keep what the constructor did."""
        self.questions = {key: line for key, line in self.questions.items() if not key[-1]}
        self._asked = {key for key in self._asked if not key[-1]}

    def _maybe_evaluate_static(self, expr: Any, **_: Any) -> Any:
        made = evaluated(expr)
        return made if _is_settled(made) else None

    _maybe_evaluate_static.cache_clear = lambda: None  # type: ignore[attr-defined]

    def replace(self, expr: Any, **_: Any) -> Any:
        """The expression itself: no answer replaces a size."""
        return expr


#: What torch asks of two sizes again and again: how a tensor lies in memory, whether extents fit.
_OF_TWO = ("add", "sub", "mul", "mod", "int_floordiv", "sym_max", "sym_min")
#: What it asks whether it holds, by the class of sympy, and what joins such questions.
_RELATIONS: dict[str, tuple[type, Callable[[Any, Any], Any]]] = {
    "eq": (sympy.Eq, operator.eq),
    "ne": (sympy.Ne, operator.ne),
    "lt": (sympy.Lt, operator.lt),
    "le": (sympy.Le, operator.le),
    "gt": (sympy.Gt, operator.gt),
    "ge": (sympy.Ge, operator.ge),
    **dict.fromkeys(("sym_and", "and_", "bitwise_and"), (sympy.And, operator.and_)),
    **dict.fromkeys(("sym_or", "or_", "bitwise_or"), (sympy.Or, operator.or_)),
}


#: The same as Python code writes them.
_WRITTEN = (
    *("__add__", "__radd__", "__sub__", "__rsub__", "__mul__", "__rmul__", "__mod__"),
    *("__floordiv__", "__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"),
)


@contextlib.contextmanager
def remembered() -> Iterator[None]:
    """What two sizes give is computed once: most of what torch asks of them it asks often."""
    with contextlib.ExitStack() as stack:

        def put(owner: Any, name: str, made: Any) -> None:
            stack.callback(setattr, owner, name, getattr(owner, name))
            setattr(owner, name, made)

        for name in filter(partial(hasattr, SymNode), _OF_TWO):
            put(SymNode, name, _once(getattr(SymNode, name)))
        for name, (kind, holds) in _RELATIONS.items():
            if hasattr(SymNode, name):
                before = getattr(SymNode, name)
                put(SymNode, name, _once(partial(_related, before, kind, holds)))
        for name in _WRITTEN:
            put(torch.SymInt, name, _once_written(getattr(torch.SymInt, name)))
        put(SymNode, "wrap_int", _once_wrapped(SymNode.wrap_int))
        # no answer replaces a size, so that an expression is itself
        put(SymNode, "expr", property(lambda self: self._expr))
        put(symbolic_shapes, "free_unbacked_symbols", lambda *_: set())  # every size has a hint
        put(SymNode, "maybe_as_int", lambda self: _whole(self._expr))
        yield


def _once(before: Callable[[SymNode, SymNode], SymNode]) -> Callable[[SymNode, SymNode], SymNode]:
    known: dict[Any, SymNode] = {}

    def called(self: SymNode, other: SymNode) -> SymNode:
        if not isinstance(other, SymNode):
            return before(self, other)
        key = (self._expr, other._expr, self.pytype, other.pytype)
        made = known.get(key)
        if made is None or made.shape_env is not self.shape_env:
            made = known[key] = before(self, other)
        return made

    return called


def _related(
    before: Callable[[SymNode, SymNode], SymNode],
    kind: Any,
    holds: Callable[[Any, Any], Any],
    self: SymNode,
    other: SymNode,
) -> SymNode:
    """A relation of two sizes as it stands: most are answered by hints, and never looked at."""
    left, right, hints = self._expr, other._expr, (self._hint, other._hint)
    is_joined = kind in (sympy.And, sympy.Or)
    if any(hint is None or is_joined is not isinstance(hint, bool) for hint in hints):
        return before(self, other)
    if is_joined:
        made = sympy.Basic.__new__(kind, left, right)
        made._argset = frozenset((left, right))
    else:
        made = kind(left, right, evaluate=False)
    return SymNode(made, self.shape_env, bool, holds(*hints))


@lru_cache(2**16)
def evaluated(expression: Any) -> Any:
    """What stood as it was asked, as sympy has it: true or false where it is so for all sizes."""
    if isinstance(expression, sympy.Rel | sympy.And | sympy.Or):
        return expression.func(*map(evaluated, expression.args))
    return expression


def _once_written(before: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    known: dict[Any, Any] = {}

    def called(self: Any, other: Any) -> Any:
        node = self.node
        if type(other) is int:
            key: Any = (node.shape_env, node._expr, other)
        elif type(other) is torch.SymInt:
            key = (node.shape_env, node._expr, other.node._expr, "")
        else:
            return before(self, other)
        made = known.get(key)
        if made is None:
            made = known[key] = before(self, other)
        return made

    return called


def _once_wrapped(before: Callable[[SymNode, int], SymNode]) -> Callable[[SymNode, int], SymNode]:
    known: dict[Any, SymNode] = {}

    def called(self: SymNode, number: int) -> SymNode:
        key = (self.shape_env, number)
        made = known.get(key)
        if made is None:
            made = known[key] = before(self, number)
        return made

    return called


@lru_cache(2**16)
def _is_number(expression: Any) -> bool:
    return bool(getattr(expression, "is_number", False))


def _whole(expression: Any) -> int | None:
    return int(expression) if _is_number(expression) else None


def _is_settled(expression: Any) -> bool:
    return expression is sympy.true or expression is sympy.false or _is_number(expression)


#: Functions of torch that ask how a tensor lies in memory, of which no extent depends.
_LAYOUT = frozenset(
    (
        "is_contiguous",
        "check_contiguous_sizes_strides",
        "should_swap",
        "suggest_memory_format",
        "_is_non_overlapping_and_dense_or_false",
        "is_non_overlapping_and_dense_or_false",
        "is_channels_last_contiguous_2d",
        "is_channels_last_contiguous_3d",
        "are_strides_like_channels_last_or_false",
        "_collapse_view_helper",
        "_reshape_view_helper_core_alg",
        "_reshape_view_helper",
        "should_fold",
        "compute_elementwise_output_logical_to_physical_perm",
        "make_contiguous_strides_for",
        "validate_strides",
        "validate_memory_format",
        "canonicalize_dim",
    )
)

#: Files of torch that carry a question from who asks it.
_CARRIERS = ("/sym_node.py", "/symbolic_shapes.py", "/torch/__init__.py", "/recording.py")


def _is_of_layout() -> bool:
    """Whether the question is one of strides: of these functions, or of torch's own C++ code."""
    frame: Any = sys._getframe(2)
    before, is_asked = "", True
    while frame is not None:
        code = frame.f_code
        if code.co_name in _LAYOUT:
            return True
        if is_asked and not code.co_filename.endswith(_CARRIERS):
            is_asked = False
            if code.co_filename.endswith("fake_impls.py") and code.co_name in ("conv", "convert"):
                return True  # which of its libraries would run a convolution
        if "/torch/" not in code.co_filename:
            return before.endswith(("sym_node.py:guard_or_true", "sym_node.py:guard_or_false"))
        if code.co_name == "matmul" and before.endswith(("guard_or_true", "guard_or_false")):
            return True
        before = f"{code.co_filename}:{code.co_name}"
        frame = frame.f_back
    return False


#: Where the libraries lie that run a model's code.
_LIBRARIES = tuple(f"{Path(str(made.__file__)).parent}/" for made in (torch, sympy, edgesym))


def line_of_code() -> str:
    """File and line of the innermost frame that is the model's and no library's."""
    frame = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename
        if is_own(name):
            return f"{short(name)}:{frame.f_lineno}"
        frame = frame.f_back  # type: ignore[assignment]
    return ""


def is_own(name: str) -> bool:
    """Whether a file is of a model's code, and not of a library that runs it."""
    return not name.startswith(("<", *_LIBRARIES))


def short(name: str) -> str:
    """A file by its path in its library, or by its name: where it lies is nobody else's."""
    return name.partition("site-packages/")[2] or Path(name).name


#: Why a size cannot be traced.
_FOLLOWS = "a size follows from the values of ids or masks, and is no closed form of their number"


class Sizes:
    """Named symbolic integers, and expressions over them as sympy's over our symbols."""

    def __init__(self) -> None:
        self.env = _HintedEnv()
        self.hints: dict[sympy.Symbol, int] = {}
        self._ours: dict[sympy.Symbol, sympy.Symbol] = {}
        self._made: dict[sympy.Symbol, torch.SymInt] = {}
        self._expected: dict[sympy.Expr, torch.SymInt] = {}
        #: numbers that the code read out of tensors
        self.told: dict[sympy.Symbol, str] = {}

    def tell(self, number: int) -> torch.SymInt:
        """A number that the code read out of a tensor: a size that no extent may follow from."""
        name = symbol("extent", f"value_{len(self.told) + 1}")
        self.told[name] = line_of_code()
        return self.new(name, number)

    def new(self, name: sympy.Symbol, hint: int) -> torch.SymInt:
        """The ``SymInt`` of one of our symbols; the same one each time."""
        if name not in self._made:
            made, self._made[name] = self._new(hint)
            self._ours[made] = name
            self.hints[name] = hint
        return self._made[name]

    def _new(self, hint: int) -> tuple[sympy.Symbol, torch.SymInt]:
        source = ConstantSource(f"s_{len(self._ours)}")
        made = self.env.create_symbol(
            hint, source, dynamic_dim=DimDynamic.DYNAMIC, constraint_dim=None
        )
        return made, self.env.create_symintnode(made, hint=hint, source=source)

    def expected(self, number: sympy.Expr) -> torch.SymInt:
        """The ``SymInt`` of a number that is so on average, of which nothing can be asked."""
        if number not in self._expected:
            put = {s: sympy.Integer(self.hints[s]) for s in number.free_symbols}
            hint = max(2, int(number.xreplace(put)))
            made, self._expected[number] = self._new(hint)
            self._ours[made] = number
        return self._expected[number]

    #: The symbols of how much a step works on.
    of_work = frozenset(
        map(symbol, ("batch", "new_tokens", "cached_tokens", "source_tokens", "context"))
    )

    @property
    def averages(self) -> frozenset[sympy.Expr]:
        """The numbers that are so on average."""
        return frozenset(self._expected)

    def expression(self, size: Any) -> sympy.Expr:
        """An ``int`` or a ``SymInt`` over our symbols.

        Raises:
            ConfigError: it follows from a value that the code read out of a tensor.
        """
        raw = size.node.expr if isinstance(size, torch.SymInt) else size
        made = sympy.sympify(raw, strict=True).xreplace(self._ours)
        for name in made.free_symbols & self.told.keys() if self.told else ():
            raise ConfigError(f"{self.told[name]}: {_FOLLOWS}")
        return made

    def questions(self) -> Iterator[Question]:
        """What the code asked, over our symbols, in the order it asked."""
        average = {made for made, ours in self._ours.items() if ours in self._expected}
        for (relation, answer, case), line in self.env.questions.items():
            if relation.free_symbols & average:
                continue
            question = Question(relation.xreplace(self._ours), answer, line, case)
            if not question.asked.free_symbols & self.told.keys():
                yield question
            elif not isinstance(relation, sympy.Rel):
                raise ConfigError(f"{line}: {_FOLLOWS}")

    @property
    def case(self) -> str:
        """The call that asks."""
        return self.env.case

    @case.setter
    def case(self, case: str) -> None:
        self.env.case = case
