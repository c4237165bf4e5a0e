"""JSON and TOML within bounds: what is too deep, too much or no number is refused with its line."""

from __future__ import annotations

import contextlib
import math
import time

import pytest

from edgesym.errors import ConfigError
from edgesym.files.parse import DEEPEST, load_toml, parse_json, parse_toml

DEEP = 100_000
JSON = {
    "lists": ("[" * DEEP, "line 1 is nested too deep"),
    "objects": ('{"a":\n' * DEEP, "line 65 is nested too deep"),
    "a key twice": ('{"a": {"b": 1, "b": 2}}', "key 'b' is given twice"),
    "not a number": ('{"a": "NaN",\n"b": NaN}', "line 2: NaN is no number of JSON"),
    "an infinity": ("[1,\n-Infinity]", "line 2: -Infinity is no number of JSON"),
    "too large a real": ("[1,\n\n1e999]", "line 3: 1e999 is larger than any number"),
    "too many digits": ('{\n"a": ' + "9" * 5000 + "}", "line 2: holds a number of more digits"),
    "half a character": (r'{"a": ["\ud83d"]}', r"'\\ud83d', half a character"),
    "nothing": ("", "not valid JSON at line 1, column 1"),
    "a word": ("x", "not valid JSON at line 1, column 1"),
    "a control": ('"\x00"', "not valid JSON at line 1"),
    "keys": ("{" + ",".join(f'"{i}":0' for i in range(200_001)) + "}", "more than 200000 keys"),
}
TOML = {
    "lists": ("a = " + "[" * DEEP, "line 1: nested deeper than 64 levels"),
    "tables in tables": ("a = " + "{a = " * DEEP, "line 1: nested deeper than 64 levels"),
    "a dotted key": ("x = 1\n" + ".".join("a" * DEEP) + " = 1", "line 2: a key of more than 32"),
    "a quoted one": (" . ".join(['"a"'] * DEEP) + " = 1", "line 1: a key of more than 32"),
    "a header": ("[" + ".".join("a" * DEEP) + "]", "line 1: a key of more than 32"),
    "digits": ("\na = " + "9" * 5000, "line 2: a number of more than 3500 digits"),
    "hexadecimal ones": ("a = 0x" + "f" * 5000, "line 1: a number of more than 3500 digits"),
    "too large a real": ("a = 1\nb = 1e999", "line 2: 1e999 is larger than any number"),
    "a key twice": ("a = 1\na = 2\n", "not valid TOML: .*line 2"),
    "text that is open": ('a = "x', "not valid TOML"),
    "text of lines that is open": ('a = """x\n', "not valid TOML"),
    "a control": ('a = "\x00"', "not valid TOML"),
    "keys": ("\n".join(f"k{i}=0" for i in range(200_001)), "more than 200000 keys"),
}


@pytest.mark.parametrize("kind", JSON)
def test_json_beyond_the_bounds_is_refused_with_its_line(kind):
    text, said = JSON[kind]
    with pytest.raises(ConfigError, match=rf"^it\.json: .*{said}"):
        parse_json(text, "it.json")


@pytest.mark.parametrize("kind", TOML)
def test_toml_beyond_the_bounds_is_refused_with_its_line(kind):
    text, said = TOML[kind]
    with pytest.raises(ConfigError, match=rf"^it\.toml: .*{said}"):
        parse_toml(text, "it.toml")


def test_what_is_within_the_bounds_is_read():
    deep = "[" * DEEPEST + "]" * DEEPEST
    assert str(parse_json(deep, "it")) == deep
    assert str(parse_toml(f"a = {deep}", "it")["a"]) == deep
    text = r'["[[[[\"{{", "😀"]'
    assert parse_json("[" + ",".join([text] * 50) + "]", "it")[49] == ['[[[["{{', "😀"]
    assert parse_json("[Infinity, -Infinity]", "it", infinite=True) == [math.inf, -math.inf]
    numbers = '''a = """
[[[[ x.y.z = "" # '''
    assert parse_toml(numbers + '\'"""\nb = 1.5\nc.d.e = 0x10', "it")["c"] == {"d": {"e": 16}}


def test_dots_in_texts_and_comments_are_no_keys():
    dots = ".".join("a" * 1000)
    table = f"# {dots}\na = \"{dots}\"\nb = '{dots}'\nc = '''\n{dots}'''\nd = \"\"\"{dots}\"\"\"\n"
    assert set(parse_toml(table, "it").values()) == {dots}


@pytest.mark.parametrize(
    "text",
    [
        '"' * 1_000_000,
        "'" * 1_000_000,
        '"""' + '""\\' * 300_000,
        "a" * 1_000_000,
        '"' + "\\" * 1_000_001,
        "#" * 1_000_000,
        "\n" * 1_000_000,
        "-" * 1_000_000,
    ],
    ids=lambda text: text[:5],
)
def test_what_is_no_toml_is_seen_in_linear_time(text):
    began = time.process_time()
    for parse in (parse_toml, parse_json):
        with contextlib.suppress(ConfigError):
            parse(text, "it")
    assert time.process_time() - began < 5


def test_a_file_of_toml_with_a_byte_order_mark_is_read(tmp_path):
    path = tmp_path / "it.toml"
    path.write_bytes(b"\xef\xbb\xbfa = 1\r\n")
    assert load_toml(path) == {"a": 1}
