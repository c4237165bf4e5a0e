"""A user's file held to its schema: what is refused, where, and in which words."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from msgspec import Meta, field

import edgesym
from edgesym.errors import ConfigError, UnknownNameError
from edgesym.fileschema import held_to, user_toml
from edgesym.filetypes import Count, Line, Name, Number, Table, Text
from edgesym.lines import Key, json_lines, lines_of, toml_lines


class Row(Table):
    value: Number | str
    unit: Line = ""
    kind: Literal["stated", "derived"] = "stated"
    range: Annotated[list[Number], Meta(max_length=2, description="two numbers")] = []


class Step(Table):
    steps: list[str | Step] = []
    when: Text = ""


class Kind(Table):
    peak: dict[Name, Row]
    device_class: Line = field(name="class", default="")
    layers: Count = 0
    flag: bool = False
    blocks: dict[Name, list[str | Step]] = {}


GOOD = 'class = "board"\n[peak.fp16]\nvalue = "2 * 3"\n[blocks]\na = ["x", { steps = ["y"] }]\n'


def refused(text: str) -> str:
    with pytest.raises((ConfigError, UnknownNameError)) as error:
        held_to(tomllib.loads(text), Kind, "f.toml", text)
    return str(error.value)


def test_a_good_table_comes_back_as_it_is():
    table = tomllib.loads(GOOD)
    assert held_to(table, Kind, "f.toml", GOOD) is table


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("peak = 1", "f.toml:1: peak = 1 must be a table"),
        ("", "f.toml: missing peak, which is a table"),
        ("[peak.a]\nvalue = true", "f.toml:2: peak.a.value = True must be a number or text, in"),
        ("[peak.a]\nunit = 'W'", "f.toml:1: peak.a: missing value, which is a number or text"),
        ("[peak.a]\nvalue = 1\nkind = 'statd'", "must be one of stated, derived; nearest: stated"),
        ("[peak.a]\nvalue = 1\nrange = [1, 'b']", "f.toml:3: peak.a.range[2] = 'b' must be a"),
        ("[peak.a]\nvalue = 1\nrange = [1, 2, 3]", "peak.a.range = [1, 2, 3] must be two numbers"),
        ("[peak.a]\nvalue = 1\nunit = '''a\nb'''", r"unit = 'a\nb' must be a text of one line"),
        ("layers = 1.0\n[peak]", "f.toml:1: layers = 1.0 must be a whole number from 0 on"),
        ("layers = true\n[peak]", "f.toml:1: layers = True must be a whole number from 0 on"),
        ("layers = -1\n[peak]", "f.toml:1: layers = -1 must be a whole number from 0 on"),
        ("flag = 1\n[peak]", "f.toml:1: flag = 1 must be true or false, without quotes"),
        ("class = 2020-01-01\n[peak]", "f.toml:1: class = datetime.date(2020, 1, 1) must be a"),
        ("[peak.'<b>']\nvalue = 1", "f.toml:1: peak has a key '<b>', which must be a plain name"),
        ("[peak]\n[blocks]\na = [{ steps = [1] }]", "f.toml:3: blocks.a[1].steps[1] = 1 must be"),
        ("[peak.a]\nvalue = inf", "f.toml:2: peak.a.value = inf must be a finite number"),
        ("[peak.a]\nvalue = nan", "f.toml:2: peak.a.value = nan must be a finite number"),
        (f"layers = {10**30}\n[peak]", "f.toml:1: layers is a number of about 31 digits; 18 at"),
        ('class = "a\\u001b[2Jb"\n[peak]', "f.toml:1: class = 'a\\x1b[2Jb' holds a control"),
        ('class = "a\\u202eb"\n[peak]', "class = 'a\\u202eb' holds a control character, U+202E"),
        ('"a\\u0007" = 1\n[peak]', "f.toml: has a key 'a\\x07'; a key is a short text of one line"),
        (f"x = {'[' * 80}{']' * 80}\n[peak]", "f.toml:1: x[1][1][1] is nested deeper than 60"),
    ],
)
def test_what_is_refused_is_named_with_line_key_value_and_remedy(text, said):
    message = refused(text)
    assert said in message
    assert len(message) < 400
    assert message.isprintable()


def test_an_unknown_key_has_the_nearest():
    text = "[peak.a]\nvalue = 1\nunt = 'W'\n"
    with pytest.raises(UnknownNameError) as error:
        held_to(tomllib.loads(text), Kind, "f.toml", text)
    assert str(error.value) == "unknown key of f.toml:3: peak.a: 'unt'; nearest: unit"
    assert error.value.close == ["unit"]


def test_all_problems_of_a_file_are_told_at_once():
    assert refused("flag = 1\nlayers = 'x'\ncalss = 1\n[peak]\n") == (
        "f.toml: 3 problems: (1) unknown key of line 3: 'calss'; nearest: class "
        "(2) line 2: layers = 'x' must be a whole number from 0 on "
        "(3) line 1: flag = 1 must be true or false, without quotes"
    )


def test_a_message_is_a_line_however_much_is_wrong():
    message = refused("[peak]\n" + "".join(f"a{n} = 1\n" for n in range(50)))
    assert "problems, and more: (1) line 2: peak.a0 = 1 must be" in message
    assert message.isprintable()
    assert len(message) < 600


def test_a_long_value_is_told_short():
    assert len(refused(f"flag = '{'x' * 100_000}'\n[peak]")) < 200
    assert len(refused(f"{'x' * 400} = 1\n[peak]")) < 200


def test_a_table_that_is_none_is_refused():
    with pytest.raises(ConfigError, match="must be a table"):
        held_to([1], Kind, "f.json", "[1]")


def test_a_file_is_read_and_held_to_its_kind(tmp_path):
    path = tmp_path / "f.toml"
    path.write_text(GOOD)
    assert user_toml(path, Kind)["class"] == "board"


def keys_in(value: Any, at: Key = ()) -> Iterator[Key]:
    rows = value.items() if isinstance(value, dict) else enumerate(value)
    for name, inner in rows:
        yield (*at, name)
        if isinstance(inner, dict | list):
            yield from keys_in(inner, (*at, name))


def test_every_key_of_every_shipped_file_has_a_line_that_names_it():
    paths = sorted(Path(edgesym.__file__).parent.rglob("*.toml"))
    assert len(paths) > 400
    for path in paths:
        text = path.read_text("utf-8")
        lines = dict(toml_lines(text))
        assert lines.keys() == set(keys_in(tomllib.loads(text))), path
        written = text.splitlines()
        for key, line in lines.items():
            if len(key) == 1:
                assert key[0] in written[line - 1], (path, key)


def test_the_lines_of_what_is_hard_to_read():
    text = (
        "a = '''\n[b]\n'''\n# [c]\n[d]\r\ne.f = { g = 1 }\n"
        "h = [\n 1,\n # ]\n 2]\n[[d.i]]\n[d.i.j]\n"
    )
    assert {key for key, _ in toml_lines(text)} == set(keys_in(tomllib.loads(text)))
    found = {
        ("a",): 1,
        ("d",): 5,
        ("d", "e", "f", "g"): 6,
        ("d", "h", 1): 7,
        ("d", "i"): 11,
        ("d", "i", 0, "j"): 12,
    }
    assert lines_of(found, toml_lines(text)) == found


def test_lines_of_json():
    text = '{"a": {"b,": [1, {"c": null}, "x:"]},\n "d\\"": {},\n "e": [[], [2,\n3]]}'
    lines = dict(json_lines(text))
    assert lines[("a", "b,", 1, "c")] == 1
    assert lines[('d"',)] == 2
    assert lines[("e", 1, 1)] == 4
    assert lines_of([("e", 0, "there", "is none")], json_lines(text)) == {
        ("e", 0, "there", "is none"): 3
    }


def test_lines_are_limited_by_work():
    text = "a = [\n" + "1,\n" * 100_000 + "]\nb = 1\n"
    assert dict(toml_lines(text)) == {}
