"""The header of a GGUF file, read within bounds: it is input that nobody vouches for.

Layout: the GGUF specification, version 3 (ggml, docs/gguf.md): magic, version, counts, pairs of
key and typed value, and for each tensor its name, extents, type and offset. Every count and length
is held against the bytes that are left before anything is made of it; long arrays are walked and
not kept.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

from edgesym.errors import ConfigError
from edgesym.files.read import opened
from edgesym.formats import Format, find_format

__all__ = ["Header", "Listed", "TensorInfo", "read_header"]

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_MOST_KEYS, _MOST_TENSORS = 65_536, 262_144
#: Items of all arrays that are walked one by one: of the largest tokenizers there are a million.
_MOST_ITEMS = 2_097_152
_LONGEST_NAME, _LONGEST_TEXT = 65_535, 16_777_216
_MOST_AXES, _LARGEST_EXTENT, _DEEPEST = 4, 2**40, 2
_LARGEST_HEADER = 128 * 2**20
#: Arrays of numbers up to this long are kept: those with an entry per layer.
_KEPT = 4096
_TEXT, _ARRAY, _BOOL = 8, 9, 7
#: Type of a value -> how it is packed (gguf_metadata_value_type).
_PACKED = {
    0: "B",
    1: "b",
    2: "H",
    3: "h",
    4: "I",
    5: "i",
    6: "f",
    7: "?",
    10: "Q",
    11: "q",
    12: "d",
}
#: Number of a tensor's type -> the format (ggml_type, ggml.h).
_TYPES = {
    0: "fp32",
    1: "fp16",
    2: "q4_0",
    3: "q4_1",
    6: "q5_0",
    7: "q5_1",
    8: "q8_0",
    9: "q8_1",
    10: "q2_k",
    11: "q3_k",
    12: "q4_k",
    13: "q5_k",
    14: "q6_k",
    15: "q8_k",
    16: "iq2_xxs",
    17: "iq2_xs",
    18: "iq3_xxs",
    19: "iq1_s",
    20: "iq4_nl",
    21: "iq3_s",
    22: "iq2_s",
    23: "iq4_xs",
    24: "i8",
    25: "i16",
    26: "i32",
    27: "i64",
    28: "f64",
    29: "iq1_m",
    30: "bf16",
    34: "tq1_0",
    35: "tq2_0",
    39: "mxfp4",
    40: "nvfp4_gguf",
    41: "q1_0",
}


@dataclass(frozen=True, slots=True)
class Listed:
    """An array that is not kept: how many items it has."""

    length: int


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """A tensor of the file.

    Attributes:
        shape: extents, the row that blocks run along first.
        offset: of its first byte, from where the tensors begin.
    """

    name: str
    shape: tuple[int, ...]
    format: Format
    offset: int

    @property
    def elements(self) -> int:
        """How many elements there are."""
        return prod(self.shape)

    @property
    def bytes(self) -> int:
        """Bytes of its blocks."""
        row, *others = self.shape
        return self.format.stored(prod(others), row)


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says of itself.

    Attributes:
        values: its keys and values; long arrays are :class:`Listed`.
        tensors: its tensors, in order.
        size: bytes of the whole file.
    """

    values: dict[str, Any]
    tensors: tuple[TensorInfo, ...]
    size: int


