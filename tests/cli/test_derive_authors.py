"""Formulas for a paper: lines of a width, letters, leading terms, what is left out."""

import json
import re
import shutil
import subprocess

import pytest

#: Models and quantities whose formulas have products of sums, maxima, fractions, roundings, kinds.
ASKED = [
    ("llama-3.2-1b", ["flops", "step_time", "memory_footprint", "generation_time"]),
    ("gemma-3-1b", ["kv_cache_bytes", "energy_per_token", "memory_traffic"]),
    ("deepseek-v2-lite", ["flops", "parameters", "step_time"]),
]


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no LaTeX engine on PATH")
@pytest.mark.parametrize("width", [160, 240, 345])
def test_no_line_is_wider_than_was_asked(edgesym, tmp_path, width):
    bodies = []
    for model, names in ASKED:
        for name in names:
            ran = edgesym(
                *("derive", model, "-q", name, "--format", "latex", "--width", f"{width}pt")
            )
            if ran.code:  # a piece that is wider is told, with the width that it needs
                assert re.fullmatch(r"Error: --width .* give at least \d+pt\n", ran.err)
                assert width < 240
                continue
            assert "longtable" not in ran.out
            bodies.append(ran.out)
    assert len(bodies) > 5
    frame = (
        r"\documentclass[10pt]{article}\usepackage[T1]{fontenc}\usepackage{lmodern,amsmath,array,"
        r"booktabs}\setlength{\textwidth}{%spt}\setlength{\parindent}{0pt}\setlength{\textheight}"
        r"{40cm}\allowdisplaybreaks\begin{document}\sloppy %s\end{document}"
    )
    (tmp_path / "made.tex").write_text(frame % (width, "\n\n\\newpage\n".join(bodies)))
    command = ["pdflatex", "-no-shell-escape", "-interaction=nonstopmode", "made.tex"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    assert re.findall(rb"Overfull .hbox.*", run.stdout) == []


def test_a_width_that_nothing_fits_names_the_one_that_does(edgesym):
    asked = ("derive", "deepseek-v2-lite", "-q", "step_time", "--format", "latex", "--width")
    ran = edgesym(*asked, "60pt")
    assert ran.code == 2
    least = re.fullmatch(r"Error: --width 60pt: .* give at least (\d+)pt\n", ran.err)[1]
    assert edgesym(*asked, f"{least}pt").code == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--width", "240pt"], "--width 240pt is of --format latex"),
        (["--width", "240pt", "--format", "html"], "--width 240pt is of --format latex"),
        (["--width", "wide", "--format", "latex"], "--width wide: give a length from 60pt"),
        (["--width", "-3pt", "--format", "latex"], "--width -3pt: give a length from 60pt"),
        (["--letters", "hidden"], "write it as WORD=LETTER"),
        (["--letters", r"hidden=\input{x}"], "write it as WORD=LETTER"),
        (["--letters", "hidden=X_1"], "write it as WORD=LETTER"),
        (["--letters", "hiden=d"], "unknown symbol of these formulas 'hiden'"),
        (["--letters", "hidden=L"], "L would be"),
        (["--letters", "hidden=d,H=e"], "H has two letters"),
        (["--leading", "hiden"], "unknown symbol 'hiden'"),
    ],
)
def test_bad_options_are_one_line(edgesym, options, said):
    ran = edgesym("derive", "llama-3.2-1b", "-q", "flops", *options)
    assert ran.code == 2
    assert said in ran.err
    assert ran.err.count("\n") == 1


def test_letters_stand_in_formulas_and_in_the_table_of_symbols(edgesym):
    asked = ("derive", "llama-3.2-1b", "-q", "parameters", "--letters", "hidden=d_model,layers=n")
    ran = edgesym(*asked, "--format", "latex")
    assert r"d_{\mathrm{model}}" in ran.out
    assert r"$d_{\mathrm{model}}$ & hidden dimension & 2048" in ran.out
    assert "$n$ & transformer blocks & 16" in ran.out
    assert not re.search(r"\bH\b|\bL\b", ran.out)
    made = json.loads(edgesym(*asked, "--json").out)
    assert made["symbols"]["d_model"]["word"] == "hidden"
    assert "d_model" in made["quantities"]["parameters"]["expression"]


def test_what_leads_and_what_is_left_out_are_the_whole(edgesym):
    """The numbers of both add up to those of the whole formula."""
    from edgesym import derive
    from edgesym.algebra.leading import leading

    whole = derive("llama-3.2-1b", "flops")
    found = leading(whole.expression)
    assert (found.kept + found.dropped - whole.expression).expand() == 0
    assert str(found.kept) == "2*b*(H*V + L*(2*A*D*H + 2*A*D*S + 2*D*H*K + 3*H*I))"
    ran = edgesym("derive", "llama-3.2-1b", "-q", "flops", "--leading")
    assert "left out" in ran.out
    assert "10*H" in ran.out.partition("left out")[2]
    grown = edgesym("derive", "llama-3.2-1b", "-q", "flops", "--leading", "context").out
    assert "4*A*D*L*S*b" in grown.partition("left out")[0] or "A*L*S*b" in grown
    assert "vanishes as S grow" in " ".join(grown.split())


def test_an_order_within_a_maximum_is_refused(edgesym):
    ran = edgesym("derive", "llama-3.2-1b", "-q", "step_time", "--leading", "hidden")
    assert ran.code == 2
    assert "grows within" in ran.err


def test_elementwise_work_is_left_out(edgesym):
    short = edgesym("derive", "llama-3.2-1b", "-q", "flops", "--elementwise", "ignored").out
    asked = ("--convention", "default,elementwise=ignored")
    assert short == edgesym("derive", "llama-3.2-1b", "-q", "flops", *asked).out
    assert "--elementwise [counted|ignored]" in edgesym("derive", "--help").out
    assert "elementwise=ignored" in edgesym("estimate", "--help").out
