r"""What goes on after an error says why: ``grep -rn "except .*  # \|suppress(.*  # " edgesym``.

An ``except`` that ends in another error, or that tells the one it caught, hides nothing. Every
other one, and every ``suppress``, has its reason behind it on its line.
"""

from __future__ import annotations

import ast
import tokenize
from pathlib import Path

import pytest

import edgesym

PACKAGE = Path(edgesym.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
#: Calls that do not return.
_ENDS = {"exit", "fail", "_fail", "_exit"}


def silent(path):
    """The first lines of what catches an error and goes on without telling it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ExceptHandler) and not (raises(node.body[-1]) or tells(node)):
            yield node.lineno
        if isinstance(node, ast.With | ast.AsyncWith):
            for item in node.items:
                if ast.unparse(item.context_expr).startswith(("suppress(", "contextlib.suppress(")):
                    yield node.lineno


def raises(last):
    """Whether a last statement is another error, or the end."""
    called = (
        last.value.func
        if isinstance(last, ast.Expr | ast.Return) and isinstance(last.value, ast.Call)
        else None
    )
    name = getattr(called, "attr", getattr(called, "id", ""))
    return isinstance(last, ast.Raise) or name in _ENDS


def tells(handler):
    """Whether what is caught is used: in an answer, a row, a word to the user."""
    inside = (node for statement in handler.body for node in ast.walk(statement))
    return any(isinstance(n, ast.Name) and n.id == handler.name for n in inside)


def reasons(path):
    """Line -> the comment on it, without what it says to linters."""
    with path.open("rb") as stream:
        found = {
            token.start[0]: token.string.lstrip("# ")
            for token in tokenize.tokenize(stream.readline)
            if token.type == tokenize.COMMENT
        }
    return {
        line: text.partition(" - ")[2] or text.partition("(")[2]
        if text.startswith("noqa")
        else text
        for line, text in found.items()
    }


@pytest.mark.parametrize("path", FILES, ids=[str(f.relative_to(PACKAGE)) for f in FILES])
def test_what_goes_on_after_an_error_says_why(path):
    said = reasons(path)
    mute = [line for line in silent(path) if not said.get(line)]
    assert not mute, [f"{path.name}:{line}" for line in mute]
