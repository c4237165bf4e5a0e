"""A line of a message shows what it is of, and holds nothing that a terminal obeys."""

from __future__ import annotations

import unicodedata

import pytest

from edgesym.plain import LONGEST, plain_line


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
