"""Names of devices as people write them: ``pi5``, ``RTX 4090``, ``apple-m2@24GB``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from edgesym.devices.classes import part_of
from edgesym.devices.library import device_names, nicknames, shipped_device
from edgesym.devices.variants import gib_of, variant_names
from edgesym.domain import checked
from edgesym.errors import DeviceError, UnknownNameError

__all__ = ["aliases_of", "device_names", "is_device", "meant"]

_BETWEEN = re.compile(r"[^\w+]+|_")
_MARKS = re.compile(r"\((r|tm|c)\)", re.IGNORECASE)
_BRACKETS = re.compile(r"([^(]*)\((.+)\)\s*+")
_SIZE = re.compile(r"\b\d+\s*gi?b\b")
_CORES = re.compile(r"\b(\d+)[\s-]?cores?\b(?!\s*processor)")
_SAID_OF_ALL = re.compile(
    r"\b(\d+-core processor|\d+th gen|graphics|generation|edition|dev(eloper)? kit)\b"
)
#: Words that may stand before a name where they are true of the device.
_MAKERS = (
    *("nvidia", "geforce", "tesla", "amd", "radeon", "instinct", "intel", "apple", "qualcomm"),
    *("mediatek", "samsung", "google", "rockchip"),
)
_MAKER = re.compile(rf"\b({'|'.join(_MAKERS)})\b")
_PART = re.compile(r"\b(cpu|gpu|npu)\b")


@checked
def is_device(name: str) -> bool:
    """Whether a name, with or without a variant, is that of a shipped device or a file.

    >>> [is_device(name) for name in ("raspberry-pi-5", "Pi 5", "board.toml", "q4_0")]
    [True, True, True, False]
    """
    try:
        return name.endswith(".toml") or _found(name.partition("@")[0]) is not None
    except DeviceError:  # named, but not rightly: reading it says how
        return True


def aliases_of(name: str) -> list[str]:
    """What a shipped device is called beside its name, the usual first; of others, nothing.

    >>> aliases_of("raspberry-pi-5@16GB")[0]
    'pi5'
    """
    return list(nicknames(name.partition("@")[0]))


def meant(name: str) -> tuple[str, tuple[str, ...]]:
    """The shipped device that a name means, and the variants that it names in passing.

    Case, spaces, dashes and brackets do not matter, nor does the maker of the device where it
    is the right one. A size of memory and a number of cores choose a variant.

    >>> meant("RTX 4090"), meant("pi5"), meant("Apple M2 24GB")
    (('rtx-4090', ()), ('raspberry-pi-5', ()), ('apple-m2', ('24GB',)))

    Raises:
        DeviceError: a name of two devices, or of a device with another memory.
        UnknownNameError: no device is called so.
    """
    found = _found(name)
    if found is None:
        remedy = "edgesym devices lists them all; or give the path of a device file ending in .toml"
        called = [each for stem in device_names() for each in (stem, *aliases_of(stem))]
        raise UnknownNameError("device", name, called, remedy)
    return found


def _found(name: str) -> tuple[str, tuple[str, ...]] | None:
    """As :func:`meant`; nothing where no device is called so."""
    if name in device_names():
        return name, ()
    plain = _MARKS.sub(" ", name)
    whole = _spelled(plain)
    bracket = _BRACKETS.fullmatch(plain)
    if whole or not bracket:
        return whole
    outer, inner = _spelled(bracket[1]), _spelled(bracket[2])
    if outer and inner and outer[0] != inner[0]:
        raise DeviceError(f"{name!r} names two devices: {outer[0]} and {inner[0]}; give one")
    # in brackets is what the thing before them is made of: a phone (its chip)
    return (inner[0], (outer[1] if outer else ()) + inner[1]) if inner else None


def _spelled(text: str) -> tuple[str, tuple[str, ...]] | None:
    """The device of a spelling, exact or with what may be said beside its name."""
    exact = _exact().get(_key(text))
    if exact:
        return exact, ()
    words = _BETWEEN.sub(" ", _SAID_OF_ALL.sub(" ", text.lower()))
    makers = set(_MAKER.findall(words))
    bare = _CORES.sub(" ", _SIZE.sub(" ", words))
    # first with the sizes in it: an RTX 3080 of 12 GB is another card than one of 10 GB
    for called, sizes, cores in (
        (words, [], []),
        (bare, [re.sub(r"\s|i", "", size) for size in _SIZE.findall(words)], _CORES.findall(words)),
    ):
        stem = _of_part(called)
        if stem and makers <= _said(stem):
            return stem, (*(f"{n}-core" for n in cores), *_other_sizes(stem, sizes, text))
    return None


def _of_part(called: str) -> str | None:
    """The device of a name that may say its maker, and which part of a chip is meant."""
    for part in ("", *dict.fromkeys(_PART.findall(called))):
        rest = re.sub(rf"\b{part}\b", " ", called) if part else called
        stem = _exact().get(_key(rest)) or _without_maker().get(_key(_MAKER.sub(" ", rest)))
        if stem and (part in ("", _part(stem)) or (stem := _beside(stem, part))):
            return stem
    return None


def _beside(stem: str, part: str) -> str | None:
    """The one part of a kind beside a device, on the same chip."""
    chip = {stem, shipped_device(stem).get("host", stem)}
    there = [n for n in device_names() if {n, shipped_device(n).get("host", n)} & chip]
    found = [name for name in there if _part(name) == part]
    return found[0] if len(found) == 1 else None


def _other_sizes(stem: str, sizes: list[str], text: str) -> Iterator[str]:
    """The sizes of memory that a name says, but for the one that the device has anyway."""
    table = shipped_device(stem)
    for size in sizes:
        gib = gib_of(size)
        if gib != table["memory_size"].get("value"):
            if f"{gib}GB" not in variant_names(table):
                has = table["memory_size"].get("value")
                raise DeviceError(f"{text!r}: the {table['name']} has {has} GB; name it without")
            yield f"{gib}GB"


def _part(stem: str) -> str:
    """Whether a device is a ``cpu``, a ``gpu`` or an ``npu``."""
    return part_of(shipped_device(stem))


def _said(stem: str) -> set[str]:
    """The makers that a device is said to be of."""
    chip = (stem, shipped_device(stem).get("host", stem))
    called = " ".join(said for n in chip for said in (shipped_device(n)["name"], *aliases_of(n)))
    return set(_MAKER.findall(_BETWEEN.sub(" ", called.lower())))


def _key(name: str) -> str:
    """What is left of a name without case, spaces, dashes and brackets."""
    return _BETWEEN.sub("", name.lower())


@cache
def _exact() -> dict[str, str]:
    """The device of each name and alias."""
    names = device_names()
    named = {_key(alias): stem for stem in names for alias in aliases_of(stem)}
    return named | {_key(stem): stem for stem in names}


@cache
def _without_maker() -> dict[str, str]:
    """The device of each name and alias without the makers in it."""
    found: dict[str, str] = {}
    for stem in device_names():
        for each in (stem, *aliases_of(stem)):
            found.setdefault(_key(_MAKER.sub(" ", _BETWEEN.sub(" ", each.lower()))), stem)
    return found
