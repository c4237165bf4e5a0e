"""The optional parts of edgesym: what each brings, what it needs, and what of that is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution, requires
from pathlib import Path

from edgesym.data import shipped

__all__ = ["Extra", "Package", "core", "extras"]

_REQUIREMENT = re.compile(
    r"(?P<name>[\w.-]+)\s*(?:>=\s*(?P<least>[\d.]+))?[^;]*"
    r"(?:;\s*extra == [\"'](?P<extra>[\w-]+)[\"'])?\Z"
)


@dataclass(frozen=True, slots=True)
class Package:
    """A package that edgesym needs for something.

    Attributes:
        name: of its distribution.
        least: the oldest version that will do; empty where any does.
        version: the one that is installed; empty where none is.
    """

    name: str
    least: str
    version: str

    @property
    def is_there(self) -> bool:
        """Whether a version that will do is installed."""
        return bool(self.version) and _numbers(self.version) >= _numbers(self.least)

    def size(self) -> int:
        """Bytes of its files, without those of what it needs in turn."""
        files = distribution(self.name).files if self.version else None
        return sum(_bytes_of(Path(str(file.locate()))) for file in files or ())


@dataclass(frozen=True, slots=True)
class Extra:
    """An optional part: ``pip install 'edgesym[NAME]'``."""

    name: str
    brings: str
    packages: tuple[Package, ...]

    @property
    def is_there(self) -> bool:
        """Whether all that it needs is installed."""
        return bool(self.packages) and not self.missing

    @property
    def missing(self) -> tuple[str, ...]:
        """The packages that are missing or too old."""
        return tuple(package.name for package in self.packages if not package.is_there)


def core() -> tuple[Package, ...]:
    """What edgesym always needs."""
    return tuple(package for extra, package in _required() if not extra)


def extras() -> tuple[Extra, ...]:
    """The optional parts.

    >>> next(extra.brings for extra in extras() if extra.name == "plot")
    'plots (edgesym plot)'
    """
    needed: dict[str, list[Package]] = {}
    for extra, package in _required():
        needed.setdefault(extra, []).append(package)
    told = shipped("", "extras")
    return tuple(Extra(name, brings, tuple(needed.get(name, ()))) for name, brings in told.items())


def _required() -> Iterator[tuple[str, Package]]:
    """What the installed edgesym requires, each with the extra that it is for."""
    try:
        lines = requires("edgesym") or ()
    except PackageNotFoundError:  # it runs from its folder, without being installed
        return
    for line in lines:
        match = _REQUIREMENT.fullmatch(line.strip())
        if match:
            found = _installed(match["name"])
            version = found.version if found else ""
            yield match["extra"] or "", Package(match["name"], match["least"] or "", version)


def _installed(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:  # None stands for not installed
        return None


def _numbers(version: str) -> tuple[int, ...]:
    """The numbers at the head of a version, for comparing: 2.13.0+cpu is (2, 13, 0)."""
    head = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(map(int, head[0].split("."))) if head else ()


def _bytes_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # a file that is gone takes no room
        return 0
