"""Which integers of a config are sizes, and the symbol of each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import sympy

from edgesym.architectures.recipe import find_recipe
from edgesym.data import shipped
from edgesym.errors import EdgesymError
from edgesym.symbols import TABLE, symbol

__all__ = ["HINTS", "size_symbol", "size_symbols", "sizes_of"]

#: Sequences, cached and new tokens at which the code is run: small, different, and not 1.
HINTS = {"batch": 3, "cached_tokens": 37, "new_tokens": 5}
#: Below it an integer is a case of the code (no grouping, one shared expert) and no size.
_LEAST = 2


@cache
def _table() -> dict[str, Any]:
    return shipped("tracing/data", "fields")


def sizes_of(fields: Mapping[str, Any], model_type: str) -> dict[str, sympy.Symbol]:
    """Key of a config -> the symbol it is, for each key that is a size.

    The architecture file of the model type says it where there is one, the table of fields
    (``tracing/data/fields.toml``) where it does not; any other size is ``extent.KEY``.

    >>> sizes_of({"hidden_size": 64, "num_hidden_layers": 2, "eps": 1e-5, "q": 7}, "unheard-of")
    {'hidden_size': H, 'q': N_x_q}
    """
    known = {**_table()["symbols"], **_of_file(model_type)}
    taken: dict[sympy.Symbol, int] = {}
    found: dict[str, sympy.Symbol] = {}
    for key, value in fields.items():
        if not _is_size(key, value):
            continue
        made = symbol(known[key]) if key in known else symbol("extent", _plain(key))
        if taken.setdefault(made, value) != value:
            made = symbol("extent", _plain(key))
        found[key] = made
    return found


def size_symbol(name: str) -> sympy.Symbol:
    """The symbol of a size by the name that a user or a module's author gives it.

    A word of the table of symbols or a key that configs know is that symbol.

    >>> size_symbol("hidden"), size_symbol("d_model"), size_symbol("patches")
    (H, H, N_v)
    """
    word = name if name in TABLE else _table()["symbols"].get(name)
    return symbol("extent", _plain(name)) if word is None else symbol(word)


def size_symbols(names: Iterable[str]) -> dict[str, sympy.Symbol]:
    """The symbols of several sizes of one module, each its own.

    Of names that are one symbol, that has it which is its word, or the first; the others are
    extents of their own.

    >>> size_symbols(["dim", "hidden", "d_model"])
    {'dim': N_x_dim, 'hidden': H, 'd_model': N_x_d_model}
    """
    taken: dict[sympy.Symbol, str] = {}
    ordered = list(names)
    for name in sorted(ordered, key=lambda name: name not in TABLE):
        taken.setdefault(size_symbol(name), name)
    return {
        name: made if taken[made := size_symbol(name)] == name else symbol("extent", _plain(name))
        for name in ordered
    }


def _is_size(key: str, value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int) or value < _LEAST:
        return False
    rules = _table()["not_sizes"]
    return not (
        key.startswith("_")
        or key.endswith(tuple(rules["endings"]))
        or any(word in key for word in rules["words"])
    )


@cache
def _of_file(model_type: str) -> dict[str, str]:
    """Key -> word, as the architecture file of a model type has them; empty without one."""
    try:
        recipe = find_recipe(model_type, model_type)[1]
    except EdgesymError:  # no file of that type: no words
        return {}
    found: dict[str, str] = {}
    for word, field in recipe["symbols"].items():
        keys = field.get("key", [])
        for key in [keys] if isinstance(keys, str) else keys:
            found[key] = word
    return found


def _plain(key: str) -> str:
    return re.sub(r"\W", "_", key)
