"""Running again whenever a file changes."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

__all__ = ["changes"]

#: Seconds between two looks at the files.
_PAUSE = 0.5


def changes(paths: Sequence[Path], pause: float = _PAUSE) -> Iterator[tuple[Path, ...]]:
    """The files at once, and then those that changed, came or went since, until interrupted.

    Args:
        paths: the files; what is added to a list between two changes is watched as well.
        pause: seconds between two looks.
    """
    before = {path: _stamp(path) for path in paths}
    yield tuple(paths)
    while True:
        before |= {path: _stamp(path) for path in paths if path not in before}
        time.sleep(pause)
        now = {path: _stamp(path) for path in before}
        changed = tuple(path for path in now if now[path] != before[path])
        before = now
        if changed:
            yield changed


def _stamp(path: Path) -> tuple[int, int] | None:
    """When a file was written, and its size; None where there is none."""
    try:
        found = path.stat()
    except OSError:  # None stands for no file
        return None
    return found.st_mtime_ns, found.st_size
