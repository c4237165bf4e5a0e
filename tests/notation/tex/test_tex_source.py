"""Papers as authors write them: macros, files, displays, rows that go on, and bad input."""

from __future__ import annotations

import time

import pytest

from edgesym.errors import ConfigError
from edgesym.notation.tex import read_paper


@pytest.fixture
def read(tmp_path):
    def made(source: str, **others: str):
        for name, text in others.items():
            (tmp_path / f"{name}.tex").write_text(text, encoding="utf-8")
        path = tmp_path / "paper.tex"
        path.write_text(source, encoding="utf-8")
        return read_paper(path)

    return made


def texts(paper):
    return {key: equation.text for key, equation in paper.equations.items()}


MACROS = [
    (r"\newcommand{\n}{n_{l}}\[ x = 2\n d \]", "x = 2n_{l}d"),
    (r"\newcommand{\n}[1]{n_{#1}}\[ x = \n{q} \n k \]", "x = n_{q} n_{k}"),
    (r"\newcommand\n[2][h]{#1_{#2}}\[ x = \n{q} \n[d]{k} \]", "x = h_{q} d_{k}"),
    (r"\def\n#1#2{#1_#2}\[ x = \n ab \]", "x = a_b"),
    (r"\let\n\alpha \[ x = \n \]", r"x = \alpha"),
    (r"\newcommand{\a}{b}\let\c=\a\renewcommand{\a}{d}\[ x = \c\a \]", "x = bd"),
    (r"\DeclareMathOperator{\F}{FLOPs}\[ x = \F_a \]", r"x = \operatorname{FLOPs}_a"),
    (r"\DeclarePairedDelimiter{\up}{\lceil}{\rceil}\[ x = \up*{a} \]", r"x = \lceil a \rceil"),
    (r"\NewDocumentCommand{\n}{O{h} m}{#1_{#2}}\[ x = \n{q} \n[d]{k} \]", "x = h_{q} d_{k}"),
    (r"\newcommand{\be}{\begin{equation}}\newcommand{\ee}{\end{equation}}\be x = 1 \ee", "x = 1"),
    (
        r"\newenvironment{eq}[1]{\begin{equation} #1 =}{\end{equation}}\begin{eq}{y} 2 \end{eq}",
        "y = 2",
    ),
    (r"{\def\n{a}}\def\n{b}\[ x = \n \]", "x = b"),
    (r"\providecommand{\n}{a}\providecommand{\n}{b}\[ x = \n \]", "x = a"),
    (r"\newcommand{\n}{\ensuremath{n_{l}}}\[ x = 2\n + \n{} \]", "x = 2n_{l}+ n_{l}{}"),
    (r"\newcommand{\n}[1]{(#1)}\[ x = \n{\n{a}} \]", "x = ((a))"),
]


@pytest.mark.parametrize(("source", "text"), MACROS)
def test_macros_are_put_in(read, source, text):
    assert list(texts(read(source)).values()) == [text]


DISPLAYS = [
    (r"\[ a = b. \] $$ c = d $$", ["a = b", "c = d"]),
    (r"\begin{align} a &= b \\ &+ c \\ d &= e \end{align}", ["a = b + c", "d = e"]),
    (r"\begin{align} a &= b \\ &\phantom{=} + c \end{align}", ["a = b + c"]),
    (r"\begin{align} a &= 2 (b \\ & {}+ c) \end{align}", ["a = 2 (b {}+ c)"]),
    (r"\begin{align} a &= b \times \\ & c \end{align}", [r"a = b \times c"]),
    (r"\begin{align} a &= b & c &= d \end{align}", ["a = b", "c = d"]),
    (r"\begin{alignat}{2} a &= b \\[2pt] c &= d \end{alignat}", ["a = b", "c = d"]),
    (r"\begin{eqnarray} a & = & b \\ & & - c \end{eqnarray}", ["a = b - c"]),
    (r"\begin{multline*} a = b \\ c \end{multline*}", ["a = b c"]),
    (r"\begin{gather} a = b \\ c = d \end{gather}", ["a = b", "c = d"]),
    (r"\begin{equation}\begin{split} a &= b \\ &= c \end{split}\end{equation}", ["a = b = c"]),
    (r"\begin{equation}\begin{aligned} a &= b \\ c &= d \end{aligned}\end{equation}", 2),
    (r"\begin{equation} a = b \quad\text{and}\quad c = d \end{equation}", ["a = b", "c = d"]),
    (r"\begin{equation} a = \max(b, c), \quad \text{where } c = 1 \end{equation}", 1),
    (
        r"\begin{equation} f = \begin{cases} a & x > 0 \\ b \end{cases} \end{equation}",
        ["f = a", "f = b"],
    ),
    ("% \\[ a = b \\]\n\\[ c = d % e\n + f \\]", ["c = d + f"]),
    (r"\begin{verbatim}\[ a = b \]\end{verbatim} \verb|\[ c = d \]| \[ e = f \]", ["e = f"]),
    (r"\iffalse \[ a = b \] \fi \[ c = d \]", ["c = d"]),
    (r"\[ a = b \] \begin{document} \[ c = d \] \end{document} \[ e = f \]", ["c = d"]),
]


