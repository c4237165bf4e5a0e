"""A paper's LaTeX source: its labelled equations as claims, by a symbol table beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgesym.claims.claim import Claim, read_claims
from edgesym.data import load_toml
from edgesym.errors import ConfigError, nearest

__all__ = ["Document", "read_document"]

_LARGEST = 4_000_000
_NAMES = ("equation", "align", "gather", "multline", "eqnarray", "flalign")
_BLOCK = re.compile(
    r"\\begin\{(" + "|".join(_NAMES) + r")(\*?)\}(.*?)\\end\{\1\2\}",
    re.DOTALL,
)
_LABEL = re.compile(r"\\label\{([^{}]*)\}")
_COMMENT = re.compile(r"(?<!\\)%.*")
_NOISE = re.compile(r"\\(?:nonumber|notag|displaystyle)\b|\\tag\*?\{[^{}]*\}|(?<!\\)&")


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A source file.

    Attributes:
        claims: the equations that the table beside it speaks for.
        silent: labels, or places, of the others.
    """

    claims: tuple[Claim, ...]
    silent: tuple[str, ...]


def equations_of(text: str) -> dict[str, str]:
    r"""Label -> equation, of each line of a displayed equation; unlabelled ones by their place.

    >>> equations_of(r"\begin{equation} F = 2 N \label{eq:f} \end{equation}")
    {'eq:f': 'F = 2 N'}
    """
    found: dict[str, str] = {}
    bare = _COMMENT.sub("", text)
    for number, match in enumerate(_BLOCK.finditer(bare), 1):
        name, body = match[1], match[3]
        several = name in ("align", "gather", "eqnarray", "flalign")
        lines = re.split(r"\\\\(?:\[[^\]]*\])?", body) if several else [body.replace(r"\\", " ")]
        for index, line in enumerate(lines, 1):
            label = _LABEL.search(line)
            equation = " ".join(_NOISE.sub(" ", _LABEL.sub(" ", line)).split()).rstrip(" .,;")
            place = f"display {number}" + (f", line {index}" if len(lines) > 1 else "")
            if equation:
                found[label[1] if label else place] = equation
    return found


def read_document(path: Path, table: Path | None = None) -> Document:
    """The claims of a LaTeX file.

    Args:
        path: the source.
        table: a TOML file with ``[symbols]`` and ``[labels]``: label -> quantity, or -> the keys
            of a claim; by default the file of the same name beside it.

    Raises:
        ConfigError: a file is missing, or the table names a label that the source lacks.
    """
    beside = table or path.with_suffix(".toml")
    if not beside.is_file():
        raise ConfigError(
            f"{path}: needs a symbol table beside it, {beside.name}, with [symbols] and [labels] "
            "(label = quantity); docs/claims.md has an example"
        )
    try:
        if path.stat().st_size > _LARGEST:
            raise ConfigError(f"{path}: larger than {_LARGEST} bytes; this is no paper")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    tables = load_toml(beside)
    equations = equations_of(text)
    rows = []
    for label, given in _labels(tables, beside).items():
        if label not in equations:
            close = nearest(label, equations)
            hint = f"; nearest: {', '.join(close)}" if close else f"; it has {', '.join(equations)}"
            raise ConfigError(f"{beside}: {path.name} has no equation {label!r}{hint}")
        keys = {"quantity": given} if isinstance(given, str) else dict(given)
        rows.append({"id": label, "where": label, "latex": equations[label], **keys})
    rest = {key: value for key, value in tables.items() if key not in ("labels", "claim")}
    claims = read_claims(
        {**rest, "labels": {}, "claim": [*rows, *tables.get("claim", [])]}, str(beside)
    )
    spoken = {claim.id for claim in claims}
    return Document(claims, tuple(label for label in equations if label not in spoken))


def _labels(tables: Mapping[str, Any], origin: Path) -> Mapping[str, Any]:
    labels = tables.get("labels", {})
    if not isinstance(labels, Mapping) or not all(
        isinstance(given, str | Mapping) for given in labels.values()
    ):
        raise ConfigError(
            f"{origin}: [labels] reads label = 'quantity', or label = {{ keys of a claim }}"
        )
    return labels
