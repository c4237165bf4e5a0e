"""JSON and TOML that others wrote, read within bounds: depth, keys, digits, keys given twice.

The bounds are looked at before the parsers run: nested deep they end in a RecursionError, here or
in whatever walks what they made.
"""

from __future__ import annotations

import json
import math
import re
import tomllib
import zlib
from pathlib import Path
from typing import Any

from edgesym.errors import ConfigError
from edgesym.files.read import LARGEST, read_bytes, read_text, text_in

__all__ = [
    "DEEPEST",
    "MOST_KEYS",
    "json_text",
    "load_json",
    "load_toml",
    "parse_json",
    "parse_toml",
    "unpacked",
]

#: Levels of lists and tables in one another. Of 148 config.json files of published models the
#: deepest has 6.
DEEPEST = 64
#: Keys of a file, and parts of a dotted key of TOML.
MOST_KEYS, _MOST_PARTS = 200_000, 32
_STRING = r'"(?:[^"\\]+|\\.)*+"?'
_NESTING = re.compile(rf"{_STRING}|[\[\]{{}}]", re.DOTALL)
#: What stands in TOML: texts, comments, words and signs.
_TOML = re.compile(
    r'"""(?:[^"\\]+|\\.|"(?!""))*+(?:""")?|'
    r"'''(?:[^']+|'(?!''))*+(?:''')?|"
    r'"(?:[^"\\\n]+|\\.)*+"?|'
    r"'[^'\n]*+'?|"
    r"#[^\n]*+|[\w+-]++|[^\w\s]",
    re.DOTALL,
)
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
#: Digits of a whole number, in whatever base: Python writes none of more than 4,300 decimal ones
#: (sys.set_int_max_str_digits), which 3,570 hexadecimal ones come to.
_MOST_DIGITS = 3500
#: The first bytes of gzip (RFC 1952, 2.3.1).
_GZIP = b"\x1f\x8b"


def load_json(path: Path, what: str, largest: int = LARGEST, *, infinite: bool = False) -> Any:
    """What a JSON file holds, gzipped or not; see :func:`parse_json`.

    Raises:
        ConfigError: it cannot be read, or is no JSON within the bounds.
    """
    return parse_json(json_text(path, what, largest), str(path), what, infinite=infinite)


def json_text(path: Path, what: str, largest: int = LARGEST) -> str:
    """The text of a JSON file, gzipped or not.

    Raises:
        ConfigError: it cannot be read, is damaged, too large, or not UTF-8.
    """
    content = read_bytes(path, what, largest)
    if content.startswith(_GZIP):
        content = unpacked(content, str(path), what, largest)
    return text_in(content, str(path))


def load_toml(path: Path) -> dict[str, Any]:
    """A user's TOML file as a dictionary.

    Raises:
        ConfigError: it cannot be read, or is no TOML within the bounds.
    """
    return parse_toml(read_text(path, "data file"), str(path))


def unpacked(content: bytes, origin: str, what: str, largest: int = LARGEST) -> bytes:
    """What was gzipped, up to a size.

    Raises:
        ConfigError: it is damaged, cut off, or larger than that.
    """
    unpacking = zlib.decompressobj(wbits=31)
    try:
        whole = unpacking.decompress(content, largest + 1)
    except zlib.error as error:
        raise ConfigError(f"{origin}: is no sound gzip ({error})") from error
    if len(whole) > largest:
        raise ConfigError(f"{origin}: unpacks to more than {largest} bytes; this is no {what}")
    if not unpacking.eof:
        raise ConfigError(f"{origin}: is cut off; fetch or write it again")
    return whole


