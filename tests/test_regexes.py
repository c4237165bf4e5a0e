"""Every pattern of the package takes time that grows with the text, not with its square.

Each literal given to ``re`` is run on texts that repeat what its own parts match, by the ways in
which its module uses it. 8,000 characters take a linear pattern less than a millisecond, and one
that tries every place from every place some tenths of a second.
"""

from __future__ import annotations

import ast
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from re import _constants as names  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]

import pytest

import edgesym

_ROOM = Path(edgesym.__file__).parent
_WAYS = ("match", "fullmatch", "search", "sub", "split", "findall", "finditer")
_SHORT, _LONG = 2_000, 8_000
#: Seconds of a processor: of a text of 2,000 characters, to look closer; of one of 8,000, too many.
_SUSPECT, _TOO_LONG = 0.002, 0.08
_ENDS = "\0"


def _flags(call: ast.Call) -> int:
    found = 0
    for given in (*call.args[1:], *(k.value for k in call.keywords)):
        for node in ast.walk(given):
            if isinstance(node, ast.Attribute) and node.attr.isupper():
                found |= int(getattr(re, node.attr, 0))
    return found


def _patterns() -> Iterator[tuple[str, str, int, tuple[str, ...]]]:
    """Where a literal stands, the literal, its flags, and how it is used."""
    for path in sorted(_ROOM.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if "import re" not in text:
            continue
        tree = ast.parse(text)
        called = {
            id(node.value): target.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            if not node.args:
                continue
            where, given = node.func.value, node.args[0]
            if not (isinstance(where, ast.Name) and where.id == "re"):
                continue
            if not (isinstance(given, ast.Constant) and isinstance(given.value, str)):
                continue
            way = node.func.attr
            ways: tuple[str, ...] = (way,) if way in _WAYS else ()
            if way == "compile":
                name = called.get(id(node), "")
                ways = tuple(w for w in _WAYS if name and f"{name}.{w}(" in text) or ("search",)
            if ways:
                place = f"{path.relative_to(_ROOM)}:{node.lineno}"
                yield place, given.value, _flags(node), ways


def _character(items: list[tuple[object, object]]) -> str:
    """A character of a class."""
    text = {
        names.CATEGORY_DIGIT: "1",
        names.CATEGORY_SPACE: " ",
        names.CATEGORY_WORD: "a",
        names.CATEGORY_NOT_WORD: "-",
    }
    kind, value = items[0]
    if kind is names.NEGATE:
        bad = {chr(v) for k, v in items[1:] if k is names.LITERAL and isinstance(v, int)}
        return next(c for c in "xy1 -_.(" if c not in bad)
    if kind is names.LITERAL and isinstance(value, int):
        return chr(value)
    if kind is names.RANGE and isinstance(value, tuple):
        return chr(value[0])
    return text.get(value, "x")


def _parts(pattern: str, flags: int) -> list[str]:
    """Texts that parts of a pattern match, the shortest first."""
    found: set[str] = set()

    def made(sequence: object) -> str:
        text = ""
        for kind, value in sequence:  # type: ignore[attr-defined]
            if kind is names.LITERAL:
                text += chr(value)
            elif kind is names.IN:
                text += _character(value)
            elif kind in (names.MAX_REPEAT, names.MIN_REPEAT, names.POSSESSIVE_REPEAT):
                inner = made(value[2])
                found.add(inner)
                text += inner * max(1, min(value[0], 3))
            elif kind is names.SUBPATTERN:
                text += made(value[3])
                found.add(text)
            elif kind is names.ATOMIC_GROUP:
                text += made(value)
            elif kind is names.BRANCH:
                each = [made(branch) for branch in value[1]]
                found.update(each)
                text += each[0]
            elif kind in (names.NOT_LITERAL, names.ANY, names.GROUPREF):
                text += "x"
        found.update(text[:end] for end in range(1, min(len(text), 12) + 1))
        found.add(text)
        return text

    made(parser.parse(pattern, flags))
    return sorted((part for part in found if 0 < len(part) < 60), key=lambda p: (len(p), p))


def _took(run: Callable[[str], object], before: str, pump: str, length: int) -> float:
    text = before + pump * (length // len(pump)) + _ENDS
    start = time.process_time()
    run(text)
    return time.process_time() - start


def _slow(pattern: str, flags: int, ways: tuple[str, ...]) -> str:
    """A text on which a pattern takes far too long, in words; empty if none is found."""
    made = re.compile(pattern, flags)
    parts = _parts(pattern, flags)
    pumps = dict.fromkeys([*parts[:10], "x", " ", "1", "\n"])
    prefixes = ("", *parts[:3], *parts[-2:])
    for way in ways:
        run = getattr(made, way)
        if way == "sub":
            run = lambda text: made.sub("", text)  # noqa: E731 - a pattern with what it puts in
        elif way == "finditer":
            run = made.findall
        for pump in pumps:
            for before in prefixes:
                if _took(run, before, pump, _SHORT) < _SUSPECT:
                    continue
                least = min(_took(run, before, pump, _LONG) for _ in range(2))
                if least > _TOO_LONG:
                    return f"{way} of {before!r} and {pump!r} repeated takes {least:.2f} s"
    return ""


_FOUND = sorted(_patterns())


@pytest.mark.parametrize("room", sorted({place.split("/")[0] for place, *_ in _FOUND}))
def test_patterns_take_time_that_grows_with_the_text(room: str) -> None:
    here = [one for one in _FOUND if one[0].split("/")[0] == room]
    slow = {(place, pattern): _slow(pattern, flags, ways) for place, pattern, flags, ways in here}
    assert not {key: said for key, said in slow.items() if said}


def test_a_slow_pattern_is_found() -> None:
    assert _slow(r"\s*x", 0, ("search",))
    assert _slow(r"\d*\.?\d*x", 0, ("match",))
    assert not _slow(r"(?<!\s)\s*x", 0, ("search",))