@pytest.mark.parametrize(("source", "expected"), DISPLAYS)
def test_displays_and_their_rows(read, source, expected):
    paper = read(source)
    found = [equation.text for equation in paper.equations.values()]
    assert not paper.problems
    assert (len(found) if isinstance(expected, int) else found) == expected


def test_labels_tags_groups_and_lines(read):
    paper = read(
        "\\begin{subequations}\\label{eq:all}\n\\begin{align}\na &= b \\label{eq:a} \\\\\n"
        "  &= c \\label{eq:c} \\\\\nd &= e \\tag{7}\n\\end{align}\\end{subequations}\n"
        "In a line, $x = 2 y$.\n"
    )
    assert texts(paper) == {
        "eq:a": "a = b",
        "eq:c": "a = b = c",
        "line 5": "d = e",
        "inline, line 7": "x = 2 y",
    }
    assert paper.equations["line 5"].tag == "7"
    assert {e.group for e in paper.equations.values() if not e.inline} == {"eq:all"}
    assert [paper.where(e.at) for e in paper.equations.values()][:2] == ["line 3", "line 3"]


def test_mathematics_that_a_macro_ensures_in_a_line_of_text(read):
    paper = read(r"\newcommand{\n}{\ensuremath{n_{l}}}It has \n layers.")
    assert [p.text for p in paper.passages] == ["It has \u27e60\u27e7 layers."]
    assert paper.mathematics[0].inline


def test_files_that_a_paper_reads(read, tmp_path):
    paper = read(
        "\\input{part}\n\\[ a = \\n \\]\n\\include{gone}", part="\\def\\n{b}\n\n\\[ c = \\n \\]"
    )
    assert list(texts(paper).values()) == ["c = b", "a = b"]
    assert [paper.where(e.at) for e in paper.equations.values()] == ["part.tex line 3", "line 2"]
    (problem,) = paper.problems
    assert "no such file" in problem.what
    assert paper.where(problem.at) == "line 3"


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "paper"])
def test_no_file_outside_and_none_within_itself(read, tmp_path, name):
    (tmp_path.parent / "secret.tex").write_text(r"\[ a = b \]")
    paper = read(rf"\input{{{name}}}")
    assert not paper.equations
    assert len(paper.problems) == 1


PROBLEMS = [
    (r"\def\n{a\n}\[ x = \n \]", r"macro \n expands to itself"),
    (r"\def\a{\b}\def\b{\a}\[ x = \a \]", "expands to itself"),
    (r"\def\n#1;{#1}\[ x = \n a; \]", "is not read"),
    (r"\[ x = \begin{pmatrix} a & b \end{pmatrix} \]", "pmatrix"),
    (r"\begin{equation} x = 1", "never closed"),
    ("$ x = 1\n\n", "never closed"),
]


@pytest.mark.parametrize(("source", "what"), PROBLEMS)
def test_what_cannot_be_read_is_told_and_nothing_else_is_lost(read, source, what):
    paper = read("\\[ y = 2 \\]\n" + source)
    told = [e.problem for e in paper.equations.values()] + [p.what for p in paper.problems]
    assert any(what in said for said in told)
    assert paper.equations["line 1"].text == "y = 2"


HUGE = [
    r"\begin{equation} x = 1 ",
    "$ x ",
    "$ x \n\n",
    r"\[ x = 1 ",
    r"\begin{align} \text{ x ",
    r"\newcommand{\x ",
    r"\footnote{ x ",
    r"\begin{tabular}{l} x & ",
    r"\begin{subequations}\label{",
    r"\frac{ x ",
]


@pytest.mark.parametrize("piece", HUGE)
def test_thousands_of_unclosed_pieces_take_linear_time(read, piece):
    start = time.process_time()
    read(piece * 8000)
    assert time.process_time() - start < 4  # some 0.5 s on a quiet machine; quadratic takes minutes


def test_macros_that_grow_without_bound_are_stopped(read):
    doubling = "".join(rf"\def\{chr(98 + i)}{{\{chr(97 + i)}\{chr(97 + i)}}}" for i in range(24))
    paper = read(rf"\def\a{{x}}{doubling}\[ a = \y \]")
    assert "expand to more than" in next(iter(paper.equations.values())).problem


def test_a_file_that_is_no_text(tmp_path):
    (tmp_path / "paper.tex").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not UTF-8"):
        read_paper(tmp_path / "paper.tex")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_paper(tmp_path / "none.tex")
