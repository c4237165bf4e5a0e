"""How far a sweep is: a folder beside its file, and a note in it that is always whole."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from edgesym.analysis.sweep.best import Rows
from edgesym.errors import OutputError

__all__ = ["Journal"]

_NOTE, _BEST, _LOCK = "note.json", "best.npz", "lock"


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
        if target.exists() and not overwrite:
            raise OutputError(f"{target} exists; choose another name, or give --overwrite")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._hold()
            self.state = {} if overwrite else self._read()
            if self.state and self.state["fingerprint"] != fingerprint:
                self.close(done=False)
                raise OutputError(
                    f"{self.folder} is what another sweep, or another version, has written so "
                    "far; choose another name, or give --overwrite"
                )
            if not self.state:
                self._clear()
        except OSError as error:
            raise self.failed(error) from error

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
        path = self.folder / _BEST
        if not self.state or not path.is_file():
            return {}
        with np.load(path, allow_pickle=False) as archive:
            return dict(archive)

    def save(self, state: Mapping[str, Any], best: Rows | None = None) -> None:
        """Note how far the sweep is, at once or not at all."""
        if best:
            beside = self.folder / f"{_BEST}.new.npz"
            np.savez(beside, allow_pickle=False, **best)
            beside.replace(self.folder / _BEST)
        self.state = {"fingerprint": self._fingerprint, **state}
        beside = self.folder / f"{_NOTE}.new"
        with beside.open("w", encoding="utf-8") as stream:
            json.dump(self.state, stream)
        beside.replace(self.folder / _NOTE)

    def close(self, *, done: bool) -> None:
        """Let go of the folder, and take it away where the sweep is done."""
        if done:
            shutil.rmtree(self.folder, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def make_way(self) -> None:
        """Take away what has the name of the file."""
        if self.target.is_dir():
            shutil.rmtree(self.target)
        else:
            self.target.unlink(missing_ok=True)

    def _read(self) -> dict[str, Any]:
        path = self.folder / _NOTE
        if not path.is_file():
            return {}
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            found = None
        if not isinstance(found, dict) or not {"fingerprint", "batches", "sink"} <= found.keys():
            raise OutputError(f"{path} is no note of a sweep; choose another name for the file")
        return found

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
        except ImportError:
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