class _Reader:
    """Takes bytes off a file, and refuses what is not there."""

    def __init__(self, stream: BinaryIO, size: int, path: Path) -> None:
        self._stream, self._path = stream, path
        self.size, self.position = size, 0
        self.end = min(size, _LARGEST_HEADER)
        self.walked = 0

    def fail(self, what: str) -> ConfigError:
        """An error that names the file."""
        return ConfigError(
            f"{self._path}: {what} at byte {self.position}; the file is truncated or no sound "
            "GGUF. Fetch it again"
        )

    def take(self, count: int, what: str) -> bytes:
        """So many bytes."""
        if count > self.end - self.position:
            raise self.fail(f"{what} needs {count} bytes and {self.end - self.position} are left")
        taken = self._stream.read(count)
        if len(taken) != count:
            raise self.fail(f"{what} ends early")
        self.position += count
        return taken

    def number(self, packed: str, what: str) -> Any:
        """A number, packed as ``struct`` names it."""
        form = f"<{packed}"
        return struct.unpack(form, self.take(struct.calcsize(form), what))[0]

    def count(self, most: int, each: int, what: str) -> int:
        """A count of things that take so many bytes each at the least."""
        found = int(self.number("Q", what))
        if found > most or found * each > self.end - self.position:
            raise self.fail(
                f"{what} says {found}, more than the {most} or the bytes that there are"
            )
        return found

    def text(self, longest: int, what: str) -> str:
        """A text with its length before it."""
        raw = self.take(self.count(longest, 1, f"the length of {what}"), what)
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise self.fail(f"{what} is not UTF-8") from error

    def value(self, kind: int, what: str, depth: int = 0) -> Any:
        """A value of a type, by its number."""
        if kind == _TEXT:
            return self.text(_LONGEST_TEXT, what)
        if kind == _ARRAY:
            return self._array(what, depth)
        if kind not in _PACKED:
            raise self.fail(f"{what} is of type {kind}, which GGUF does not have")
        return self.number(_PACKED[kind], what)

    def _array(self, what: str, depth: int) -> Any:
        if depth >= _DEEPEST:
            raise self.fail(f"{what} is nested deeper than {_DEEPEST} arrays")
        kind = int(self.number("I", what))
        packed = _PACKED.get(kind)
        each = struct.calcsize(f"<{packed}") if packed else 8
        length = self.count(_MOST_ITEMS, each, f"the length of {what}")
        if packed:
            raw = self.take(length * each, what)
            if length > _KEPT:
                return Listed(length)
            return list(struct.unpack(f"<{length}{packed}", raw))
        self.walked += length
        if self.walked > _MOST_ITEMS:
            raise self.fail(f"{what} has {length} items, and all arrays more than {_MOST_ITEMS}")
        for _ in range(length):
            if kind == _TEXT:
                self.take(self.count(_LONGEST_TEXT, 1, f"the length in {what}"), what)
            else:
                self.value(kind, what, depth + 1)
        return Listed(length)


def read_header(path: Path) -> Header:
    """The header of a GGUF file.

    Raises:
        ConfigError: not to be read, not a GGUF of version 2 or 3, truncated, or with counts,
            lengths, types or places that cannot be.
    """
    with opened(path) as stream:
        size = os.fstat(stream.fileno()).st_size
        return _header(_Reader(stream, size, path), path)


def _header(read: _Reader, path: Path) -> Header:
    if read.take(4, "the magic") != _MAGIC:
        raise ConfigError(f"{path}: does not begin with GGUF; this is no GGUF file")
    version = read.number("I", "the version")
    if version not in _VERSIONS:
        hint = "big-endian" if version & 0xFFFF == 0 else f"version {version}"
        raise ConfigError(f"{path}: {hint} GGUF; versions 2 and 3, little-endian, are read")
    tensors = read.count(_MOST_TENSORS, 24, "the number of tensors")
    keys = read.count(_MOST_KEYS, 12, "the number of keys")
    values: dict[str, Any] = {}
    for _ in range(keys):
        key = read.text(_LONGEST_NAME, "a key")
        if key in values:
            raise read.fail(f"key {key!r} is given twice")
        values[key] = read.value(int(read.number("I", key)), key)
    found = tuple(_tensor(read) for _ in range(tensors))
    names = [tensor.name for tensor in found]
    if len(set(names)) != len(names):
        raise read.fail("a tensor is there twice")
    _check_places(read, found, values)
    return Header(values, found, read.size)


def _tensor(read: _Reader) -> TensorInfo:
    name = read.text(_LONGEST_NAME, "the name of a tensor")
    axes = int(read.number("I", name))
    if not 1 <= axes <= _MOST_AXES:
        raise read.fail(f"{name} has {axes} axes")
    shape = tuple(int(read.number("Q", name)) for _ in range(axes))
    if not all(1 <= extent <= _LARGEST_EXTENT for extent in shape):
        raise read.fail(f"{name} has the extents {shape}")
    kind = int(read.number("I", name))
    if kind not in _TYPES:
        raise read.fail(f"{name} is of type {kind}, which is not known")
    found = find_format(_TYPES[kind])
    if not found.fits(shape[0]):
        raise read.fail(f"{name} has rows of {shape[0]}, no multiple of a block of {found.name}")
    return TensorInfo(name, shape, found, int(read.number("Q", name)))


def _check_places(read: _Reader, tensors: tuple[TensorInfo, ...], values: dict[str, Any]) -> None:
    """Refuse tensors that lie outside of the file, or on one another."""
    alignment = values.get("general.alignment", 32)
    if not isinstance(alignment, int) or not 1 <= alignment <= 2**20:
        raise read.fail(f"general.alignment is {alignment!r}")
    first = -(-read.position // alignment) * alignment
    end = 0
    for tensor in sorted(tensors, key=lambda tensor: tensor.offset):
        if tensor.offset < end:
            raise read.fail(f"{tensor.name} lies on the tensor before it")
        end = tensor.offset + tensor.bytes
        if first + end > read.size:
            raise read.fail(f"{tensor.name} ends at {first + end} of {read.size} bytes")
