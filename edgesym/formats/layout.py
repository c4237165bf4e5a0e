"""Number formats: how a block of elements is laid out in bytes, as data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cache
from math import ceil
from pathlib import Path
from typing import Any

from edgesym.data import shipped, stated, stems
from edgesym.domain import checked
from edgesym.errors import ConfigError, ExpressionError, UnknownNameError
from edgesym.expression import read
from edgesym.fileschema import user_toml
from edgesym.frozen import FrozenMap
from edgesym.plain import shown

__all__ = ["Format", "Tile", "find_format", "formats", "read_format", "spelled"]

_KINDS = ("float", "integer", "packed")
_WIDEST_BYTES, _LARGEST_BLOCK = 64, 2**20
_GROUPED = re.compile(r"(int|gptq|awq|hqq|mlx)([2-8])_(?:g(\d{1,6})|channel)(_asym(?:16)?)?\Z")
#: What the formats of a tool store of a group besides its scale of 16 bits, given the bits of an
#: element; sources are those of the tool's row in layouts/integers.toml.
_BESIDE = {
    "int": {"": {}, "_asym": {"zero point": "{bits}/8"}, "_asym16": {"zero point": "2"}},
    "gptq": {"": {"zero point": "{bits}/8"}},
    "awq": {"": {"zero point": "{bits}/8"}},
    "hqq": {"": {"zero point": "2"}},
    "mlx": {"": {"bias": "2"}},
}
_BASES = {"int": "int4", "gptq": "gptq", "awq": "awq", "hqq": "hqq", "mlx": "mlx_4bit"}


@dataclass(frozen=True, slots=True)
class Tile:
    """Elements of several rows and columns that share bytes, such as a scale of 128 x 128."""

    rows: int
    columns: int
    bytes: Fraction


@dataclass(frozen=True, slots=True)
class Format:
    """A number format.

    Attributes:
        parts: what a block holds -> its bytes as arithmetic, such as ``32/2``.
        per: elements in a block.
        kind: ``float``, what passes between kernels can be in it; ``integer`` or ``packed``,
            for weights and caches alone.
        arithmetic: dtypes to compute in, best first.
        row: bytes beside the blocks, per output channel of a matrix.
        column: bytes beside them, per input channel.
        tensor: bytes beside them, per matrix.
        tile: what elements of several rows share, if any.
        over: what blocks run over: a ``row`` of so many inputs, or the whole ``matrix``.
        stated: the keys that a user's file states; what the others are is taken.
    """

    name: str
    parts: FrozenMap[str, str]
    per: int
    kind: str
    arithmetic: tuple[str, ...]
    source: str
    row: Fraction = Fraction(0)
    column: Fraction = Fraction(0)
    tensor: Fraction = Fraction(0)
    tile: Tile | None = None
    over: str = "row"
    aliases: tuple[str, ...] = ()
    stated: frozenset[str] = field(default=frozenset(), compare=False)

    @property
    def layout(self) -> str:
        """The arithmetic of a block.

        >>> find_format("q4_0").layout
        '2 + 32/2'
        """
        return " + ".join(self.parts.values())

    @property
    def bytes_per_element(self) -> Fraction:
        """Bytes of a block over its elements; what a matrix stores once is left out.

        >>> find_format("q4_0").bytes_per_element
        Fraction(9, 16)
        """
        total = sum((_bytes(text, self.name) for text in self.parts.values()), Fraction(0))
        return total / self.per

    @property
    def bits_per_weight(self) -> Fraction:
        """Eight times the bytes of an element.

        >>> float(find_format("Q4_K").bits_per_weight)
        4.5
        """
        return 8 * self.bytes_per_element

    def fits(self, length: int) -> bool:
        """Whether a row of so many inputs is made of whole blocks."""
        return self.over == "matrix" or self.per == 1 or length % self.per == 0

    def stored(self, rows: int, length: int, matrices: int = 1) -> int:
        """Bytes of matrices of so many rows of so many inputs.

        >>> find_format("awq").stored(rows=4096, length=4096)
        8716288

        Raises:
            ConfigError: a row is not made of whole blocks.
        """
        if not self.fits(length):
            raise ConfigError(
                f"{self.name}: a row of {length} elements is no multiple of its block of "
                f"{self.per}; choose a block that divides {length}"
            )
        beside = self.row * rows + self.column * length + self.tensor
        if self.tile is not None:
            tiles = ceil(Fraction(rows, self.tile.rows)) * ceil(Fraction(length, self.tile.columns))
            beside += self.tile.bytes * tiles
        return matrices * ceil(self.bytes_per_element * rows * length + beside)


@cache
def formats() -> dict[str, Format]:
    """Every format that ships, by name, from ``layouts/*.toml``."""
    return {
        name: read_format(name, row, f"{stem}.toml")
        for stem in stems("formats/layouts")
        for name, row in shipped("formats/layouts", stem).items()
    }


@cache
def _spellings() -> dict[str, str]:
    """Every spelling of a format -> its name."""
    known = {spelled(alias): name for name, row in formats().items() for alias in row.aliases}
    return known | {spelled(name): name for name in formats()}


@checked
def spelled(name: str) -> str:
    """A name as it is compared: case and the kind of dash make no difference.

    >>> spelled("Q4_K"), spelled("int4-g128")
    ('q4_k', 'int4_g128')
    """
    return name.strip().lower().replace("-", "_").replace(" ", "_")


@checked
def find_format(name: str) -> Format:
    """The format of that name, in any case; or a user's own, by the path of its TOML file.

    ``int4-g64`` are integers in groups of 64 with a scale of 16 bits, ``int4-g64-asym`` ones with
    a zero point of 4 bits as well, ``int4-channel`` share one scale an output channel;
    ``gptq4-g32``, ``awq4-g64``, ``hqq4-g64`` and ``mlx4-g32`` are what these tools store.

    >>> find_format("int4-g128").layout
    '128*4/8 + 2'

    Raises:
        UnknownNameError: with the nearest names.
        ConfigError: the file cannot be used.
    """
    wanted = spelled(name)
    if wanted in _spellings():
        return formats()[_spellings()[wanted]]
    if grouped := _GROUPED.match(wanted):
        tool, bits, group, suffix = grouped.groups()
        return _grouped(wanted, tool, bits, group, suffix)
    if name.endswith(".toml"):
        from edgesym.formats.schema import FormatFile

        own = user_toml(Path(name), FormatFile)
        return replace(read_format(Path(name).stem, own, name), stated=stated(own))
    raise UnknownNameError("number format", name, formats())


def _grouped(name: str, tool: str, bits: str, group: str | None, suffix: str | None) -> Format:
    """A tool's integers of so many bits, in groups of so many inputs or one a channel."""
    beside, base = _BESIDE[tool].get(suffix or ""), formats()[_BASES[tool]]
    if beside is None:
        raise UnknownNameError("number format", name, formats())
    if group is not None and int(group) < 1:
        raise ConfigError(f"{name}: a group has one element or more")
    scales = {"scale": "2"} | {part: text.format(bits=bits) for part, text in beside.items()}
    if group is None:
        row = sum((_bytes(text, name) for text in scales.values()), Fraction(0))
        parts, per = {"elements": f"{bits}/8"}, 1
    else:
        row, per = Fraction(0), int(group)
        parts = {"elements": f"{group}*{bits}/8", **scales}
    return replace(
        base,
        name=name,
        parts=FrozenMap(parts),
        per=per,
        row=row,
        aliases=(),
        source=f"{base.source}; groups of {group or 'a channel'}, {', '.join(scales)}",
    )


def read_format(name: str, row: Mapping[str, Any], origin: str) -> Format:
    """A row of a data file as a format.

    Raises:
        ConfigError: naming the file, the format, the key and what is needed.
    """
    where = f"{origin}: format {name}"
    kind, over = row["kind"], row.get("over", "row")
    if kind not in _KINDS:
        raise UnknownNameError(f"kind of {where}:", kind, _KINDS)
    if over not in ("row", "matrix"):
        raise UnknownNameError(f"over of {where}:", over, ("row", "matrix"))
    found = Format(
        name=name,
        parts=_parts(row["parts"], where),
        per=row.get("per", 1),
        kind=kind,
        arithmetic=tuple(row["arithmetic"]),
        source=row["source"],
        row=_sum(row.get("row", {}), where),
        column=_sum(row.get("column", {}), where),
        tensor=_sum(row.get("tensor", {}), where),
        tile=_tile(row.get("tile"), where),
        over=over,
        aliases=tuple(row.get("aliases", ())),
    )
    if not found.bytes_per_element:
        raise ConfigError(f"{where}: its elements take no bytes")
    return found


def _parts(given: Mapping[str, str], where: str) -> FrozenMap[str, str]:
    for text in given.values():
        _bytes(text, where)
    return FrozenMap(given)


def _sum(given: Mapping[str, str], where: str) -> Fraction:
    return sum((_bytes(text, where) for text in given.values()), Fraction(0))


def _tile(given: Mapping[str, Any] | None, where: str) -> Tile | None:
    if not given:
        return None
    rows, columns = given.get("rows"), given.get("columns")
    beside = {key: text for key, text in given.items() if key not in ("rows", "columns")}
    counts = isinstance(rows, int) and isinstance(columns, int) and rows > 0 and columns > 0
    if not counts or not all(isinstance(text, str) for text in beside.values()):
        raise ConfigError(f"{where}: tile = {shown(given)} needs rows and columns, and its bytes")
    return Tile(given["rows"], given["columns"], _sum(beside, where))


@cache
def _bytes(text: str, where: str) -> Fraction:
    """The bytes that a part's arithmetic comes to: whole numbers, over one at most.

    Raises:
        ConfigError: it is no such arithmetic, negative or absurdly large.
    """
    numerator, _, denominator = text.partition("/")
    try:
        value = Fraction(read(numerator, {}), int(denominator or 1))
    except (ExpressionError, ZeroDivisionError, TypeError, ValueError) as error:
        raise ConfigError(
            f"{where}: {text!r} is no number of bytes such as 32/2 ({error})"
        ) from error
    if not 0 <= value <= _WIDEST_BYTES * _LARGEST_BLOCK:
        raise ConfigError(f"{where}: {text!r} bytes make no sense")
    return value
