"""Answers that were given before, out of the cache on disk.

What an answer is kept under is all that it follows from: the options as they were given, the
files that they name, the package. It is a document; in what medium it is written is no part.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from edgesym.cli.common import is_from_code, is_text_only, listening, warn
from edgesym.document.nodes import Document
from edgesym.document.stored import document_of, stored
from edgesym.errors import ConfigError
from edgesym.store.entry import About
from edgesym.store.state import state_of_files, state_of_package
from edgesym.store.store import Store, find_store

__all__ = ["recalled"]

#: What models of a hub are looked up with: those are not of this machine alone.
_HUB = "huggingface_hub"


def recalled(
    verb: str, options: Mapping[str, Any], answer: Callable[[Mapping[str, Any]], Document]
) -> Document:
    """The answer of a verb to options, from the cache if it is there; else it is kept there.

    What is warned of is warned of again. Where there is no cache, or it cannot be used, the
    answer is made, and nothing is said about that.

    Args:
        verb: that is asked.
        options: as they were given, plain values; ``model`` is the model's.
        answer: makes the answer to them.
    """
    store = find_store()
    key = "" if store is None else _key(verb, options)
    if store is None or not key:
        return answer(options)
    found = _found(store, key)
    if found is not None:
        document, warnings = found
        for text in warnings:
            warn(text)
        return document
    with listening() as heard:
        document = answer(options)
    # a file that was changed meanwhile may have been read before or after
    if _HUB not in sys.modules and _key(verb, options) == key:
        _keep(store, About(key, verb, str(options["model"]), state_of_package()), document, heard)
    return document


def _found(store: Store, key: str) -> tuple[Document, list[str]] | None:
    """The answer that is kept under a key, and what was warned of."""
    kept = store.find(key)
    if kept is None:
        return None
    try:
        warnings = kept["warnings"]
        if not all(isinstance(text, str) for text in warnings):
            return None
        return document_of(kept["document"]), warnings
    except (KeyError, TypeError, ValueError, ZeroDivisionError, RecursionError):  # made anew
        return None


def _keep(store: Store, about: About, document: Document, heard: list[str]) -> None:
    try:
        kept = {"document": stored(document), "warnings": heard}
    except TypeError:  # it holds a formula: such answers are made anew
        return
    store.keep(about, kept)


def _key(verb: str, options: Mapping[str, Any]) -> str:
    """What an answer is kept under; nothing where what it follows from cannot be looked at."""
    state = state_of_package()
    try:
        files = state_of_files(_texts(options.values()))
        given = {**options, "text_only": is_text_only(), "from_code": is_from_code()}
        asked = json.dumps([verb, given, files, state], sort_keys=True)
    except (ConfigError, OSError, TypeError, ValueError):  # what has no key is not kept
        return ""
    return hashlib.sha256(asked.encode()).hexdigest() if state else ""


def _texts(values: Any) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, tuple | list):
            yield from _texts(value)
