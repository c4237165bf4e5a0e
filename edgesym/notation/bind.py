"""From the names of a paper to the symbols of the table."""

from __future__ import annotations

import re
from collections.abc import Mapping

import sympy

from edgesym.algebra.once import replaced
from edgesym.domain import checked
from edgesym.errors import nearest
from edgesym.notation.errors import NotationError
from edgesym.notation.reader import read_equation
from edgesym.symbols import TABLE, declared, symbol

__all__ = ["bind"]

#: One kind of a word: head_dim.rotary.
_KIND = re.compile(r"\b([a-z_]+)\.[a-z][a-z_0-9]*")


@checked
def bind(expression: sympy.Expr, mapping: Mapping[str, str]) -> sympy.Expr:
    """An expression over declared names, with each put as what it stands for.

    Args:
        expression: what :func:`edgesym.notation.read_equation` returns.
        mapping: a name as declared -> words of :data:`edgesym.symbols.TABLE` and of
            quantities, with numbers, ``+ - * / **`` and brackets: ``"heads*head_dim"``; one kind
            of a word has a dot: ``"head_dim.nope + head_dim.rotary"``.

    Returns:
        An expression over the table's symbols; quantities (``parameters``) stay declared names.

    >>> bind(2 * declared("d_attn") * declared("P"), {"d_attn": "heads*head_dim", "P": "flops"})
    2*A*D*flops

    Raises:
        NotationError: a name bound to nothing, or to words that are not in the table.
    """
    values = {declared(name): _meaning(name, text) for name, text in mapping.items()}
    for found in sorted(expression.free_symbols, key=str):
        if found not in values and found == declared(found.name) and not _quantity(found.name):
            raise NotationError(f"symbol {found.name!r} stands for nothing; bind it to words")
    return replaced(expression, values)


def _quantity(word: str) -> bool:
    from edgesym.catalogue import REGISTRY

    return word in REGISTRY


def _meaning(name: str, text: str) -> sympy.Expr:
    from edgesym.catalogue import REGISTRY

    kinds = {kind[0] for kind in _KIND.finditer(text) if kind[1] in TABLE}
    words = [*TABLE, *kinds, *(word for word in REGISTRY if word not in TABLE)]
    try:
        read = read_equation(text, words, notation="plain")
    except NotationError as error:
        close = nearest(error.undeclared, words) if error.undeclared else []
        hint = f"; nearest: {', '.join(close)}" if close else ""
        raise NotationError(f"symbol {name!r} is bound to {text!r}: {error}{hint}") from error
    return read.xreplace({declared(word): symbol(word) for word in (*TABLE, *kinds)})
