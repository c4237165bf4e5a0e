"""What public functions take: every argument is held against its annotation, at one door.

A function with :func:`checked` in front states its domain in its signature, and each argument is
what the annotation says before the function sees it:

================= ========================================= ==============================
annotation        taken                                     given on as
================= ========================================= ==============================
``int``           whole numbers of Python, NumPy, sympy     an ``int``, which does not wrap
``float``         finite real numbers, no truth values      a ``float`` or an ``int``
``Number``        finite real numbers, no truth values      ``int``, ``Fraction``, ``float``
``bool``          truth values of Python and NumPy          a ``bool``
``str``           text that UTF-8 has, a path               text
``Path``          a path, or text                           a ``Path``
``Path | str``    either                                    itself
``Sequence[X]``   lists, tuples, arrays of one axis         a ``tuple``, each entry an X
``Iterable[X]``   these, sets, keys, generators; never text a ``tuple``, each entry an X
``Mapping[K, V]`` mappings, each key a K, each value a V    a ``dict``
``sympy.Expr``    formulas, and whole numbers and fractions a ``sympy.Expr``
a class           its instances                             itself
================= ========================================= ==============================

``Annotated[int, AtLeast(1)]`` bounds a number; a default of the signature always holds, and what
is annotated ``Any`` is checked by the function itself. NaN, infinities, complex numbers and arrays
of no axis are never numbers here.
"""

from __future__ import annotations

import functools
import inspect
import math
import numbers
import operator
import os
import sys
import types
import typing
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, TypeVar, Union

from edgesym.errors import ConfigError
from edgesym.plain import shown

__all__ = [
    "OPEN",
    "AtLeast",
    "Count",
    "Natural",
    "Number",
    "Real",
    "checked",
    "checked_but",
    "domain_of",
    "exact",
    "held",
]

Number = int | float | Fraction
_F = TypeVar("_F", bound=Callable[..., Any])
#: What ``help`` says of every function with a door.
_TOLD = "An argument that is not what its annotation says is a ConfigError that names it."


@dataclass(frozen=True, slots=True)
class AtLeast:
    """A bound of a number, as metadata of an annotation."""

    least: int

    def __str__(self) -> str:
        return f"of {self.least} or more"


#: Metadata of a number that may be infinite, or no number.
OPEN = "open"
Real = Annotated[float, OPEN]
Count = Annotated[int, AtLeast(1)]
Natural = Annotated[int, AtLeast(0)]


@dataclass(frozen=True, slots=True)
class Domain:
    """What an argument may be.

    Attributes:
        wanted: that, in words.
        take: gives the argument on, or raises :class:`Misfit`.
        plain: types whose every value is taken as it is.
    """

    wanted: str
    take: Callable[[Any], Any]
    plain: frozenset[type] = frozenset()


class Misfit(Exception):  # noqa: N818 - it goes from one function here to another
    """A value is outside a domain; ``entry`` is the part of it that is, where it has parts."""

    def __init__(self, *entry: Any) -> None:
        super().__init__()
        self.entry = entry


def checked(function: _F, *, but: Collection[str] = ()) -> _F:
    """A function, or a class by its constructor, whose arguments are held against annotations.

    Args:
        function: what is called.
        but: arguments that it checks itself.

    >>> @checked
    ... def double(batch: Count) -> int:
    ...     return 2 * batch
    >>> double(4.0)
    8
    >>> double("4")
    Traceback (most recent call last):
    ...
    edgesym.errors.ConfigError: double: batch = '4' must be a whole number of 1 or more

    Raises:
        ConfigError: (by the function that is made) naming the argument, its value, and what is
            allowed.
    """
    if isinstance(function, type):
        made: Any = function
        made.__init__ = _held(made.__init__, made.__name__, but)
        return function
    called = function.__qualname__.rpartition("<locals>.")[2]
    return typing.cast(_F, _held(function, called.removesuffix(".__init__"), but))


def checked_but(*names: str) -> Callable[[_F], _F]:
    """:func:`checked`, but for arguments that the function checks itself."""
    return functools.partial(checked, but=names)