def parse_json(text: str, origin: str, what: str = "JSON file", *, infinite: bool = False) -> Any:
    """What a text of JSON says.

    Args:
        origin: the file, as errors name it.
        what: it is to be.
        infinite: whether bare ``Infinity`` is a number: files of real models hold it.

    Raises:
        ConfigError: it is not JSON, nested deeper than :data:`DEEPEST`, of more than
            :data:`MOST_KEYS` keys, with a key given twice, a number that none is, or half a
            surrogate pair.
    """
    _refuse_deep(text, origin, what)
    keys = 0

    def no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal keys
        found = dict(pairs)
        keys += len(pairs)
        if len(found) < len(pairs):
            seen: set[str] = set()
            twin = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
            raise ConfigError(f"{origin}: key {twin!r} is given twice; keep one")
        if keys > MOST_KEYS:
            raise ConfigError(f"{origin}: more than {MOST_KEYS} keys; this is no {what}")
        return found

    def constant(name: str) -> float:
        if infinite and name != "NaN":
            return float(name)
        where = _line_of(rf"{name}\b", text)
        raise ConfigError(f"{origin}: {where}{name} is no number of JSON; give one, or null")

    def real(digits: str) -> float:
        if math.isinf(number := float(digits)):
            where = _line_of(re.escape(digits), text)
            raise ConfigError(f"{origin}: {where}{digits:.40} is larger than any number")
        return number

    def whole(digits: str) -> int:
        if len(digits) > _MOST_DIGITS:
            raise _too_many_digits(_line_of(re.escape(digits), text), origin, what)
        return int(digits)

    hooks: dict[str, Any] = {"parse_constant": constant, "parse_float": real, "parse_int": whole}
    try:
        loaded = json.loads(text, object_pairs_hook=no_twins, **hooks)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ConfigError(f"{origin}: not valid JSON at {where}: {error.msg}") from error
    except RecursionError as error:
        raise ConfigError(f"{origin}: nested too deep to be a {what}") from error
    if _SURROGATE.search(text):
        _refuse_halves(loaded, origin)
    return loaded


def parse_toml(text: str, origin: str) -> dict[str, Any]:
    """What a text of TOML says.

    Args:
        origin: the file, as errors name it.

    Raises:
        ConfigError: it is not TOML, nested deeper than :data:`DEEPEST`, of more than
            :data:`MOST_KEYS` keys, or with a number that none is.
    """
    _refuse_much(text, origin)

    def real(digits: str) -> float:
        if math.isinf(number := float(digits)) and "inf" not in digits:
            where = _line_of(re.escape(digits), text)
            raise ConfigError(f"{origin}: {where}{digits:.40} is larger than any number")
        return number

    try:
        return tomllib.loads(text, parse_float=real)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{origin}: not valid TOML: {error}") from error


def _refuse_deep(text: str, origin: str, what: str) -> None:
    """Refuse JSON that is nested deeper than anything walks."""
    if text.count("[") + text.count("{") <= DEEPEST:
        return
    depth = 0
    for found in _NESTING.finditer(text):
        sign = found[0]
        if sign in "[{":
            depth += 1
            if depth > DEEPEST:
                line = text.count("\n", 0, found.start()) + 1
                raise ConfigError(
                    f"{origin}: line {line} is nested too deep to be a {what}: more than "
                    f"{DEEPEST} levels"
                )
        elif sign in "]}":
            depth -= 1


def _refuse_much(text: str, origin: str) -> None:
    """Refuse TOML that is nested deeper, or has more keys or digits, than anything takes."""
    depth = parts = keys = 0
    is_joined = False
    for found in _TOML.finditer(text):
        sign, said = found[0], ""
        if sign == ".":
            is_joined = True
            continue
        if sign[0].isalnum() or sign[0] in "\"'_-+":
            parts = parts + 1 if is_joined else 1
            if parts > _MOST_PARTS:
                said = f"a key of more than {_MOST_PARTS} parts"
            if len(sign) > _MOST_DIGITS and (sign[0].isdigit() or sign[0] in "-+"):
                said = f"a number of more than {_MOST_DIGITS} digits"
        elif sign in "[{":
            depth += 1
            if depth > DEEPEST:
                said = f"nested deeper than {DEEPEST} levels"
        elif sign in "]}":
            depth -= 1
        elif sign == "=":
            keys += 1
            if keys > MOST_KEYS:
                said = f"more than {MOST_KEYS} keys"
        is_joined = False
        if said:
            line = text.count("\n", 0, found.start()) + 1
            raise ConfigError(f"{origin}: line {line}: {said}; this is no data file")


def _too_many_digits(where: str, origin: str, what: str) -> ConfigError:
    return ConfigError(f"{origin}: {where}holds a number of more digits than any {what} needs")


def _line_of(pattern: str, text: str) -> str:
    """The line on which something first stands outside of texts: ``line 3: ``, or nothing."""
    for found in re.finditer(rf"{_STRING}|({pattern})", text, re.DOTALL):
        if found[1]:
            return f"line {text.count(chr(10), 0, found.start()) + 1}: "
    return ""


def _refuse_halves(loaded: Any, origin: str) -> None:
    """Refuse texts with half a surrogate pair: no file and no terminal takes them."""
    try:
        json.dumps(loaded, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        half = ascii(error.object[error.start])
        raise ConfigError(f"{origin}: a text holds {half}, half a character; mend it") from error
