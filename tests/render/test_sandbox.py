"""Templates of a user's own: what they may reach, and what ends them."""

from __future__ import annotations

import pytest

from edgesym.errors import ConfigError
from edgesym.render.frame import framed
from edgesym.render.markup import Html, Latex, Markdown

PARTS = {"title": "a_b <x> & $y$ \\input{z}", "body": "<p>"}
#: What grows to twice its size in each round.
DOUBLED = (
    "{{% set x = namespace(a='aaaaaaaaaa') %}}"
    "{{% for i in range(99) %}}{{% set x.a = {} %}}{{% endfor %}}"
)


def framed_by(text, tmp_path, language="html", parts=PARTS):
    (tmp_path / f"document.{language}.j2").write_text(text)
    return framed(f"document.{language}.j2", parts, tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "{% for i in range(10**9) %}{% endfor %}",
        "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
        "{% for i in range(99999) %}{{ body }}{% for j in range(99999) %}x{% endfor %}{% endfor %}",
        "{{ 'a' * 10**9 }}",
        "{{ ['a'] * 99999 * 99999 }}",
        "{{ 'abcdefghij' * 99999 * 99999 }}",
        "{{ 10**10**8 }}",
        "{{ 99999**99999 }}",
        "{{ '%999999999d' % 1 }}",
        "{{ '%*d' % (999999999, 1) }}",
        "{{ '%999999999d'|format(1) }}",
        "{{ '{:999999999}'.format(1) }}",
        "{{ '{:{}}'.format(1, 999999999) }}",
        "{{ 'a'.ljust(999999999) }}",
        "{{ 'a'|center(999999999) }}",
        "{{ 'a'|indent(999999999) }}",
        "{{ [1]|batch(999999999, 0)|list }}",
        DOUBLED.format("x.a ~ x.a"),
        DOUBLED.format("x.a + x.a"),
        DOUBLED.format("[x.a, x.a]|join"),
        "{% macro f(n) %}{% if n %}{{ f(n-1) }}{{ f(n-1) }}{% endif %}{% endmacro %}{{ f(99) }}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ framed }}",
        "{{ self.__init__.__globals__ }}",
        "{% include '/etc/passwd' %}",
        "{% include '../document.md.j2' %}",
        "{% import 'os' as os %}",
        "{% include 'a/../../x' %}",
        "{% extends 'document.html.j2' %}",
        "{{ lipsum(n=100000) }}",
        "{{ body",
    ],
)
def test_what_runs_on_or_reaches_out_ends_in_a_line(text, tmp_path):
    with pytest.raises(ConfigError, match="--template") as told:
        framed_by(text, tmp_path)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("language", "text", "medium", "said"),
    [
        ("html", "{{ title }}{{ body }}", Html, "a_b &lt;x&gt; &amp; $y$ \\input{z}<p>"),
        ("md", "{{ title }}{{ body }}", Markdown, r"a_b &lt;x&gt; &amp; \$y\$ \\input{z}<p>"),
        (
            *("tex", "<< title >><< body >>", Latex),
            r"a\_b \textless{}x\textgreater{} \& \$y\$ \textbackslash{}input\{z\}<p>",
        ),
    ],
)
def test_a_part_is_escaped_for_the_medium_unless_it_is_of_it(
    language, text, medium, said, tmp_path
):
    parts = PARTS | {"body": medium(PARTS["body"])}
    assert framed_by(text, tmp_path, language, parts) == said


def test_blocks_and_macros_are_printed_once(tmp_path):
    text = (
        "<% macro m(x) %>\\emph{<< x >>}<% endmacro %>"
        "<% block b %>_<< m(title) >><% endblock %><< self.b() >>"
    )
    once = r"_\emph{a\_b \textless{}x\textgreater{} \& \$y\$ \textbackslash{}input\{z\}}"
    assert framed_by(text, tmp_path, "tex") == once * 2


def test_usual_templates_are_within_bounds(tmp_path):
    text = (
        "{% for c in title %}{{ loop.index }}{{ c|upper }}{% endfor %}"
        "{{ '%05.1f' % 2 }}{{ 'a' * 3 }}{{ title|replace('a', 'b')|length }}{{ [1, 2]|join('-') }}"
    )
    assert framed_by(text, tmp_path).endswith("002.0aaa23" + "1-2")