def _held(function: Callable[..., Any], called: str, but: Collection[str]) -> Callable[..., Any]:
    """The function behind its door: a call of plain values costs little more than without."""
    domains: dict[str, Domain] = {}
    names: list[str] = []
    defaults: dict[str, Any] = {}
    plain: dict[str, frozenset[type]] = {}
    placed: list[frozenset[type]] = []

    def prepare() -> None:
        """Read the signature when it is called first: an import waits for none."""
        parameters = inspect.signature(function).parameters.values()
        names.extend(p.name for p in parameters if p.kind < p.VAR_POSITIONAL)
        defaults.update((p.name, p.default) for p in parameters)
        found = domain_of(function)
        domains.update({name: domain for name, domain in found.items() if name not in but})
        everything = _Everything()
        plain.update({n: domains[n].plain if n in domains else everything for n in defaults})
        placed.extend(plain[name] for name in names)

    def take(name: str, value: Any) -> Any:
        domain = domains.get(name)
        if domain is None or value is defaults[name]:
            return value
        return _taken(domain, value, called, name)

    def door(*args: Any, **kwargs: Any) -> Any:
        if not plain:
            prepare()
        for value, types_ in zip(args, placed, strict=False):
            if type(value) not in types_:
                args = (*map(take, names, args), *args[len(names) :])
                break
        for name, value in kwargs.items():
            if type(value) not in plain.get(name, ()):
                kwargs[name] = take(name, value) if name in domains else value
        return function(*args, **kwargs)

    # with the names of the function's module around it, doctest takes it for one of that module
    scope = getattr(inspect.unwrap(function), "__globals__", door.__globals__)
    made = types.FunctionType(door.__code__, scope, called, None, door.__closure__)
    functools.update_wrapper(made, function)
    made.__doc__ = f"{inspect.cleandoc(function.__doc__ or '')}\n\n{_TOLD}"
    for name in ("cache_clear", "cache_info"):
        if hasattr(function, name):
            setattr(made, name, getattr(function, name))
    made.__checked__ = function  # type: ignore[attr-defined]
    return made


class _Everything(frozenset[type]):
    """The types of what is not held against anything: all of them."""

    def __contains__(self, _: object) -> bool:
        return True


def held(called: str, name: str, value: Any, hint: Any) -> Any:
    """A value held against an annotation, for what has no signature of its own.

    >>> held("Setup", "batch", 2.0, Count)
    2

    Raises:
        ConfigError: naming it, its value, and what is allowed.
    """
    domain = _domain(hint)
    return value if domain is None else _taken(domain, value, called, name)


def _taken(domain: Domain, value: Any, called: str, name: str) -> Any:
    try:
        return domain.take(value)
    except Misfit as misfit:
        entry = f": {shown(misfit.entry[-1])} is not" if misfit.entry else ""
        raise ConfigError(
            f"{called}: {name} = {shown(value)} must be {domain.wanted}{entry}"
        ) from None


def domain_of(function: Callable[..., Any]) -> dict[str, Domain]:
    """The domain of each parameter that has one."""
    function = getattr(function, "__checked__", function)
    # what is returned is left out: it may be of a class that is not imported
    parameters = inspect.signature(function).parameters.values()
    said = {p.name: p.annotation for p in parameters if p.annotation is not p.empty}
    hints = {name: _hint(function.__module__, hint) for name, hint in said.items()}
    return {name: domain for name, hint in hints.items() if (domain := _domain(hint))}


@functools.cache
def _hint(module: str, written: Any) -> Any:
    """An annotation of a module, read where it is text."""
    asked = types.SimpleNamespace(__annotations__={"": written})
    return typing.get_type_hints(asked, vars(sys.modules[module]), {}, include_extras=True)[""]


