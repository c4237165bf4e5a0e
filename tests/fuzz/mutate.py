"""Good inputs made bad: texts, bytes and plain data, by plain random changes."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

__all__ = ["HOSTILE", "mutated_bytes", "mutated_data", "mutated_text", "toml_of"]

#: Texts that mean something to somebody: a terminal, a shell, LaTeX, HTML, a sheet, a path.
NASTY = (
    *("", " ", "\x00", "\x1b[31m", "\x1b]0;title\x07", "\r\n", "a\nb", "\u202etxt.exe", "\ufeff"),
    *("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", '"', "'", "`", "${7*7}"),
    *("{{7*7}}", "{% raw %}", "\\input{/etc/passwd}", "\\write18{true}", "$", "%", "#", "&", "_"),
    *("=1+1", "@SUM(1)", "../../etc/passwd", "/dev/null", "/", ".", "~", "-", "--", "|", "[x](y)"),
    *("nan", "inf", "-inf", "1e999", "0x10", "1_000", "\u0661\u0662", "1" * 400, "True", "None"),
    *("x" * 300, "\U0001f600", "\u00e9", "e\u0301", "\ud800", "__import__('os').system('true')"),
    *("().__class__", "9**9**9", "(" * 200, "[" * 200, "\\" * 50, "null", "[]", "{}"),
)
NUMBERS = (
    *(0, 1, -1, 2, 3, 7, 64, 1000, 2**31, 2**53 + 1, 2**63, 10**19, 10**30, -(2**40)),
    *(0.0, -0.0, 0.5, 1e-9, 1.5, 3.0, 1e18, 1e300, float("inf"), float("-inf"), float("nan")),
)
_WORD = re.compile(r"\d[\d.]*|[^\W\d]\w*")
#: What a number in a text is replaced by.
_NEAR = (*"0123479", "10", "16", "64", "128", "1000", "0.5", "1.5", "1e3", "2.25", "4096")
#: What a value is replaced by.
HOSTILE = (
    *NUMBERS,
    *NASTY,
    *(True, False, None, [], {}, [[]], [0], [1, 2, 3], ["a"], {"a": 1}, [None], [[1] * 3] * 3),
)


def mutated_text(
    random: Random, seeds: Sequence[str], fragments: Sequence[str] = (), longest: int = 8_000
) -> str:
    """A seed with a few things cut, put in, doubled, wrapped, or joined with another's.

    A third are near what they were: words and numbers in place of others.
    """
    text = random.choice(seeds)
    if random.random() < 1 / 3:
        return _near_text(random, text, random.choice(seeds))[:longest]
    pool = fragments or NASTY
    for _ in range(random.choice((1, 1, 1, 2, 2, 3, 6))):
        at, to = sorted(random.randint(0, len(text)) for _ in range(2))
        match random.randint(0, 9):
            case 0:
                text = text[:at] + text[min(to, at + 8) :]
            case 1 | 2 | 3:
                text = text[:at] + random.choice(pool) + text[at:]
            case 4:
                text = text[:to] + text[at:to] * random.choice((1, 1, 2, 9, 100)) + text[to:]
            case 5:
                other = random.choice(seeds)
                text = text[:at] + other[random.randint(0, len(other)) :]
            case 6:
                text = text[:at] + random.choice("({[") + text[at:to] + random.choice(")}]")
            case 7:
                text = text[:at] + chr(random.randint(32, 126)) + text[at + 1 :]
            case 8:
                text = text[:at] + random.choice(NASTY) + text[to:]
            case _:
                text = text[:at] + str(random.choice(NUMBERS)) + text[min(to, at + 4) :]
    return text[: random.choice((200, 1000, longest))]


def _near_text(random: Random, text: str, other: str) -> str:
    """A text with words and numbers that are others, some of another's."""
    for _ in range(random.choice((0, 1, 1, 1, 2))):
        words = list(_WORD.finditer(text))
        if not words:
            return text
        word = random.choice(words)
        if word[0][0].isdigit():
            new = random.choice(_NEAR)
        else:
            new = random.choice(_WORD.findall(other) or [""])
        text = text[: word.start()] + new + text[word.end() :]
    return text


