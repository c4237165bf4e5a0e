"""A door, an input tried at it, and what of that is a finding."""

from __future__ import annotations

import json
import sys
import traceback
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import click

import edgesym
from edgesym.errors import EdgesymError
from tests.fuzz.limits import Hang, limits

#: Kinds of findings, in the order of the table that is printed.
KINDS = ("traceback", "hang", "memory", "exit code", "words", "wrong answer")
#: Characters of an error's line: more is nothing that a person reads.
LONGEST = 2_100
#: Characters of the text of an error that is raised: the command line makes a line of it.
_MOST = 200_000
_PACKAGE = Path(edgesym.__file__).parent


class Wrong(Exception):  # noqa: N818 - it is no error of ours
    """What a door gave is no answer and no refusal; the kind is one of :data:`KINDS`."""

    def __init__(self, what: str, kind: str = "wrong answer", place: str = "") -> None:
        super().__init__(what)
        self.kind = kind
        self.place = place


@contextmanager
def _deep() -> Iterator[None]:
    """Inputs nested deeper than Python usually goes can be drawn, though not entered."""
    usual = sys.getrecursionlimit()
    sys.setrecursionlimit(10_000)
    try:
        yield
    finally:
        sys.setrecursionlimit(usual)


@dataclass(frozen=True, slots=True)
class Door:
    """Where inputs come in.

    Attributes:
        name: what it is called.
        draw: an input: text, bytes, or plain data.
        enter: opens the door with an input; raises :class:`Wrong` where the answer is wrong.
        inputs: how many an ordinary test tries.
        seconds: of processor time that an input may take.
    """

    name: str
    draw: Callable[[Random], Any]
    enter: Callable[[Any], None]
    inputs: int = 500
    seconds: float = 2.0

    def given(self, seed: object, number: int) -> Any:
        """The input of a number under a seed, always the same."""
        with _deep():
            return self.draw(Random(f"{self.name} {seed} {number}"))  # noqa: S311 - it draws inputs


@dataclass(frozen=True, slots=True)
class Finding:
    """What an input showed; findings of one door, kind and place are one."""

    door: str
    kind: str
    place: str
    said: str
    given: Any

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it one with others."""
        return self.door, self.kind, self.place


def attempt(door: Door, given: Any) -> Finding | None:
    """What an input shows at a door; None where it is answered or refused as it should be."""

    def found(kind: str, place: str, said: str) -> Finding:
        return Finding(door.name, kind, place, said, given)

    try:
        with limits(door.seconds):
            door.enter(given)
    except Wrong as wrong:
        return found(wrong.kind, wrong.place, str(wrong))
    except (EdgesymError, click.ClickException) as refused:
        said = str(refused)
        what = "" if 0 < len(said.strip()) < _MOST else f"an error of {len(said)} characters"
        return found("words", place_of(refused), what) if what else None
    except Hang as hang:
        return found("hang", place_of(hang), f"more than {door.seconds} s")
    except MemoryError as error:
        return found("memory", place_of(error), "out of memory")
    except Exception as error:  # noqa: BLE001 - any other is what is looked for
        return found("traceback", place_of(error), f"{type(error).__name__}: {error}"[:300])
    return None


def misworded(text: str) -> str:
    """What is wrong with a line that is printed; nothing where it is one that can be read."""
    if not text.strip():
        return "an error without a word"
    if len(text) > LONGEST:
        return f"an error of {len(text)} characters"
    if "\n" in text.strip():
        return f"an error of {text.strip().count(chr(10)) + 1} lines"
    return controlled(text)


def controlled(text: str) -> str:
    """Whether characters that steer a terminal stand in a text, and which."""
    for char in text:
        if char not in "\n\t" and unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp"):
            return f"the control character {char!r}"
        if char in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069":
            return f"the character {char!r}, which turns the direction of text"
    return ""


def place_of(error: BaseException) -> str:
    """The file and function of ours in which an error arose: innermost, and what it called."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if _PACKAGE in Path(frame.filename).parents]
    if not ours:
        return type(error).__name__
    last = ours[-1]
    return f"{Path(last.filename).relative_to(_PACKAGE)}:{last.name} {type(error).__name__}"


def as_json(given: Any) -> Any:
    """An input as JSON holds it: bytes in hexadecimal digits."""
    return {"hex": given.hex()} if isinstance(given, bytes) else given


def of_json(given: Any) -> Any:
    """An input out of JSON."""
    is_bytes = isinstance(given, dict) and given.keys() == {"hex"}
    return bytes.fromhex(given["hex"]) if is_bytes else given


def text_of(finding: Finding, **more: Any) -> str:
    """A finding as a file holds it."""
    found = {
        "door": finding.door,
        "kind": finding.kind,
        "place": finding.place,
        "said": finding.said,
        "input": as_json(finding.given),
    }
    return json.dumps({**found, **more}, indent=1) + "\n"
