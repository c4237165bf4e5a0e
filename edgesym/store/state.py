"""What answers follow from besides what is asked: the package, Python, and files of the user's.

Files of the package are told apart by size and times, as Python tells its compiled files apart;
the time of the last change of a file's status is one that no tool sets back. The user's files
are told apart by their content; of large ones (weights) by their beginning, size and times. What
a user's TOML file names in turn, a base or a host, is looked at with it.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import sys
from collections.abc import Iterable, Iterator
from errno import ENAMETOOLONG
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from edgesym.files.read import opened

__all__ = ["state_of_files", "state_of_package"]

#: What the package computes with, and whose code it traces.
_LIBRARIES = ("sympy", "networkx", "numpy", "torch", "transformers")
#: Bytes of a user's file up to which its content is read, and what is read of a larger one.
_WHOLE, _BEGINNING = 4_000_000, 1_000_000
#: Files of a folder that are looked at, by size and times alone.
_MOST = 10_000
#: A TOML file that another names; it lies beside that one.
_NAMED = re.compile(rb"""["']([^"'\n]+\.toml)["']""")
#: A part of a model that is divided over several files.
_PART = re.compile(r"(.{1,255})-\d{5}-of-\d{5}(\.\w{1,16})\Z")


@cache
def state_of_package() -> str:
    """A SHA-256 in hexadecimal of the package's files, of Python and of what it computes with.

    Empty where the files cannot be looked at, as in an archive.
    """
    whole = hashlib.sha256(sys.version.encode())
    try:
        for line in sorted(_package(Path(__file__).parent.parent)):
            whole.update(line.encode())
        for name in _LIBRARIES:
            spec = find_spec(name)
            if spec is None or not spec.origin:
                whole.update(f"{name} is not there\n".encode())
                continue
            origin = Path(spec.origin)
            release = origin.parent / "release.py"
            files = (origin, release if release.exists() else origin)
            whole.update(f"{name} {[_identity(file.stat()) for file in files]}\n".encode())
    except OSError:  # without a state nothing is kept
        return ""
    return whole.hexdigest()


def _package(folder: Path | str) -> Iterator[str]:
    """A line for each file below a folder, without what Python compiles."""
    with os.scandir(folder) as found:
        for each in found:
            if each.is_dir():
                if each.name != "__pycache__":
                    yield from _package(each.path)
            else:
                yield f"{each.path} {_identity(each.stat())}\n"


def state_of_files(texts: Iterable[str]) -> list[list[str]]:
    """Each of the texts that names something on disk, with what that is.

    A text may name it beside a sign, as in ``name=FILE`` or ``FILE:format``. What is called as
    nothing on disk is left out, so that something that is made there later changes the state.

    Raises:
        OSError: something that cannot be looked at without changing it, or at all.
    """
    names = {part for text in texts for part in (text, *re.split("[=,:]", text)) if part}
    return [[name, state] for name in sorted(names) if (state := _of_path(name))]


def _of_path(name: str) -> str:
    """What lies at a path; nothing where nothing does.

    Raises:
        OSError: what is no file and no folder, such as a pipe, which can be read only once.
    """
    try:
        mode = Path(name).stat().st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError):  # no text stands for no file
        return ""
    except OSError as error:  # a name too long for any file is nothing's; else it goes on
        if error.errno == ENAMETOOLONG:
            return ""
        raise
    if stat.S_ISDIR(mode):
        return _digest(_of_folder(name))
    if not stat.S_ISREG(mode):
        raise OSError(f"{name} is no file")
    return _digest([_of_file(Path(name)), *_of_parts(Path(name)), *_of_named(Path(name), set())])


def _of_named(path: Path, seen: set[Path]) -> Iterator[str]:
    """The TOML files that one names, and those name in turn."""
    if path.suffix != ".toml" or path in seen or not path.is_file():
        return
    seen.add(path)
    with opened(path) as stream:
        named = sorted(set(_NAMED.findall(stream.read(_WHOLE))))
    for name in named:
        other = path.parent / os.fsdecode(name)
        if other.is_file():
            yield f"{other} {_of_file(other)}"
            yield from _of_named(other, seen)


def _of_folder(name: str) -> list[str]:
    """The files of a folder, by size and times."""
    with os.scandir(name) as found:
        files = [f"{each.name} {_identity(each.stat())}" for each in found if each.is_file()]
    if len(files) > _MOST:
        raise OSError(f"{name} holds more than {_MOST} files")
    return sorted(files)


def _of_parts(path: Path) -> list[str]:
    """The parts of the model that a file is a part of; nothing where it is none."""
    part = _PART.match(path.name)
    return [
        f"{other.name} {_identity(other.stat())}"
        for other in (sorted(path.parent.iterdir()) if part else ())
        if part and (found := _PART.match(other.name)) and found.groups() == part.groups()
    ]


def _of_file(path: Path) -> str:
    with opened(path) as stream:
        status = os.fstat(stream.fileno())
        large = status.st_size > _WHOLE
        content = _digest([stream.read(_BEGINNING if large else _WHOLE)])
    return f"{content} {_identity(status)}" if large else content


def _identity(status: os.stat_result) -> str:
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}"


def _digest(parts: Iterable[str | bytes]) -> str:
    whole = hashlib.sha256()
    for part in parts:
        whole.update(part.encode(errors="surrogateescape") if isinstance(part, str) else part)
        whole.update(b"\n")
    return whole.hexdigest()
