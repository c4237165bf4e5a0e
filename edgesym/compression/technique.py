"""Techniques of compression: which library does each here, why, and what it predicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any

from edgesym.data import shipped
from edgesym.domain import checked
from edgesym.errors import UnknownNameError

__all__ = ["BASELINE", "EXTRA", "Technique", "find_technique", "techniques"]

#: What all others are held against.
BASELINE = "fp32"
#: How the libraries are installed.
EXTRA = "pip install 'edgesym[compress]'"


@dataclass(frozen=True, slots=True)
class Technique:
    """A way to make a model smaller.

    Attributes:
        what: it does.
        recipe: which number format each weight should then be in.
        library: the module that does it.
        function: which function of this room calls that.
        why: this library.
        engine: what makes and runs its files.
        differences: why the tensors in its file are not the recipe's bytes, each with a formula.
        packages: what must be there besides the library, by module name.
        families: model types that it works on; all where empty.
    """

    name: str
    what: str
    recipe: str
    library: str
    function: str
    why: str
    engine: str = "torch"
    differences: tuple[tuple[str, str], ...] = ()
    packages: tuple[str, ...] = ()
    families: frozenset[str] = frozenset()

    @property
    def missing(self) -> tuple[str, ...]:
        """Modules that it needs and that are not installed."""
        needed = dict.fromkeys(("torch", "transformers", self.library, *self.packages))
        return tuple(name for name in needed if find_spec(name) is None)

    @property
    def release(self) -> str:
        """The library and its version, as installed; the bare name where it is not."""
        try:
            return f"{self.library} {version(self.library)}"
        except PackageNotFoundError:  # its bare name says so
            return self.library


@cache
def techniques() -> dict[str, Technique]:
    """Every technique, by name; the baseline first.

    >>> list(techniques())[0], techniques()["dynamic-int8"].recipe
    ('fp32', 'pytorch_dynamic_int8')
    """
    rows = shipped("compression", "techniques")
    return {
        name: Technique(
            name=name,
            **{key: str(row[key]) for key in ("what", "recipe", "library", "function", "why")},
            engine=str(row.get("engine", "torch")),
            differences=_differences(row, rows),
            packages=tuple(row.get("packages", ())),
            families=frozenset(row.get("families", ())),
        )
        for name, row in rows.items()
    }


def _differences(row: Mapping[str, Any], rows: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Those of a technique, or of the one that it names."""
    found = row.get("differences", ())
    if isinstance(found, str):
        return _differences(rows[found], rows)
    return tuple((d["what"], d["bytes"]) for d in found)


@checked
def find_technique(name: str) -> Technique:
    """A technique by its name, in any case, with dashes or underscores.

    >>> find_technique("Dynamic_INT8").library
    'torch'

    Raises:
        UnknownNameError: with the nearest names.
    """
    wanted = name.lower().replace("_", "-")
    by_name = {key.replace("_", "-"): made for key, made in techniques().items()}
    if wanted not in by_name:
        raise UnknownNameError("technique", name, techniques())
    return by_name[wanted]
