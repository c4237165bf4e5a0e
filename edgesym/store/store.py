"""The cache as a folder of entries: found, kept, counted, cleared.

Many processes may use it at once: an entry is written beside the others and then given its
name, in one step. Whatever goes wrong, an entry is only ever not there.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgesym.errors import ConfigError, OutputError
from edgesym.files.read import is_there, opened, read_bytes
from edgesym.files.write import BESIDE, replace_files
from edgesym.store.entry import LARGEST, About, about_in, content_of, written
from edgesym.store.place import chosen, refused

__all__ = ["MOST_BYTES", "MOST_ENTRIES", "Kept", "Store", "find_store"]

#: What the cache holds at most. Above it the entries go that were not used for longest, until
#: a tenth is free again.
MOST_BYTES, MOST_ENTRIES = 64 * 2**20, 4096
_FREE = 0.9
#: The format of entries: one of another is never looked at.
_FOLDER = "v1"
_NAME = re.compile(r"[0-9a-f]{64}\.json")
#: Seconds that an entry's use is not noted anew within, and that writing one takes at most.
_NOTED, _WRITTEN = 3600.0, 600.0
#: Bytes that say of what an entry is.
_HEAD = 4096


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry as it lies there.

    Attributes:
        about: of what it is; None where it does not say.
        used: when it was last used, seconds since the epoch.
    """

    path: Path
    size: int
    used: float
    about: About | None = None


@dataclass(frozen=True, slots=True)
class Store:
    """A folder of entries; it need not be there.

    Attributes:
        folder: where the cache lies.
        most_bytes: what it holds at most, and ``most_entries`` how many.
    """

    folder: Path
    most_bytes: int = MOST_BYTES
    most_entries: int = MOST_ENTRIES

    @property
    def inside(self) -> Path:
        """The folder that the entries lie in."""
        return self.folder / _FOLDER

    def find(self, key: str) -> Any:
        """What is kept under a key; None where nothing is, or nothing that can be trusted."""
        path = self.inside / f"{key}.json"
        if refused(self.inside):
            return None
        if not is_there(path):
            return None
        try:
            found = content_of(read_bytes(path, "entry", LARGEST, follows=False), key)
        except (ConfigError, ValueError, KeyError, TypeError, RecursionError):  # made anew
            _remove(path)
            return None
        with contextlib.suppress(OSError):  # an entry that another process took
            if _age(path.stat().st_mtime) > _NOTED:
                os.utime(path)
        return found

    def keep(self, about: About, content: Any) -> bool:
        """Keep plain data under a key; says whether it is kept."""
        try:
            entry = written(about, content)
            if len(entry) > LARGEST:
                return False
            self.inside.mkdir(mode=0o700, parents=True, exist_ok=True)
            if refused(self.inside):
                return False
            replace_files(self.inside, {f"{about.key}.json": entry}, follows=False, mode=0o600)
        except (OSError, OutputError, TypeError, ValueError, RecursionError):  # made anew each time
            return False
        self._bound()
        return True

    def entries(self) -> list[Kept]:
        """Every entry, the one that was used last at the end."""
        return [self._told(kept) for kept in self._listed()]

    def clear(self) -> tuple[int, int]:
        """Remove every entry, of whatever version; how many there were, and their bytes."""
        gone = [kept for kept in self._listed() if _remove(kept.path)]
        for left in self._unfinished(0.0):
            _remove(left)
        return len(gone), sum(kept.size for kept in gone)

    def _listed(self) -> list[Kept]:
        found = []
        for each in self._scanned():
            if _NAME.fullmatch(each.name):
                with contextlib.suppress(OSError):  # an entry that another process took
                    status = each.stat(follow_symlinks=False)
                    found.append(Kept(Path(each.path), status.st_size, status.st_mtime))
        return sorted(found, key=lambda kept: (kept.used, kept.path.name))

    def _unfinished(self, age: float) -> Iterator[Path]:
        """What was begun to be written so many seconds ago, and never got its name."""
        for each in self._scanned():
            if each.name.startswith(BESIDE):
                with contextlib.suppress(OSError):  # an entry that another process took
                    if _age(each.stat(follow_symlinks=False).st_mtime) >= age:
                        yield Path(each.path)

    def _scanned(self) -> list[os.DirEntry[str]]:
        if refused(self.inside):
            return []
        try:
            with os.scandir(self.inside) as found:
                return list(found)
        except OSError:  # a folder that is not there holds nothing
            return []

    def _told(self, kept: Kept) -> Kept:
        try:
            with opened(kept.path, follows=False) as stream:
                about = about_in(stream.read(_HEAD))
        except ConfigError:  # None stands for no entry of ours
            about = None
        return Kept(kept.path, kept.size, kept.used, about)

    def _bound(self) -> None:
        """Remove what was not used for longest, where there is too much."""
        there = self._listed()
        size, count = sum(kept.size for kept in there), len(there)
        if size > self.most_bytes or count > self.most_entries:
            for kept in there:
                if size <= _FREE * self.most_bytes and count <= _FREE * self.most_entries:
                    break
                _remove(kept.path)
                size, count = size - kept.size, count - 1
        for left in self._unfinished(_WRITTEN):
            _remove(left)


def find_store() -> Store | None:
    """The user's cache; None where it is turned off or has no place."""
    folder = chosen()
    return None if folder is None else Store(folder)


def _age(when: float) -> float:
    """Seconds between now and when a file was written, which is later where the clock went back."""
    return abs(time.time() - when)


def _remove(path: Path) -> bool:
    try:
        path.unlink()
    except OSError:  # it stays, and counts as kept
        return False
    return True