def mutated_bytes(random: Random, seeds: Sequence[bytes], longest: int = 100_000) -> bytes:
    """A seed with bytes changed, cut, put in, and numbers in place of others."""
    raw = bytearray(random.choice(seeds))
    for _ in range(random.choice((1, 1, 2, 3, 8))):
        at = random.randint(0, len(raw))
        match random.randint(0, 6):
            case 0:
                del raw[at : at + random.choice((1, 4, 8, 1000))]
            case 1:
                raw[at : at + 1] = bytes([random.randrange(256)])
            case 2:
                raw[at : at + 4] = struct.pack("<I", random.choice((0, 1, 2**31, 2**32 - 1, 99)))
            case 3:
                raw[at : at + 8] = struct.pack("<Q", random.choice((0, 1, 2**63, 2**64 - 1, 2**40)))
            case 4:
                raw[at:at] = raw[at : at + 64] * random.choice((1, 2, 50))
            case 5:
                del raw[at:]
            case _:
                raw[at : at + 1] = random.choice((b"\xff", b"\x00", b"\xc3\x28", b"\xef\xbb\xbf"))
    return bytes(raw[:longest])


def mutated_data(random: Random, seeds: Sequence[Any]) -> Any:
    """A seed of plain data with values replaced, keys gone, renamed, put in, or swapped."""
    data = _copy(random.choice(seeds))
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        places = list(_places(data))
        if not places:
            return data
        holder, key = random.choice(places)
        match random.randint(0, 9):
            case 0 | 1 | 2 | 3:
                # A copy, for what is put in is itself changed by the next step.
                holder[key] = _copy(random.choice(HOSTILE))
            case 4:
                del holder[key]
            case 5:
                other, there = random.choice(places)
                holder[key] = _copy(other[there]) if there in _keys(other) else 0
            case 6:
                if isinstance(holder, dict):
                    name = random.choice(("zz_unknown", "", f"{key}x", *NASTY))
                    holder[name] = _copy(holder[key])
                else:
                    holder.insert(key, _copy(holder[key]))
            case 7:
                holder[key] = _turned(random, holder[key])
            case 8:
                holder[key] = [_copy(holder[key]) for _ in range(random.choice((1, 2, 50)))]
            case _:
                holder[key] = _deep(holder[key], random.choice((1, 3, 100)))
    return data


def _copy(value: Any) -> Any:
    return json.loads(json.dumps(value))


def _near_data(random: Random, data: Any, other: Any) -> Any:
    """Data with a value or two as another's, or a number that is another."""
    for _ in range(random.choice((0, 1, 1, 1, 2, 3))):
        places = list(_places(data))
        if not places:
            return data
        holder, key = random.choice(places)
        there = [value for each, at in _places(other) if at == key for value in (each[at],)]
        value = holder[key]
        if isinstance(value, int | float) and not isinstance(value, bool):
            factor = random.choice((0, 0.5, 2, 3, 7, 1000))
            holder[key] = type(value)(value * factor) if random.random() < 0.7 else value + 1
        elif isinstance(value, str) and value[:1].isdigit():
            holder[key] = _near_text(random, value, value)
        elif there and random.random() < 0.8:
            holder[key] = _copy(random.choice(there))
        elif isinstance(holder, dict):
            del holder[key]
    return data


def _keys(holder: Any) -> Any:
    return range(len(holder)) if isinstance(holder, list) else holder


def _turned(random: Random, value: Any) -> Any:
    """The same value in another type, or near it."""
    match value:
        case bool():
            return random.choice((int(value), str(value).lower()))
        case int() | float():
            around = (str(value), value + 1, -value, value * 2, bool(value), value / 2, value + 0.5)
            return random.choice((*around, value * 1000, [value]))
        case str():
            return random.choice((value.upper(), value + " ", value * 2, value[:-1], [value]))
        case dict():
            return list(value)
    return str(value)


def _deep(value: Any, depth: int) -> Any:
    for _ in range(depth):
        value = {"a": value}
    return value


def _places(data: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in plain data: what holds it, and its key."""
    waiting = [data]
    while waiting:
        holder = waiting.pop()
        keys = list(_keys(holder)) if isinstance(holder, list | dict) else ()
        for key in keys:
            yield holder, key
            waiting.append(holder[key])


def toml_of(data: Any) -> str:
    """Plain data as TOML: a line per key, tables in braces; null, which TOML lacks, as a word."""
    return "".join(f"{_key(key)} = {_value(value)}\n" for key, value in data.items())


def _key(key: str) -> str:
    return json.dumps(key)


def _value(value: Any) -> str:
    match value:
        case dict():
            inside = ", ".join(f"{_key(key)} = {_value(item)}" for key, item in value.items())
            return f"{{ {inside} }}"
        case list() | tuple():
            return f"[{', '.join(map(_value, value))}]"
        case bool():
            return str(value).lower()
        case float():
            return str(value)
        case None:
            return '"null"'
    return json.dumps(value)