@functools.cache
def _domain(hint: Any) -> Domain | None:
    """The domain of an annotation; None where every value is in it."""
    if hint in _PLAIN:
        return _PLAIN[hint]
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        return _bounded(_domain(arguments[0]), arguments[1:])
    if origin in (Union, types.UnionType):
        return _either(arguments)
    if origin is tuple and arguments and arguments[-1] is not Ellipsis:
        return _row([_domain(each) for each in arguments])
    kind = origin or hint
    if not isinstance(kind, type) or kind is object or getattr(kind, "_is_protocol", False):
        return None
    if issubclass(kind, Mapping) and kind.__module__ in ("collections.abc", "builtins"):
        return _mapping(*(_domain(each) for each in arguments or (Any, Any)))
    if kind.__name__ == "Callable":
        return Domain("a function", lambda value: value if callable(value) else _refuse())
    if kind in _SEVERAL:
        return _several(kind, _domain(arguments[0]) if arguments else None)
    if kind.__module__.startswith("sympy") and kind.__name__ in ("Expr", "Basic"):
        return Domain("a formula (a sympy expression)", _as_expression, frozenset())
    article = "an" if kind.__name__[0] in "AEIOU" else "a"

    def instance(value: Any) -> Any:
        return value if isinstance(value, kind) else _refuse()

    return Domain(f"{article} {kind.__name__}", instance, frozenset({kind}))


def _refuse() -> Any:
    raise Misfit


def exact(value: Any) -> Number | None:
    """A number in Python's own: ``int``, ``Fraction`` or ``float``; None where it is none.

    >>> exact(Fraction(8, 2)), exact(True), exact("8")
    (4, None, None)
    """
    if type(value) in (int, float):
        return typing.cast(Number, value)
    try:
        return _of_python(value)
    except (TypeError, ValueError):  # it calls itself a number, as a span of time does, and is none
        return None


def _of_python(value: Any) -> Number | None:
    match value:
        case bool():
            return None
        case numbers.Integral():
            return int(value)
        case numbers.Rational():
            return _whole(Fraction(int(value.numerator), int(value.denominator)))
        case Decimal():
            return _whole(Fraction(value)) if value.is_finite() else math.nan
        case numbers.Real():
            return float(value)
    return None


def _whole(number: Fraction) -> Number:
    return number.numerator if number.denominator == 1 else number


def _as_number(value: Any) -> Any:
    found = exact(value)
    return _refuse() if found is None or not math.isfinite(_near(found)) else found


def _near(number: Number) -> float:
    """A number as a float, where a number too large is infinite."""
    try:
        return float(number)
    except OverflowError:  # infinite is what no double holds, and it is refused as that
        return math.inf


def _as_whole(value: Any) -> Any:
    found = exact(value)
    if isinstance(found, float) and found.is_integer():
        found = int(found)
    return found if isinstance(found, int) else _refuse()


def _as_float(value: Any) -> Any:
    """A number that is finite as a float; a whole one stays whole, and has all its digits."""
    found = exact(value)
    near = math.nan if found is None else _near(found)
    return (found if isinstance(found, int) else near) if math.isfinite(near) else _refuse()


def _as_real(value: Any) -> Any:
    found = exact(value)
    near = math.nan if found is None else _near(found)
    if found is None or (isinstance(found, int) and math.isinf(near)):
        _refuse()
    return found if isinstance(found, int) else near


def _as_truth(value: Any) -> Any:
    is_numpy = type(value).__module__ == "numpy" and type(value).__name__ in ("bool", "bool_")
    return bool(value) if isinstance(value, bool) or is_numpy else _refuse()


def _as_text(value: Any) -> Any:
    text = os.fspath(value) if isinstance(value, os.PathLike) else value
    if not isinstance(text, str) or "\0" in text:
        _refuse()
    try:
        _ = text.isascii() or text.encode()
    except UnicodeEncodeError:
        raise Misfit from None
    return text if type(text) is str else str(text)


def _as_path(value: Any) -> Any:
    return Path(_as_text(value))


def _as_text_or_path(value: Any) -> Any:
    text = _as_text(value)
    return value if isinstance(value, Path) else text


def _as_expression(value: Any) -> Any:
    import sympy  # what takes no formula does not wait for it

    if isinstance(value, sympy.Basic):
        return value if isinstance(value, sympy.Expr) and value is not sympy.nan else _refuse()
    found = exact(value)
    if found is None or isinstance(found, float):
        return _refuse()
    return sympy.Rational(found.numerator, found.denominator)


