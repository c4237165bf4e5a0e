"""The page: its width, its signs and its colours."""

from __future__ import annotations

import io

import pytest

from edgesym.render.page import Page


class Stream(io.TextIOWrapper):
    """Output of an encoding, to a terminal or not."""

    def __init__(self, encoding, *, terminal):
        super().__init__(io.BytesIO(), encoding=encoding)
        self.terminal = terminal

    def isatty(self):
        return self.terminal


CASES = [
    # environment, encoding, terminal -> width, unicode, colour
    ({}, "utf-8", False, (80, True, False)),
    ({}, "ascii", False, (80, False, False)),
    ({"COLUMNS": "132"}, "utf-8", False, (132, True, False)),
    ({"COLUMNS": "no"}, "utf-8", False, (80, True, False)),
    ({"COLUMNS": "0"}, "utf-8", False, (80, True, False)),
    ({"COLUMNS": "5"}, "utf-8", False, (24, True, False)),
    ({"COLUMNS": "100", "TERM": "xterm"}, "utf-8", True, (100, True, True)),
    ({"COLUMNS": "100", "TERM": "dumb"}, "utf-8", True, (100, True, False)),
    ({"COLUMNS": "100", "TERM": "xterm", "NO_COLOR": "1"}, "utf-8", True, (100, True, False)),
    ({"FORCE_COLOR": "1"}, "utf-8", False, (80, True, True)),
    ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, "utf-8", False, (80, True, False)),
    ({}, "latin-1", False, (80, False, False)),
]


@pytest.mark.parametrize(("environment", "encoding", "terminal", "page"), CASES)
def test_a_page_is_what_the_stream_and_the_user_say(
    monkeypatch, environment, encoding, terminal, page
):
    for name in ("COLUMNS", "TERM", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = Page.of(Stream(encoding, terminal=terminal))
    assert (found.width, found.unicode, found.colour) == page
