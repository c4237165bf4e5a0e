"""How far a sweep is: a folder beside its file, and a note in it that is always whole."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from edgesym.analysis.sweep.best import Rows
from edgesym.errors import ConfigError, OutputError, UnknownNameError
from edgesym.files.read import is_file, is_folder, is_there, read_bytes
from edgesym.files.write import replace_files, sync
from edgesym.fileschema import user_json

__all__ = ["Journal"]

_NOTE, _BEST, _LOCK, _OLD = "note.json", "best-{}.npz", "lock", "replaced"
#: Bytes of what is noted, the best rows among it.
_LARGEST = 2**28


class Journal:
    """The folder of a sweep that is not done.

    Args:
        target: the file that the sweep is to write.
        fingerprint: what tells this sweep from others.
        overwrite: whether what is there, of the file and of another sweep, goes.

    Raises:
        OutputError: the file is there, or the folder is of another sweep or in use.
    """

    def __init__(self, target: Path, fingerprint: str, *, overwrite: bool) -> None:
        self.target = target
        self.folder = target.with_name(f"{target.name}.partial")
        self._fingerprint = fingerprint
        self._lock: int | None = None
        if is_there(target) and not overwrite:
            raise OutputError(f"{target} exists; choose another name, or give --overwrite")
        if other := _other(target):
            raise OutputError(f"{target} {other}: a sweep does not replace it; choose another name")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._hold()
            self.state = {} if overwrite else self._read()
            if not self.state:
                self._clear()
        except BaseException as error:
            self.close(done=False)
            if isinstance(error, OSError):
                raise self.failed(error) from error
            raise

    def failed(self, error: OSError) -> OutputError:
        """What to say of an error of the system, and what to do."""
        reason = error.strerror or error
        return OutputError(
            f"{self.target}: cannot be written ({reason}); make room or choose another place. What "
            "is written stays: the same command goes on from there"
        )

    @property
    def best(self) -> Rows:
        """The best rows so far; none at the start, or where all are kept."""
        if not self.state.get("best"):
            return {}
        path = self.folder / str(self.state["best"])
        try:
            content = io.BytesIO(read_bytes(path, "best rows of a sweep", _LARGEST))
            with np.load(content, allow_pickle=False) as archive:
                return dict(archive)
        except (ValueError, OSError, EOFError, BadZipFile, KeyError) as error:
            raise self._damaged(path) from error

    def save(self, state: Mapping[str, Any], best: Rows | None = None) -> None:
        """Note how far the sweep is, at once or not at all."""
        files: dict[str, bytes] = {}
        state = {"fingerprint": self._fingerprint, **state}
        if best:
            rows = io.BytesIO()
            np.savez(rows, allow_pickle=False, **best)
            # the best rows belong to one note: with another, rows would be counted twice
            state["best"] = _BEST.format(state["batches"])
            files[state["best"]] = rows.getvalue()
        files[_NOTE] = json.dumps({**state, "digest": _digest(state)}).encode()
        replace_files(self.folder, files, durable=True)
        self.state = state
        for path in self.folder.glob(_BEST.format("*")):
            if path.name != state.get("best"):
                path.unlink(missing_ok=True)

    def close(self, *, done: bool) -> None:
        """Let go of the folder, and take it away where the sweep is done."""
        if done:
            shutil.rmtree(self.folder, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def give(self, made: Path) -> None:
        """Give what is made in the folder the name of the file, in place of what has it."""
        if made.is_dir() or self.target.is_dir():
            # the system puts no folder in the place of another, or of a file
            aside = self.folder / _OLD
            if is_there(self.target):
                self.target.replace(aside)
            try:
                made.replace(self.target)
            except BaseException:
                if is_there(aside) and not is_there(self.target):
                    aside.replace(self.target)
                raise
        else:
            sync(made)
            made.replace(self.target)

    def _read(self) -> dict[str, Any]:
        from edgesym.analysis.sweep.schema import NoteFile

        path = self.folder / _NOTE
        if not is_there(path):
            return {}
        try:
            state: dict[str, Any] = user_json(path, NoteFile, "note of a sweep", _LARGEST)
        except (ConfigError, UnknownNameError) as error:
            raise self._damaged(path) from error
        if state.pop("digest") != _digest(state):
            raise self._damaged(path)
        if state["fingerprint"] != self._fingerprint:
            raise OutputError(
                f"{self.folder} is what another sweep, or another version, has written so "
                "far; choose another name, or give --overwrite"
            )
        return state

    def _damaged(self, path: Path) -> OutputError:
        return OutputError(
            f"{path} is no {'note' if path.name == _NOTE else 'rows'} of a sweep; begin anew, with "
            "--overwrite, or choose another name for the file"
        )

    def _clear(self) -> None:
        for path in self.folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != _LOCK:
                path.unlink()

    def _hold(self) -> None:
        """Refuse a folder that another process writes in; the system lets go when that ends."""
        try:
            import fcntl
        except ImportError:  # a system without locks has none to hold
            return
        self._lock = os.open(self.folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            self._lock = None
            raise OutputError(
                f"{self.folder} is in use: another sweep writes {self.target.name} now; wait for "
                "it, or choose another name"
            ) from None


def _digest(state: Mapping[str, Any]) -> str:
    """What tells a note that was changed, by hand or by a fault, from one that a sweep wrote."""
    return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()


def _other(target: Path) -> str:
    """What has the name of a file of rows and is none that a sweep wrote; else nothing."""
    if is_folder(target):
        kinds = {path.suffix for path in target.iterdir()}
        return "" if kinds <= {".parquet"} else "is a folder of other files"
    return "is no file" if is_there(target) and not is_file(target) else ""
