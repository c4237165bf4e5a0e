"""A user's file held to what such a file may hold, before anything is read from it.

What a kind of file may hold is a type, beside the room that reads it: :class:`msgspec.Struct` for
a table of known keys, ``dict[NAME, ...]`` for one of a user's own, ``Annotated[..., Meta(...)]``
for a bound, with what an error is to say as its ``description`` (:mod:`edgesym.filetypes`).
Whatever its kind, a file holds finite numbers and texts without control characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, islice
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from edgesym.errors import ConfigError, EdgesymError, UnknownNameError, nearest
from edgesym.files.parse import json_text, parse_json, parse_toml
from edgesym.files.read import LARGEST, read_text
from edgesym.lines import Key, json_lines, lines_of, toml_lines
from edgesym.plain import control_in, shown

__all__ = ["PART", "held_to", "user_json", "user_toml"]

#: Names of parts of models, from end to end: they stand in rows, in symbols and in drawings.
PART = r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*"
#: Problems of a file that are told at once, in so many characters.
_MOST_TOLD, _LONGEST_TOLD = 10, 500
_LONGEST_KEY, _LONGEST_TEXT = 500, 200_000
_DEEPEST = 60
_MOST_LISTED = 12
#: Whole numbers of TOML are of 64 bits (toml.io/en/v1.0.0#integer); JSON's are held to as many.
_LARGEST = 2**63
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_LONGEST_SHOWN = 60
_WORDS: dict[Any, str] = {
    str: "text, in quotes",
    int: "a whole number",
    float: "a number",
    bool: "true or false, without quotes",
    Any: "anything",
}


@dataclass(frozen=True, slots=True)
class _Problem:
    """What is wrong at a key.

    Attributes:
        what: the value, what is expected, and the remedy; or the key that is not known.
        known: for a key that nobody reads, those that there are.
    """

    key: Key
    what: str
    known: tuple[str, ...] = ()


def user_toml(path: Path, kind: Any) -> dict[str, Any]:
    """A user's TOML file, held to what a file of its kind may hold.

    Raises:
        ConfigError, UnknownNameError: it cannot be read, is not TOML, or holds anything else.
    """
    text = read_text(path, "data file")
    table: dict[str, Any] = held_to(parse_toml(text, str(path)), kind, str(path), text)
    return table


def user_json(path: Path, kind: Any, what: str, largest: int = LARGEST) -> dict[str, Any]:
    """A user's JSON file, gzipped or not, held to what a file of its kind may hold.

    Args:
        what: as errors call what the file should have been.
        largest: bytes at most, packed and unpacked.

    Raises:
        ConfigError, UnknownNameError: it cannot be read, is not JSON, or holds anything else.
    """
    text = json_text(path, what, largest)
    table: dict[str, Any] = held_to(parse_json(text, str(path), what), kind, str(path), text)
    return table


def held_to(table: Any, kind: Any, origin: str, text: str = "", at: Key = ()) -> Any:
    """What was parsed from a file, as it is, if it holds what a file of that kind may hold.

    Args:
        table: what was parsed.
        kind: the type that says what it may hold.
        origin: how errors call the file.
        text: the file itself, TOML or JSON, from which errors have the line.
        at: where the table stands in the file.

    Raises:
        ConfigError: with the line, the key and the value of each problem, ten at most, and what
            is expected there.
        UnknownNameError: a key that nobody reads is all that is wrong with it.
    """
    found = list(islice(_plain(table, at), _MOST_TOLD + 1))
    is_typed = not found and _is_typed(table, kind)
    if not found and not (is_typed and not _has_forms(kind)):
        found = list(islice(_problems(table, kind, at, is_typed=is_typed), _MOST_TOLD + 1))
    if not found:
        return table
    stands = json_lines(text) if text.lstrip().startswith(("{", "[{")) else toml_lines(text)
    lines = lines_of({problem.key for problem in found}, stands)
    if len(found) == 1:
        raise _error(found[0], f"{origin}:{lines[found[0].key] or ''}".rstrip(":"))
    errors = [_error(each, f"line {lines[each.key]}" if lines[each.key] else "") for each in found]
    raise ConfigError(_joined([str(error) for error in errors], origin))


def _is_typed(value: Any, kind: Any) -> bool:
    """Whether a value is of a type, but for the forms of its texts."""
    from msgspec import ValidationError, convert

    try:
        convert(value, kind)
    except ValidationError:  # which is the answer
        return False
    return True


@cache
def _has_forms(kind: type) -> bool:
    """Whether a text of a table must be of some form."""
    seen: list[Any] = []
    waiting: list[Any] = [kind]
    while waiting:
        here = waiting.pop()
        if any(here is each for each in seen):
            continue
        seen.append(here)
        if any(note.extra for note in _notes(here)):
            return True
        waiting += get_args(here)
        if isinstance(here, type) and hasattr(here, "__struct_fields__"):
            waiting += get_type_hints(here, include_extras=True).values()
    return False


def _fits(value: Any, kind: Any, *, is_typed: bool) -> bool:
    """Whether a value is of a type, and a text of the form that is asked of it."""
    formed = not isinstance(value, str) or _is_formed(value, kind)
    return formed and (is_typed or _is_typed(value, kind))


def _is_formed(text: str, kind: Any) -> bool:
    """Whether a text has the form that its type asks for.

    The form stands beside msgspec's own bounds: its ``pattern`` is freed wrongly where a text
    may be a list or a table too (github.com/msgspec/msgspec/issues/717).
    """
    for arm in _arms(kind):
        bare = arm.__origin__ if get_origin(arm) is Annotated else arm
        if bare is str:
            forms = [note.extra["form"] for note in _notes(arm) if note.extra]
            return all(re.fullmatch(form, text) for form in forms)
    return True


def _joined(said: Sequence[str], origin: str) -> str:
    """What is wrong with a file, on one line: as many problems as a reader wants at once."""
    told = [f"({number}) {each}" for number, each in enumerate(said, 1)]
    lengths = accumulate(len(each) + 1 for each in told)
    many = sum(length <= _LONGEST_TOLD for length in lengths)
    told = told[: max(1, min(many, _MOST_TOLD))]
    more = ", and more" if len(told) < len(said) else ""
    return f"{origin}: {len(told)} problems{more}: {' '.join(told)}"


def _error(problem: _Problem, place: str) -> EdgesymError:
    inside = _dotted(problem.key[:-1] if problem.known else problem.key)
    if problem.known:
        around = ": ".join(filter(None, [place, inside]))
        return UnknownNameError(
            f"key of {around}:" if around else "key", _cut(problem.what), problem.known
        )
    return ConfigError(": ".join(filter(None, [place, _about(inside, problem.what)])))


def _about(inside: str, what: str) -> str:
    """A key and what is wrong there."""
    said = f"{inside}{what}" if what.startswith(":") else f"{inside} {what}"
    return said.strip(" :") if inside else said.strip(" :=")


def _dotted(key: Key) -> str:
    """A key as TOML writes it, entries of lists by number from 1 up.

    >>> _dotted(("peak", "fp 16", "range", 0))
    'peak."fp 16".range[1]'
    """
    parts = []
    for name in key:
        if isinstance(name, int):
            parts.append(f"[{name + 1}]")
            continue
        short = _cut(name)
        parts.append(f".{short}" if _BARE.fullmatch(short) else f'."{shown(short)[1:-1]}"')
    return "".join(parts).removeprefix(".")


def _cut(name: str) -> str:
    return name if len(name) <= _LONGEST_SHOWN else f"{name[:_LONGEST_SHOWN]}..."


def _plain(value: Any, key: Key) -> Iterator[_Problem]:
    """What no file of any kind holds: controls in texts, numbers that are none, endless depth."""
    match value:
        case bool():
            return
        case str():
            if found := control_in(value):
                what = f"a control character, U+{ord(found):04X}; take it out"
                yield _Problem(key, f"= {shown(value)} holds {what}")
            elif len(value) > _LONGEST_TEXT:
                yield _Problem(
                    key, f"is a text of {len(value)} characters; {_LONGEST_TEXT} at most"
                )
        case int():
            if not -_LARGEST <= value < _LARGEST:
                digits = int(value.bit_length() * 0.30103) + 1
                yield _Problem(key, f"is a number of about {digits} digits; 18 at most")
        case float():
            if not abs(value) < float("inf"):
                yield _Problem(key, f"= {value} must be a finite number")
        case list() | Mapping() if len(key) >= _DEEPEST:
            yield _Problem(key[:4], f"is nested deeper than {_DEEPEST}")
        case list():
            for number, inner in enumerate(value):
                yield from _plain(inner, (*key, number))
        case Mapping():
            for name, inner in value.items():
                if not _is_key(name):
                    what = f"a key {shown(name)}; a key is a short text of one line"
                    yield _Problem(key, f"has {what}")
                else:
                    yield from _plain(inner, (*key, name))


def _is_key(name: Any) -> bool:
    text = isinstance(name, str) and len(name) <= _LONGEST_KEY
    return text and "\n" not in name and not control_in(name)


def _problems(value: Any, kind: Any, key: Key, *, is_typed: bool) -> Iterator[_Problem]:
    """Where a value departs from a type.

    Args:
        is_typed: whether it is known to be of it, but for the forms of its texts.
    """
    if is_typed and not isinstance(value, str | list | Mapping):
        return  # of a number there is nothing more to see
    around = _around(kind, value)
    inside: Iterator[_Problem] = iter(())
    if isinstance(around, type):
        inside = _of_table(value, around, key, is_typed=is_typed)
    elif isinstance(value, Mapping) and around is not None:
        names, below = get_args(around)
        inside = (
            problem
            for name, inner in value.items()
            for problem in (
                *_of_name(name, names, key, is_typed=is_typed),
                *_problems(inner, below, (*key, name), is_typed=is_typed),
            )
        )
    elif around is not None:
        below, *_ = get_args(around)
        inside = (
            problem
            for number, inner in enumerate(value)
            for problem in _problems(inner, below, (*key, number), is_typed=is_typed)
        )
    first = next(inside, None)
    if first is not None:
        yield first
        yield from inside
    elif not _fits(value, kind, is_typed=is_typed):
        close = nearest(value, _choices(kind)) if isinstance(value, str) else []
        hint = f"; nearest: {', '.join(close)}" if close else ""
        yield _Problem(key, f"= {shown(value)} must be {_expected(kind)}{hint}")


def _of_table(
    value: Mapping[str, Any], kind: Any, key: Key, *, is_typed: bool
) -> Iterator[_Problem]:
    """Where a table departs from one of known keys."""
    known = _fields(kind)
    is_closed = kind.__struct_config__.forbid_unknown_fields
    for name in sorted(value.keys() - known.keys()) if is_closed else ():
        yield _Problem((*key, name), name, tuple(known))
    missing = [each for name, each in known.items() if each.required and name not in value]
    if missing:
        names = ", ".join(sorted(each.encode_name for each in missing))
        which = "" if missing[1:] else f", which is {_expected(missing[0].type)}"
        yield _Problem(key, f": missing {names}{which}")
    for name in [name for name in known if name in value]:
        yield from _problems(value[name], known[name].type, (*key, name), is_typed=is_typed)


@cache
def _fields(kind: type) -> dict[str, Any]:
    """The keys of a table, and what each may hold."""
    from msgspec.structs import fields

    return {each.encode_name: each for each in fields(kind)}


def _of_name(name: str, kind: Any, key: Key, *, is_typed: bool) -> Iterator[_Problem]:
    """Where a key of a user's own is none that a table may have."""
    if not _fits(name, kind, is_typed=is_typed):
        yield _Problem(key, f"has a key {shown(name)}, which must be {_expected(kind)}")


