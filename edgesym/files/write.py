"""Writing files: each is whole under its name, or what was there before stands as it was.

A file is written beside its place under a name of its own and then renamed, which the system does
in one step. Whatever ends that before, an error, Ctrl-C or the request to end, the file beside is
taken away. No other module gives a file its name in another way.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from edgesym.errors import OutputError
from edgesym.files.read import unlike_a_file

__all__ = ["BESIDE", "replace_files", "sync", "write_file", "write_files"]

#: What the names of files begin with that are being written.
BESIDE = ".edgesym-"
_FLAGS = sum(
    getattr(os, name, 0)
    for name in ("O_WRONLY", "O_CREAT", "O_EXCL", "O_NOFOLLOW", "O_CLOEXEC", "O_BINARY")
)
#: Of a new file, before the user's mask; and of one that takes the place of another, until it has
#: that one's.
_MODE, _CLOSED = 0o666, 0o600


def write_file(path: Path, content: bytes, *, durable: bool = False) -> Path:
    """Write a file whole or not at all; see :func:`write_files`.

    Raises:
        OutputError: it cannot be written.
    """
    return write_files(path.parent, {path.name: content}, durable=durable)[0]


def write_files(folder: Path, files: Mapping[str, bytes], *, durable: bool = False) -> list[Path]:
    """Write files of a folder, which is made where it is not there, whole or not at all.

    All are written before the first of them gets its name.

    Args:
        files: content by name.
        durable: whether they are to outlast a power cut from now on.

    Raises:
        OutputError: the folder cannot be made or written to, or a name is that of no plain file.
    """
    try:
        with _made(folder):
            return replace_files(folder, files, durable=durable)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        if isinstance(error, FileExistsError):
            reason = "a file is there, and no folder"
        named = folder / next(iter(files)) if len(files) == 1 else folder
        raise OutputError(
            f"{named}: cannot be written ({reason}); make room or choose another place"
        ) from error


def replace_files(
    folder: Path,
    files: Mapping[str, bytes],
    *,
    durable: bool = False,
    follows: bool = True,
    mode: int = _MODE,
) -> list[Path]:
    """The same in a folder that is there, with the errors of the system.

    The mode and the owner of a file that is there are kept.

    Args:
        follows: whether a link keeps its name, and what it leads to is written.
        mode: of a new file, before the user's mask.

    Raises:
        OSError: of the system.
        OutputError: a name is that of no plain file.
    """
    with ExitStack() as left:
        ready = []
        for name, content in files.items():
            target = folder / name
            target = Path(os.path.realpath(target)) if follows else target
            beside = target.with_name(f"{BESIDE}{os.urandom(8).hex()}")
            left.callback(_forget, beside)
            with _new(beside, target, mode) as stream:
                stream.write(content)
                if durable:
                    stream.flush()
                    os.fsync(stream.fileno())
            ready.append((beside, target))
        for beside, target in ready:
            beside.replace(target)
    if durable:
        for above in {target.parent for _, target in ready}:
            with suppress(OSError):  # not every system does that for folders
                sync(above)
    return [folder / name for name in files]


@contextmanager
def _new(beside: Path, target: Path, mode: int) -> Iterator[BinaryIO]:
    """A new file with the mode and the owner of the one that it is to replace."""
    try:
        there = target.lstat()
    except FileNotFoundError:  # a new file
        there = None
    if there is not None and stat.S_ISLNK(there.st_mode):  # one that is not followed
        there = None
    if there is not None and (other := unlike_a_file(there.st_mode)):
        raise OutputError(f"{target}: cannot be written: it {other}")
    handle = os.open(beside, _FLAGS, mode if there is None else _CLOSED)
    with os.fdopen(handle, "wb") as stream:
        if there is not None and hasattr(os, "fchmod"):
            owner = os.fstat(handle)
            if (owner.st_uid, owner.st_gid) != (there.st_uid, there.st_gid):
                with suppress(OSError):  # only root gives files away
                    os.fchown(handle, there.st_uid, there.st_gid)
            os.fchmod(handle, stat.S_IMODE(there.st_mode) & 0o777)
        yield stream


@contextmanager
def _made(folder: Path) -> Iterator[None]:
    """A folder, made with those above it; what was made goes again where nothing is written."""
    new = []
    for above in (folder, *folder.parents):
        if above.exists():
            break
        new.append(above)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for made in new:
            with suppress(OSError):  # others wrote there; the error goes on
                made.rmdir()
        raise


def sync(path: Path) -> None:
    """Have the system keep a file, or the names in a folder, even where the power is cut.

    Raises:
        OSError: it cannot: the disk is full or broken.
    """
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _forget(beside: Path) -> None:
    with suppress(OSError):  # the error goes on, or it is gone
        beside.unlink(missing_ok=True)