_PLAIN: dict[Any, Domain | None] = {
    Any: None,
    None: Domain("None", lambda value: value if value is None else _refuse()),
    type(None): Domain("None", lambda value: value if value is None else _refuse()),
    bool: Domain("True or False", _as_truth, frozenset({bool})),
    int: Domain("a whole number", _as_whole, frozenset({int})),
    float: Domain("a finite number", _as_float),
    Number: Domain("a finite number", _as_number, frozenset({int})),
    str: Domain("text", _as_text),
    Path: Domain("a path", _as_path),
}
_SEVERAL = (Sequence, Collection, Iterable, list, tuple, set, frozenset)


def _bounded(base: Domain | None, limits: Sequence[Any]) -> Domain | None:
    if OPEN in limits:
        return Domain("a number", _as_real, frozenset({float}))
    bounds = [limit for limit in limits if isinstance(limit, AtLeast)]
    if base is None or not bounds:
        return base
    least, take = max(bound.least for bound in bounds), base.take

    def bounded(value: Any) -> Any:
        found = take(value)
        return found if found >= least else _refuse()

    return Domain(f"{base.wanted} {AtLeast(least)}", bounded)


def _either(hints: Sequence[Any]) -> Domain | None:
    if {int, float} <= set(hints):
        hints = [Number, *(h for h in hints if h not in (int, float, Fraction))]
    several = [_domain(hint) for hint in hints]
    if None in several:
        return None
    found = [domain for domain in several if domain is not None]
    if {str, Path} <= set(hints):
        found.insert(0, Domain("text or a path", _as_text_or_path))

    def either(value: Any) -> Any:
        inner: tuple[Any, ...] = ()
        for domain in found:
            try:
                return domain.take(value)
            except Misfit as misfit:  # another of them may fit, and none is refused
                inner = inner or misfit.entry
        raise Misfit(*inner)

    words = list(dict.fromkeys(domain.wanted for domain in found))
    words = [word for word in words if f"{word} or a path" not in words and word != "a path"]
    return Domain(" or ".join(words), either, frozenset().union(*(d.plain for d in found)))


def _entries(value: Any, kind: type) -> list[Any]:
    """The entries of a value that is a list of some kind."""
    if isinstance(value, str | bytes | bytearray):
        _refuse()
    if isinstance(value, Mapping):  # which is its keys, in order
        return list(value) if kind is Iterable else _refuse()
    if hasattr(value, "__array_interface__"):
        return list(value) if getattr(value, "ndim", 0) == 1 else _refuse()
    if kind is Iterable:
        return list(value) if isinstance(value, Iterable) else _refuse()
    fits = Sequence if kind in (Sequence, list, tuple) else Collection
    return list(value) if isinstance(value, fits) else _refuse()


def _each(domain: Domain | None, entry: Any) -> Any:
    if domain is None or type(entry) in domain.plain:
        return entry
    try:
        return domain.take(entry)
    except Misfit:
        raise Misfit(entry) from None


def _several(kind: type, inner: Domain | None) -> Domain:
    def several(value: Any) -> Any:
        entries = _entries(value, kind)
        taken = [_each(inner, entry) for entry in entries]
        if isinstance(value, tuple) and all(map(operator.is_, taken, entries)):
            return value
        return frozenset(taken) if issubclass(kind, frozenset | set) else tuple(taken)

    return Domain("a list" + (f", each entry {inner.wanted}" if inner else ""), several)


def _row(places: Sequence[Domain | None]) -> Domain:
    def row(value: Any) -> Any:
        entries = _entries(value, tuple)
        if len(entries) != len(places):
            _refuse()
        taken = tuple(map(_each, places, entries))
        same = isinstance(value, tuple) and all(map(operator.is_, taken, value))
        return value if same else taken

    words = ", ".join("anything" if place is None else place.wanted for place in places)
    return Domain(f"a list of {len(places)}: {words}", row)


def _mapping(key: Domain | None, inner: Domain | None) -> Domain:
    def mapping(value: Any) -> Any:
        if not isinstance(value, Mapping):
            _refuse()
        taken = {_each(key, name): _each(inner, entry) for name, entry in value.items()}
        same = all(entry is value.get(name) for name, entry in taken.items())
        return value if same else taken

    words = [
        f"each {which} {domain.wanted}"
        for which, domain in (("key", key), ("value", inner))
        if domain
    ]
    return Domain(", ".join(["a mapping", *words]), mapping)
