"""The README shows what its commands print."""

import re

import pytest

from reports.readme import EXAMPLE, README, example

TEXT = README.read_text(encoding="utf-8")
EXAMPLES = EXAMPLE.findall(TEXT)


def test_the_readme_has_examples():
    assert len(EXAMPLES) >= 6


@pytest.mark.parametrize(("command", "shown"), EXAMPLES, ids=[c for c, _ in EXAMPLES])
def test_a_command_prints_what_the_readme_shows(command, shown):
    assert example(command, shown) == shown, "refill it: python -m reports.regenerate"


def test_the_library_example_runs():
    (code,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    exec(code, {})  # noqa: S102 - our own text
