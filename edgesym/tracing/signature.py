"""What a class or a function of a file takes, read without running it."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Collection, Iterator
from typing import Any

from edgesym.errors import ConfigError
from edgesym.files.read import read_text
from edgesym.plain import plain_line

__all__ = ["missing", "written"]

_Def = ast.FunctionDef | ast.AsyncFunctionDef
_BOUND = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def written(path: str, name: str) -> str:
    """How a class and its ``forward``, or a function, are called: ``GPT(hidden), forward(ids)``.

    Empty where the file cannot be read, or says nothing of it.
    """
    try:
        body = ast.parse(read_text(path, "module")).body
    except (ConfigError, SyntaxError, ValueError, RecursionError, MemoryError):  # told when it runs
        return ""
    found = next((n for n in body if isinstance(n, _Def | ast.ClassDef) and n.name == name), None)
    return plain_line(", ".join(_calls(found)), 300) if found else ""


def _calls(node: _Def | ast.ClassDef) -> Iterator[str]:
    if isinstance(node, _Def):
        yield f"{node.name}({_names(node, 0)})"
        return
    methods = {each.name: each for each in node.body if isinstance(each, _Def)}
    for name, called in (("__init__", node.name), ("forward", "forward")):
        if name in methods:
            yield f"{called}({_names(methods[name], 1)})"


def _names(node: _Def, skipped: int) -> str:
    given = node.args
    return ", ".join(a.arg for a in (*given.posonlyargs, *given.args, *given.kwonlyargs)[skipped:])


def missing(made: Callable[..., Any], given: Collection[str]) -> list[str]:
    """The arguments without a default that are not given."""
    return [
        name
        for name, taken in inspect.signature(made).parameters.items()
        if taken.default is taken.empty and taken.kind not in _BOUND and name not in given
    ]
