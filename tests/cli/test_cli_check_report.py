"""The report on checked equations: complete, and LaTeX that TeX takes."""

import re
import shutil
import subprocess

import pytest


def test_every_equation_of_the_paper_is_in_the_report(edgesym):
    ran = edgesym("claims", "edgeprofiler", "--report", "markdown")
    assert ran.code == 0
    headings = re.findall(r"^## (.*): (.*)$", ran.out, flags=re.MULTILINE)
    assert len(headings) >= 12
    assert ("eq 8", "wrong") in headings
    assert "output projection missing" in ran.out


def test_a_term_that_no_part_of_the_graph_has_is_no_exact_claim(edgesym):
    ran = edgesym(
        *("check", "--equation", "(H+1)*B", "--notation", "plain", "--quantity", "weight_bytes"),
        *("--part", "attention.norm", "--per", "layer"),
        *("--symbols", "H=hidden,B=weight_bytes_per_element"),
    )
    assert ran.out.splitlines()[0].endswith(": approximation")


def test_the_users_text_is_not_handed_to_tex(edgesym):
    ran = edgesym(
        *("check", "--equation", r"\frac{L}{2}", "--quantity", "parameters"),
        *("--symbols", "L=layers", "--report", "latex", "--no-search"),
    )
    assert r"\texttt{\textbackslash{}" in ran.out
    assert r"\texttt{\frac" not in ran.out


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no LaTeX engine on PATH")
@pytest.mark.parametrize("paper", ["edgeprofiler", "korthikanti"])
def test_latex_compiles_without_overfull_lines(edgesym, tmp_path, paper):
    text = edgesym("claims", paper, "--report", "latex").out
    (tmp_path / "check.tex").write_text(text)
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "check.tex"]
    for _ in range(2):
        run = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    assert re.findall(rb"Overfull.*", run.stdout) == []
