"""The README shows what its commands print."""

import doctest
import re
import shlex
from pathlib import Path

import pytest

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
#: A command, and what is printed below it up to the next command or a line that is not set in.
EXAMPLE = re.compile(r"^    \$ edgesym (.*)\n((?:    (?!\$).*\n|\n(?=    (?!\$)))*)", re.MULTILINE)
EXAMPLES = EXAMPLE.findall(README)


def test_the_readme_has_examples():
    assert len(EXAMPLES) >= 6


@pytest.mark.parametrize(("command", "shown"), EXAMPLES, ids=[c for c, _ in EXAMPLES])
def test_a_command_prints_what_the_readme_shows(edgesym, command, shown):
    ran = edgesym(*shlex.split(command))
    assert ran.code == 0
    assert shown.strip() != "..."
    rule = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    assert doctest.OutputChecker().check_output(shown, ran.out, rule), ran.out


def test_the_library_example_runs():
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    exec(code, {})  # noqa: S102 - our own text
