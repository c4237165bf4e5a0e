"""What a check is asked to read: claim files, papers in LaTeX, and text on standard input."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from edgesym.claims.claim import Claim, Refused, read_entries
from edgesym.claims.document import read_document
from edgesym.errors import EdgesymError
from edgesym.files.parse import parse_toml
from edgesym.files.read import read_text

__all__ = ["Sources", "files_of", "read_sources"]


@dataclass(frozen=True, slots=True, eq=False)
class Sources:
    """What was read.

    Attributes:
        entries: the claims, and those that cannot be read.
        silent: equations of papers that nothing was said of.
        files: files that cannot be read at all.
        included: files that papers read, beside those asked for.
    """

    entries: tuple[Claim | Refused, ...] = ()
    silent: tuple[str, ...] = ()
    files: tuple[Refused, ...] = ()
    included: tuple[Path, ...] = ()


def files_of(names: Iterable[str]) -> tuple[Path, ...]:
    """The files that are read for some names: for a paper in LaTeX, also the table beside it."""
    paths = [Path(name) for name in names]
    beside = [path.with_suffix(".toml") for path in paths if path.suffix == ".tex"]
    return tuple(dict.fromkeys([*paths, *beside]))


def read_sources(names: Iterable[str]) -> Sources:
    """The claims of claim files and papers; a file that cannot be read keeps none back.

    The table of a paper, which has ``[labels]``, is read with the paper beside it, and once.
    """
    entries: list[Claim | Refused] = []
    silent: list[str] = []
    files: list[Refused] = []
    papers: set[Path] = set()
    included: set[Path] = set()
    for name in dict.fromkeys(names):
        path = Path(name)
        try:
            path = _paper_of(path)
            if path in papers:
                continue
            if path.suffix == ".tex":
                papers.add(path)
                document = read_document(path)
                entries += document.entries
                silent += document.silent
                included |= {file for file, _ in document.paper.files.lines}
            else:
                entries += read_entries(path)
        except EdgesymError as error:  # told as refused, beside the others
            files.append(Refused(str(error), file=str(path)))
    return Sources(tuple(entries), tuple(silent), tuple(files), tuple(sorted(included)))


def _paper_of(path: Path) -> Path:
    """The paper that a table with ``[labels]`` lies beside; any other file itself."""
    if path.suffix != ".toml":
        return path
    text = read_text(path, "data file")
    labelled = "labels" in text and "labels" in parse_toml(text, str(path))
    return path.with_suffix(".tex") if labelled else path
