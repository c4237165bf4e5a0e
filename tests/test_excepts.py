r"""Every ``except`` says why; ``grep -rnE "(except|suppress).*:  # " edgesym`` lists what goes on.

One that does nothing but raise another error, or end, is its own reason: the error that it raises
says what was wrong. Every other one, and every ``suppress``, has its reason behind it on its line:
whether it passes over what it caught, answers with it, or raises it in some cases alone.
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


def going_on(path):
    """The first lines of what catches an error and may go on."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ExceptHandler) and not (raises(node.body[-1]) and not leaves(node)):
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


def leaves(handler):
    """Whether a handler may end before its last statement, and without an error."""
    inside = (node for statement in handler.body[:-1] for node in ast.walk(statement))
    return any(isinstance(n, ast.Return | ast.Continue | ast.Break) for n in inside)


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
    mute = [line for line in going_on(path) if not said.get(line)]
    assert not mute, [f"{path.name}:{line}" for line in mute]


WAYS = {
    "raise ConfigError(path) from error": False,
    "raise": False,
    "fail(1)": False,
    "pass": True,
    "return None": True,
    "return str(error)": True,
    "found.append(error)": True,
    "if len(path) > 3:\n        return ''\n    raise": True,
    "if path:\n        raise": True,
    "while path:\n        break\n    raise": True,
}


@pytest.mark.parametrize("way", WAYS)
def test_each_way_to_go_on_is_known(tmp_path, way):
    code = f"def f(path):\n  try:\n    g(path)\n  except OSError as error:\n    {way}\n"
    file = tmp_path / "code.py"
    file.write_text(code, "utf-8")
    assert bool(list(going_on(file))) is WAYS[way]