def _notes(kind: Any) -> tuple[Any, ...]:
    """The bounds of a type, and what else is noted beside them."""
    return kind.__metadata__ if get_origin(kind) is Annotated else ()


def _said(kind: Any) -> str:
    """What errors say of a type where it is described."""
    return next((note.description for note in _notes(kind) if note.description), "")


def _arms(kind: Any) -> Iterator[Any]:
    """The types of a union; of any other type, itself."""
    bare = kind.__origin__ if get_origin(kind) is Annotated else kind
    if get_origin(bare) in (Union, UnionType) and not _said(kind):
        for each in get_args(bare):
            yield from _arms(each)
    else:
        yield kind


def _around(kind: Any, value: Any) -> Any:
    """The type of a union, without its bounds, that is one of tables or lists as the value is."""
    from msgspec import Struct

    if get_origin(kind) is Annotated:
        return _around(kind.__origin__, value)
    if get_origin(kind) in (Union, UnionType):
        return next(filter(None, (_around(each, value) for each in get_args(kind))), None)
    if isinstance(value, Mapping):
        of_keys = isinstance(kind, type) and issubclass(kind, Struct)
        return kind if of_keys or get_origin(kind) is dict else None
    return kind if isinstance(value, list) and get_origin(kind) is list else None


def _choices(kind: Any) -> list[str]:
    """The texts that a type takes, where they are listed."""
    bare = kind.__origin__ if get_origin(kind) is Annotated else kind
    if get_origin(bare) in (Union, UnionType):
        return [text for each in get_args(bare) for text in _choices(each)]
    return [str(each) for each in get_args(bare)] if get_origin(bare) is Literal else []


def _expected(kind: Any) -> str:
    """What a type takes, in words."""
    words: list[str] = []
    for arm in _arms(kind):
        bare = arm.__origin__ if get_origin(arm) is Annotated else arm
        if said := _said(arm):
            words.append(said)
        elif choices := _choices(bare):
            more = f" and {len(choices) - _MOST_LISTED} more" if len(choices) > _MOST_LISTED else ""
            words.append(f"one of {', '.join(choices[:_MOST_LISTED])}{more}")
        elif get_origin(bare) is list:
            words.append("a list, in brackets")
        elif bare is not NoneType:
            words.append(_WORDS.get(bare, "a table"))
    if "a number" in words:
        words = [word for word in words if word != "a whole number"]
    return " or ".join(dict.fromkeys(words))
