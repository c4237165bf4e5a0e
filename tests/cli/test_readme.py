"""The README and the documentation show what their commands print."""

import re

import pytest

from reports.readme import EXAMPLE, ROOT, example, pages

EXAMPLES = [
    pytest.param(*found, id=f"{name}: {found[0]}")
    for name, page in pages().items()
    for found in EXAMPLE.findall(page.read_text(encoding="utf-8"))
]


def test_there_are_examples():
    assert len(EXAMPLES) >= 50
    assert {"README.md", "docs/cookbook.md"} <= pages().keys()


@pytest.mark.parametrize(("command", "shown"), EXAMPLES)
def test_a_command_prints_what_the_page_shows(command, shown):
    assert example(command, shown) == shown, "refill it: python -m reports.regenerate"


def test_the_example_of_python_runs():
    text = (ROOT / "docs/python.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    exec(code, {})  # noqa: S102 - our own text
