"""A document as plain data, and the document of such data: what it tells is the same.

Documents with formulas or graphs in them are not stored: those are no data of words and numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, get_args

from edgesym.document.nodes import (
    Amount,
    Cell,
    Code,
    Column,
    Document,
    Facts,
    Items,
    Mark,
    Notation,
    Row,
    Section,
    Table,
    Text,
    Tone,
)

__all__ = ["document_of", "stored"]

_SPANS = (Amount, Notation, Code, Mark)
_BLOCKS = (Text, Facts, Table, Items, Section)
_NODES = {node.__name__: node for node in (*_SPANS, *_BLOCKS, Column, Row)}


def stored(document: Document) -> dict[str, Any]:
    """What a document tells, and programs read of it, as plain data.

    >>> from edgesym.document.nodes import Text
    >>> kept = stored(Document("Answer", (Text(("it is ", Amount(42))),), lambda: {"it": 42}))
    >>> document_of(kept).blocks[0].cell[1].value, document_of(kept).data
    (42, {'it': 42})

    Raises:
        TypeError: it holds a formula, a graph, or what is no plain data.
    """
    return {
        "title": _data(document.title),
        "blocks": _data(document.blocks),
        "answer": _plain(document.data),
        "records": None if document.records is None else _data(document.records()),
    }


def document_of(kept: Any) -> Document:
    """The document of stored data.

    Raises:
        ValueError, TypeError, KeyError: the data are of no document.
    """
    answer = _is(kept["answer"], dict)
    table = None if kept["records"] is None else _node(kept["records"], (Table,))
    return Document(
        _cell(kept["title"]),
        _blocks(kept["blocks"]),
        lambda: answer,
        None if table is None else lambda: table,
    )


def _data(part: Any) -> Any:
    """A node as its name and its fields; a tuple as a list."""
    match part:
        case None | bool() | str() | int() | float():
            return part
        case Fraction():
            return {"Fraction": [part.numerator, part.denominator]}
        case tuple():
            return [_data(each) for each in part]
    name = type(part).__name__
    if _NODES.get(name) is not type(part):
        raise TypeError(f"{name} is not stored")
    return {name: [_data(getattr(part, field)) for field in part.__dataclass_fields__]}


def _plain(data: Any) -> Any:
    """Data of the kinds that JSON gives back as they were, tuples as lists.

    Raises:
        TypeError: other data.
    """
    match data:
        case None | bool() | str() | int() | float():
            return data
        case list() | tuple():
            return [_plain(each) for each in data]
        case Mapping() if all(isinstance(key, str) for key in data):
            return {key: _plain(value) for key, value in data.items()}
    raise TypeError(f"{type(data).__name__} is not stored")


def _node(kept: Any, wanted: tuple[type, ...]) -> Any:
    """The node of stored data, one of the kinds that are wanted, its fields of their kinds."""
    ((name, fields),) = _is(kept, dict).items()
    node = _NODES[name]
    if node not in wanted:
        raise ValueError(f"{name} stands where {[each.__name__ for each in wanted]} may")
    readers = _FIELDS[node]
    return node(*(read(field) for read, field in zip(readers, fields, strict=True)))


def _is(kept: Any, *kinds: type) -> Any:
    if type(kept) not in kinds:
        raise TypeError(f"{type(kept).__name__} stands where {kinds} may")
    return kept


def _one_of(*kinds: type) -> Callable[[Any], Any]:
    return lambda kept: _is(kept, *kinds)


def _many(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda kept: tuple(map(read, _is(kept, list)))


def _number(kept: Any) -> Any:
    if type(kept) is dict:
        ((name, (above, below)),) = kept.items()
        if name == "Fraction":
            return Fraction(_is(above, int), _is(below, int))
    return _is(kept, int, float, type(None))


def _cell(kept: Any) -> Cell:
    match kept:
        case str():
            return kept
        case list():
            return tuple(span if type(span) is str else _node(span, _SPANS) for span in kept)
    cell: Cell = _node(kept, _SPANS)
    return cell


def _fact(kept: Any) -> tuple[str, Cell]:
    label, cell = kept
    return _is(label, str), _cell(cell)


def _word(*known: str) -> Callable[[Any], str]:
    def read(kept: Any) -> str:
        if kept not in known:
            raise ValueError(f"{kept!r} stands where one of {known} may")
        word: str = kept
        return word

    return read


_text, _flag, _whole = _one_of(str), _one_of(bool), _one_of(int, type(None))
_blocks = _many(lambda kept: _node(kept, _BLOCKS))
_tone = _word(*get_args(Tone))
_kind = _word("text", "number", "formula")
#: What reads each field of a node.
_FIELDS: dict[type, tuple[Callable[[Any], Any], ...]] = {
    Amount: (_number, _text, _one_of(int, float), _text, _one_of(int), _flag),
    Notation: (_text, _text),
    Code: (_text,),
    Mark: (_text, _tone),
    Text: (_cell, _flag),
    Facts: (_many(_fact),),
    Items: (_many(_cell), _flag),
    Section: (_cell, _blocks, _flag),
    Column: (_cell, _kind, _flag),
    Row: (_many(_cell), _many(lambda kept: _node(kept, (Text,))), _flag),
    Table: (
        *(_many(lambda kept: _node(kept, (Column,))), _many(lambda kept: _node(kept, (Row,)))),
        _whole,
    ),
}
