"""Closed forms in the languages of others: one writer per language over the same steps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module

from edgesym.analysis.exported import Export, exported
from edgesym.architectures.model import Model
from edgesym.domain import checked, checked_but
from edgesym.errors import UnknownNameError
from edgesym.scenario.setup import Setup

__all__ = ["LANGUAGES", "Language", "export", "written"]


@dataclass(frozen=True, slots=True)
class Language:
    """A language: the module and the name of its writer, and the usual ending of a file."""

    module: str
    writer: str
    ending: str


#: Every language by name.
LANGUAGES = {
    "python": Language("python", "write_python", "py"),
    "numpy": Language("python", "write_numpy", "py"),
    "c": Language("c", "write_c", "c"),
    "javascript": Language("javascript", "write_javascript", "js"),
    "rust": Language("rust", "write_rust", "rs"),
    "excel": Language("excel", "write_excel", "xlsx"),
}


@checked_but("setup")
def export(
    setup: Setup | Model | str,
    quantities: str | Sequence[str],
    to: str = "python",
    inputs: Iterable[str] = (),
) -> str | bytes:
    """The content of a self-contained file that computes quantities of a setup.

    Formulas, units and meanings stand in comments, the numbers of the setup are the defaults, and
    the file holds a test point that it checks itself against. ``python`` computes whole numbers
    and fractions exactly; the others compute in double precision, which never wraps, and refuse
    counts that it does not hold (2^53 and above).

    Args:
        setup: a setup, a model or its name.
        quantities: names of :data:`edgesym.REGISTRY`.
        to: one of :data:`LANGUAGES`; ``excel`` gives bytes, the others text.
        inputs: the symbols to be left open, the others being put in; by default all.

    >>> print(export("llama-3.2-1b", "kv_cache_bytes", inputs=["context"]).splitlines()[0])
    # kv_cache_bytes of llama-3.2-1b

    Raises:
        UnknownNameError: no such language, quantity or input.
        DeviceError, ConfigError: a symbol has no number.
        OutputError: Excel, and openpyxl is not installed.
    """
    names = [quantities] if isinstance(quantities, str) else list(quantities)
    _language(to)
    return written(exported(setup, names, inputs), to)


@checked
def written(found: Export, to: str) -> str | bytes:
    """An export in a language.

    Raises:
        UnknownNameError: no such language.
    """
    row = _language(to)
    writer = getattr(import_module(f"edgesym.render.export.{row.module}"), row.writer)
    content: str | bytes = writer(found)
    return content


def _language(name: str) -> Language:
    if name not in LANGUAGES:
        raise UnknownNameError("language to export to", name, LANGUAGES)
    return LANGUAGES[name]
