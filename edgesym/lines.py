"""On which line of a user's file a key stands, so that an error can say it."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

__all__ = ["Key", "json_lines", "lines_of", "toml_lines"]

#: Where a value stands: names of keys, and places in lists from 0 up.
Key = tuple[str | int, ...]

#: Characters that are parsed to tell lines; what follows in a larger file has none.
_MOST_PARSED = 4_000_000
#: A statement of one line that holds one plain key and one plain value.
_PLAIN = re.compile(
    r"[ \t]*([A-Za-z0-9_-]+)[ \t]*=[ \t]*"
    r"(?:\"[^\"\\\n]*\"|'[^'\n]*'|[\d.eE+_-]+|true|false)[ \t]*(?:#.*)?"
)
_TOKEN = re.compile(r'\n|"(?:[^"\\\n]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')


def lines_of(keys: Iterable[Key], stands: Iterable[tuple[Key, int]]) -> dict[Key, int]:
    r"""The line of each key, or of the nearest one around it; 0 where none is known.

    >>> key = ("rules", 1, "layout")
    >>> lines_of([key], toml_lines("[[rules]]\n[[rules]]\n"))[key]
    2
    """
    wanted = {key: [key[:end] for end in range(len(key), 0, -1)] for key in keys}
    around = {each for ways in wanted.values() for each in ways}
    found: dict[Key, int] = {}
    for key, line in stands:
        if key in around:
            found.setdefault(key, line)
    return {
        key: next((found[each] for each in ways if each in found), 0)
        for key, ways in wanted.items()
    }


def toml_lines(text: str) -> Iterator[tuple[Key, int]]:
    r"""Each table and each key of a TOML file with its line, that of an inline table's too.

    >>> list(toml_lines("[peak.fp16]\nvalue = 1\n[[fuse]]\nkernel = 'a'\n"))[2:]
    [(('peak', 'fp16', 'value'), 2), (('fuse',), 3), (('fuse', 0), 3), (('fuse', 0, 'kernel'), 4)]
    """
    counts: dict[Key, int] = {}
    table: Key = ()
    for number, statement, keys in _statements(text):
        if not statement.lstrip().startswith("["):
            yield from (((*table, *key), number) for key in _keys(keys))
            continue
        table, inner = (), keys
        while isinstance(inner, Mapping) and inner:
            name, inner = next(iter(inner.items()))
            table = (*table, name)
            yield table, number
            if isinstance(inner, list):
                counts[table] = counts.get(table, 0) + 1
            if table in counts:
                table = (*table, counts[table] - 1)
                yield table, number


def _statements(text: str) -> Iterator[tuple[int, str, Mapping[str, Any]]]:
    """The statements of a TOML file, each with its line and what it says by itself."""
    lines = text.replace("\r\n", "\n").split("\n")
    parsed = at = 0
    while at < len(lines):
        if plain := _PLAIN.fullmatch(lines[at]):
            yield at + 1, lines[at], {plain[1]: None}
            at += 1
            continue
        end, statement, said = at, "", None
        while said is None and end < len(lines):
            statement += lines[end] + "\n"
            end, parsed = end + 1, parsed + len(statement)
            if parsed > _MOST_PARSED:
                return
            try:
                said = tomllib.loads(statement)
            except (ValueError, RecursionError):  # a statement goes on in the next line
                continue
        if said:
            yield at + 1, statement, said
        at = end


def _keys(inner: Any) -> Iterator[Key]:
    """The keys that a statement holds, those of inline tables and of entries of lists too."""
    rows = enumerate(inner) if isinstance(inner, list) else ()
    for name, below in inner.items() if isinstance(inner, Mapping) else rows:
        yield (name,)
        yield from ((name, *key) for key in _keys(below))


def json_lines(text: str) -> Iterator[tuple[Key, int]]:
    r"""Each key and each entry of a list of a JSON file with its line.

    >>> list(json_lines('{"a": [2,\n {"c": 3}]}'))
    [(('a',), 1), (('a', 0), 1), (('a', 1), 2), (('a', 1, 'c'), 2)]
    """
    key: list[str | int] = []
    line, name = 1, ""
    for token in _TOKEN.finditer(text):
        sign = token[0]
        if sign == "\n":
            line += 1
        elif sign in "}]":
            del key[-1:]
        elif sign == ":":
            key[-1:] = [name]
            yield tuple(key), line
        elif sign == ",":
            key[-1:] = [entry + 1 if isinstance(entry, int) else "" for entry in key[-1:]]
        else:
            if key and isinstance(key[-1], int):
                yield tuple(key), line
            if sign in "[{":
                key.append(0 if sign == "[" else "")
            elif sign[0] == '"':
                name = json.loads(sign, strict=False)
