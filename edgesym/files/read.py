"""Reading files: plain ones alone, up to a size, as strict UTF-8. No other module opens any.

What is named may be anything: a pipe that nobody writes to, a device without end, a folder. Its
kind is looked at before it is opened, since opening alone may wait or act, and again once it is
open, since it may have been another by then.
"""

from __future__ import annotations

import io
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from errno import ENOENT
from pathlib import Path
from typing import BinaryIO

from edgesym.errors import ConfigError

__all__ = [
    "LARGEST",
    "is_file",
    "is_folder",
    "is_there",
    "opened",
    "read_bytes",
    "read_input",
    "read_text",
    "unlike_a_file",
]

#: Bytes of a file that a person wrote.
LARGEST = 4_000_000
#: Bytes that are read at once.
_BLOCK = 2**20
#: What is no file -> what it is called, and what to do.
_KINDS = (
    (stat.S_ISDIR, "a folder", "name a file in it"),
    (stat.S_ISFIFO, "a pipe", "save what it gives as a file, and name that"),
    (stat.S_ISCHR, "a device of characters", "name a file"),
    (stat.S_ISBLK, "a device of blocks", "name a file"),
    (stat.S_ISSOCK, "a socket", "name a file"),
)
#: An opened file is not waited for, and no child has it.
_FLAGS = sum(getattr(os, name, 0) for name in ("O_NONBLOCK", "O_CLOEXEC", "O_NOCTTY", "O_BINARY"))


def is_there(path: str | Path) -> bool:
    """Whether something is called so; a name that nothing can have is nothing's."""
    return _mode_of(path) is not None


def is_file(path: str | Path) -> bool:
    """Whether a plain file is called so."""
    mode = _mode_of(path)
    return mode is not None and stat.S_ISREG(mode)


def is_folder(path: str | Path) -> bool:
    """Whether a folder is called so."""
    mode = _mode_of(path)
    return mode is not None and stat.S_ISDIR(mode)


def _mode_of(path: str | Path) -> int | None:
    try:
        return Path(path).stat().st_mode
    except (OSError, ValueError):  # None stands for nothing there
        return None


def unlike_a_file(mode: int) -> str:
    """What something is that is no plain file, and what to do; nothing where it is one.

    >>> unlike_a_file(stat.S_IFIFO), unlike_a_file(stat.S_IFREG)
    ('is a pipe, and no file; save what it gives as a file, and name that', '')

    Args:
        mode: as of ``os.stat``.
    """
    if stat.S_ISREG(mode):
        return ""
    found = (f"{kind}, and no file; {remedy}" for is_kind, kind, remedy in _KINDS if is_kind(mode))
    return f"is {next(found, 'no file; name one')}"


@contextmanager
def opened(path: str | Path, *, follows: bool = True) -> Iterator[BinaryIO]:
    """A plain file, opened to be read; it is closed afterwards.

    Args:
        follows: whether a link may stand for the file.

    Raises:
        ConfigError: nothing is called so, it is no plain file, or it cannot be read, then or
            later on.
    """
    flags = os.O_RDONLY | _FLAGS | (0 if follows else getattr(os, "O_NOFOLLOW", 0))
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        # what is read is called so in answers, and no answer holds bytes that are no text
        raise ConfigError(
            f"{path}: the name holds bytes that are no text here ({sys.getfilesystemencoding()}); "
            "rename the file, or use a UTF-8 locale"
        ) from error
    try:
        _refuse_other(path, Path(path).stat().st_mode)
        handle = os.open(path, flags)
        with os.fdopen(handle, "rb") as stream:
            _refuse_other(path, os.fstat(handle).st_mode)
            yield stream
    except ValueError as error:
        if "\0" not in str(path):
            raise
        raise ConfigError(f"{str(path)!r}: no file is called so") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({_reason(path, error)})") from error


def _refuse_other(path: str | Path, mode: int) -> None:
    if other := unlike_a_file(mode):
        raise ConfigError(f"{path}: cannot be read: it {other}")


def _reason(path: str | Path, error: OSError) -> str:
    if error.errno == ENOENT and Path(path).is_symlink():
        return f"it is a link to {Path(path).readlink()}, which is not there"
    return error.strerror or str(error) or type(error).__name__


def read_bytes(
    path: str | Path, what: str, largest: int = LARGEST, *, follows: bool = True
) -> bytes:
    """The content of a file, which is to be ``what``.

    Args:
        what: as errors call what the file should have been.
        largest: bytes at most.
        follows: whether a link may stand for the file.

    Raises:
        ConfigError: it is missing, unreadable, no plain file or too large.
    """
    with opened(path, follows=follows) as stream:
        if os.fstat(stream.fileno()).st_size > largest:
            raise _too_large(path, what, largest)
        # of a file that grows, or of /proc, no size is known
        content = stream.read(largest + 1)
    if len(content) > largest:
        raise _too_large(path, what, largest)
    return content


def read_text(path: str | Path, what: str, largest: int = LARGEST) -> str:
    r"""The text of a file, which is to be ``what``; lines end in ``\n``, whatever they ended in.

    A byte order mark before it is passed over.

    Raises:
        ConfigError: it is missing, unreadable, no plain file, too large, or not UTF-8.
    """
    return text_in(read_bytes(path, what, largest), str(path))


def read_input(what: str, largest: int = LARGEST) -> str:
    """The text on standard input, read as that of a file.

    Raises:
        ConfigError: it is closed, unreadable, too large, or not UTF-8.
    """
    origin = "standard input"
    if sys.stdin is None or sys.stdin.closed:
        raise ConfigError(f"{origin}: is closed; give the {what} there, or name a file")
    try:
        source = getattr(sys.stdin, "buffer", None)
        content = source.read(largest + 1) if source else sys.stdin.read(largest + 1).encode()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(f"{origin}: cannot be read ({reason})") from error
    if len(content) > largest:
        raise _too_large(origin, what, largest)
    return text_in(content, origin)


def text_in(content: bytes, origin: str) -> str:
    r"""The text that bytes are, with ``\n`` at the end of lines.

    Raises:
        ConfigError: they are not UTF-8; with the line.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
            said = "it is UTF-16"
        else:
            line = content.count(b"\n", 0, error.start) + 1
            said = f"line {line} holds the byte 0x{content[error.start]:02x}: {error.reason}"
        raise ConfigError(f"{origin}: not UTF-8 text: {said}; save it as UTF-8") from error
    return io.IncrementalNewlineDecoder(None, translate=True).decode(text, final=True)


def _too_large(origin: str | Path, what: str, largest: int) -> ConfigError:
    return ConfigError(f"{origin}: larger than {largest} bytes; this is no {what}")
