"""A line of a message shows what it is of, and holds nothing that a terminal obeys."""

from __future__ import annotations

import unicodedata
from fractions import Fraction

import pytest

from edgesym.plain import LONGEST, control_in, plain_line, shown


@pytest.mark.parametrize("code", [*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x202E, 0x2066, 0xD800])
def test_no_control_character_is_left(code):
    line = plain_line(f"a{chr(code)}b")
    assert not any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in line)
    assert line in ("a b", f"a{ascii(chr(code))[1:-1]}b")
    line.encode()


def test_letters_of_all_languages_stay():
    assert plain_line("Größe 模型 → ≤ 😀") == "Größe 模型 → ≤ 😀"


def test_a_long_line_keeps_its_ends():
    line = plain_line("begin" + "x" * 10**6 + "end")
    assert len(line) <= LONGEST
    assert line.startswith("beginx")
    assert line.endswith("xend")
    assert " ... " in line
    assert len(plain_line("\x1b" * 10_000)) <= LONGEST


class Mute:
    """Cannot show itself."""

    def __repr__(self):
        raise RuntimeError


#: What is shown, and how.
SHOWN = [
    ("a\x1b[2Jb", "'a\\x1b[2Jb'"),
    (10**5000, "a number of thousands of digits"),
    (Fraction(1, 3), "0.3333333333333333"),
    (Fraction(10**400), "a number beyond all doubles"),
    ([1, 2, 3, 4], "[1, 2, 3, ...]"),
    ({"a": [[10**5000]]}, "{'a': [[a number of thousands of digits]]}"),
    (Mute(), "a Mute"),
    ([Mute()], "[a Mute]"),
]


@pytest.mark.parametrize(("value", "said"), SHOWN, ids=[said for _, said in SHOWN])
def test_a_value_is_shown_short(value, said):
    assert shown(value) == said


def test_what_is_long_is_shown_in_one_short_line():
    for value in ("x" * 10**6, list(range(10**6)), {str(n): n for n in range(10**5)}, "\n" * 999):
        line = shown(value)
        assert len(line) <= 300
        assert "\n" not in line


def test_a_control_character_is_found():
    assert control_in("tabs\tand\nlines") == ""
    assert [control_in(f"a{c}b") for c in "\x00\r\x9b\u2028\u200f\u202e\ud800"] == list(
        "\x00\r\x9b\u2028\u200f\u202e\ud800"
    )
