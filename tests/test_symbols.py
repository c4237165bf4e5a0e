"""The table of symbols: one symbol per name, with assumptions, and no other door."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import sympy

import edgesym
from edgesym.engine import unrolled
from edgesym.engine.code import TARGETS, source_of
from edgesym.engine.tape import tape_of
from edgesym.errors import ConfigError, UnknownNameError
from edgesym.symbols import TABLE, declared, describe, find, in_table, index, latex_names, symbol
from edgesym.units import UNITS

SOURCES = sorted(Path(edgesym.__path__[0]).rglob("*.py"))

#: Letters of the EdgeProfiler paper (arXiv:2506.09061, table I).
PAPER = ["layers", "hidden", "intermediate", "vocab", "context", "bytes_per_element"]


def test_the_table_has_the_letters_of_the_paper():
    assert [TABLE[word].letter for word in PAPER] == list("LHIVSB")


def test_letters_and_words_are_unique_together():
    names = [name for row in TABLE.values() for name in (row.word, row.letter)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("word", TABLE)
def test_a_row_can_be_found_by_word_and_letter_and_says_what_it_is(word):
    row = TABLE[word]
    found = symbol(word)
    assert find(word) is find(row.letter) is found
    assert describe(found) == row
    assert row.meaning
    assert row.unit in {*UNITS, "sequences"}
    assert latex_names(found) == {found: row.latex}
    assert found.is_integer is (True if row.domain != "positive real" else None)
    may_be_zero = row.domain.startswith("nonnegative")
    assert (found.is_nonnegative if may_be_zero else found.is_positive) is True


def test_a_kind_makes_a_symbol_of_its_own():
    sliding = symbol("layers", "sliding")
    assert sliding != symbol("layers")
    assert sliding is symbol("layers", "sliding")
    assert describe(sliding).word == "layers.sliding"
    assert describe(sliding).latex == r"L_{\mathrm{sliding}}"
    assert describe(symbol("bytes_per_element", "x_b")).latex == r"B_{\mathrm{x\_b}}"
    assert describe(symbol("expert_intermediate", "x")).latex == r"I_{e,\mathrm{x}}"


@pytest.mark.parametrize("kind", ["sliding", "14336", "x_y", "T.2"])
@pytest.mark.parametrize("word", TABLE)
def test_a_kind_is_read_from_the_name_alone(word, kind):
    made = sympy.Symbol(f"{TABLE[word].letter}_{kind}", **symbol(word).assumptions0)
    try:
        assert symbol(word, kind) == made
    except ConfigError:
        assert not in_table(made) or describe(made).word.partition(".")[0] != word
    else:
        assert describe(made).word == f"{word}.{kind}"


#: A kind that cannot be written, and the row that its name is taken by.
TAKEN = [
    ("hidden.e", "H_e, which is embedding_dim"),
    ("intermediate.e_x", "I_e_x, which is expert_intermediate"),
    ("bytes_per_element.a_b", "B_a_b, which is activation_bytes_per_element"),
    ("window.m", "W_m, which is memory_bandwidth"),
]


@pytest.mark.parametrize(("word", "message"), TAKEN)
def test_a_kind_that_would_read_back_as_another_row_is_refused(word, message):
    with pytest.raises(ConfigError, match=message):
        symbol(word)


FOREIGN = [declared(row.letter) for row in TABLE.values()] + [
    index("L"),
    sympy.Symbol("L"),
    sympy.Symbol("L_sliding", positive=True),
    sympy.Dummy("L", integer=True, positive=True),
    sympy.Symbol("x", positive=True),
    sympy.Symbol("_", positive=True),
]


@pytest.mark.parametrize("made", FOREIGN, ids=repr)
def test_a_symbol_of_an_equation_is_none_of_the_table(made):
    assert made not in {symbol(word) for word in TABLE}
    assert not in_table(made)
    with pytest.raises(UnknownNameError, match="unknown symbol"):
        describe(made)


@pytest.mark.parametrize("name", ["hiden", "h", "", "L_"])
def test_an_unknown_name_is_refused(name):
    with pytest.raises(UnknownNameError, match=f"unknown symbol '{name}'"):
        find(name)
    with pytest.raises(UnknownNameError, match="unknown symbol"):
        symbol(name)


def test_a_typo_names_the_nearest():
    with pytest.raises(UnknownNameError, match="nearest: hidden"):
        find("hiden")


def calls(path):
    """The names of the functions that a source file calls, and of the methods with a dot."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Call(func=ast.Name(id=name)):
                yield name
            case ast.Call(func=ast.Attribute(value=ast.Name(id=module), attr=name)):
                yield f"{module}.{name}"


#: Files that run code they wrote themselves; what may stand in it is tested below.
WRITING = {"engine/code.py", "engine/unrolled.py"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_only_the_table_makes_symbols_and_nothing_evaluates_text(path):
    called = set(calls(path))
    if path.name != "symbols.py":
        assert not called & {"Symbol", "sympy.Symbol", "symbols", "sympy.symbols"}
    running = {"eval", "exec", "parse_expr", "sympy.parse_expr", "__import__"}
    if f"{path.parent.name}/{path.name}" in WRITING:
        running -= {"exec"}
    assert not called & running


def test_code_that_is_run_holds_no_name_of_a_symbol():
    hostile = declared("__import__('os').system('true')")
    for target in TARGETS:
        tape = tape_of([(hostile + 1) ** 2 / symbol("hidden"), sympy.Max(hostile, 2)], {})
        names = {
            node.id if isinstance(node, ast.Name) else node.arg
            for node in ast.walk(ast.parse(source_of(tape, target)))
            if isinstance(node, ast.Name | ast.arg)
        }
        assert all(re.fullmatch(r"[a-z]\d+|math|numpy|max|min", name) for name in names), names


def test_steps_that_are_written_out_hold_no_name_of_a_symbol(monkeypatch):
    hostile, texts = declared("__import__('os').system('true')"), []

    def spy(text, *more):
        texts.append(text)
        return compile(text, *more)

    monkeypatch.setattr(unrolled, "compile", spy, raising=False)
    tape = tape_of([(hostile + 1) ** 2 / symbol("hidden"), sympy.Max(hostile, 2)], {})
    for write in (unrolled.held_function, unrolled.rounded_function, unrolled.smooth_function):
        write(tape, tape.steps, tape.results)
    types = [float for _ in tape.inputs]
    unrolled.exact_function(tape, tape.steps, tape.results, types, keep=True)
    assert len(texts) == 4
    for text in texts:
        names = {n.id for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Name)}
        allowed = {"n", "q", "max", "min", "abs", *unrolled._CALLED}
        assert all(name in allowed or re.fullmatch(r"x\d+", name) for name in names), names


def test_the_name_of_a_format_stays_one_in_the_meaning_of_a_kind():
    made = describe(symbol("weight_bytes_per_element", "q6_k"))
    assert made.meaning.endswith(": q6_k")
    assert describe(symbol("layers", "full_attention")).meaning.endswith(": full attention")
