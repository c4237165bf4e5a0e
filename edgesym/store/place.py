"""Where the cache lies: the user's cache directory, or where EDGESYM_CACHE says, or nowhere.

The convention of each system: XDG_CACHE_HOME, else ~/.cache (XDG Base Directory Specification
0.8); ~/Library/Caches on macOS; LOCALAPPDATA on Windows.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

__all__ = ["VARIABLE", "chosen", "refused"]

#: The variable that moves the cache, or turns it off.
VARIABLE = "EDGESYM_CACHE"
_OFF = ("0", "off", "no", "false")


def chosen(environment: Mapping[str, str] = os.environ, system: str = sys.platform) -> Path | None:
    """The folder of the cache; None where it is turned off, or where there is no home.

    >>> chosen({"EDGESYM_CACHE": "off"}), chosen({"XDG_CACHE_HOME": "/tmp/c"}, "linux").as_posix()
    (None, '/tmp/c/edgesym')
    """
    said = environment.get(VARIABLE, "").strip()
    if said:
        return None if said.lower() in _OFF else _absolute(said)
    if system == "win32":
        base = environment.get("LOCALAPPDATA", "")
    elif system == "darwin":
        base = _below_home("Library", "Caches")
    else:
        base = environment.get("XDG_CACHE_HOME", "")
        # the specification: a relative path is invalid, and to be ignored
        base = base if base.startswith("/") else _below_home(".cache")
    return Path(base, "edgesym") if base else None


def _absolute(said: str) -> Path | None:
    try:
        return Path(said).expanduser().absolute()
    except (OSError, RuntimeError):  # relative to a folder that is gone, or to no home
        return None


def _below_home(*parts: str) -> str:
    try:
        home = Path.home()
    except RuntimeError:  # there is none
        return ""
    return str(home.joinpath(*parts)) if home.is_absolute() else ""


def refused(folder: Path) -> str:
    """Why nothing in a folder is to be believed; nothing where it may be.

    What another user may have written is not read: the folder must be the user's own, no link,
    and closed to others for writing.
    """
    try:
        found = folder.lstat()
    except OSError as error:  # the answer of the verb tells it
        return error.strerror or str(error)
    if not stat.S_ISDIR(found.st_mode):
        return "is no folder"
    if hasattr(os, "geteuid"):
        if found.st_uid != os.geteuid():
            return "belongs to another user"
        if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            return "can be written to by others"
    return ""
