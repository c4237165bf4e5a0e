"""Claim files, papers in LaTeX and the verbs: what is read, and what is refused."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

import edgesym
from edgesym.claims.assumptions import assume
from edgesym.claims.check import check
from edgesym.claims.claim import Claim, read_claims
from edgesym.claims.document import read_document
from edgesym.cli.check import command
from edgesym.cli.claims import command as claims_command
from edgesym.errors import ConfigError, EdgesymError, ExpressionError, UnknownNameError

ROW = {"plain": "2*L*H", "quantity": "parameters", "symbols": {"L": "layers", "H": "hidden"}}
BAD = [
    ({}, "no [[claim]]"),
    ({"clam": []}, "nearest: claim"),
    ({"claim": [{**ROW, "plain": ""}]}, "it has no equation"),
    ({"claim": [{k: v for k, v in ROW.items() if k != "quantity"}]}, "quantity is missing"),
    ({"claim": [{**ROW, "assumption": []}]}, "nearest: assumptions"),
    ({"claim": [{**ROW, "phase": "later"}]}, "phase = 'later'; it can be forward"),
    ({"claim": [{**ROW, "per": "year"}]}, "per = 'year'"),
    ({"claim": [{**ROW, "symbols": {"L": 1.5}}]}, "must be a formula over words"),
    ({"claim": [{**ROW, "assumptions": "tied"}]}, "must be a list, in brackets"),
    ({"claim": [{**ROW, "id": "a"}, {**ROW, "id": "a"}]}, "two claims are called 'a'"),
    ({"claim": [{**ROW, "expected": "fine"}]}, "expected = 'fine'"),
]


@pytest.mark.parametrize(("tables", "text"), BAD)
def test_a_claim_file_is_refused_with_the_place(tables, text):
    with pytest.raises(EdgesymError) as caught:
        read_claims(tables, "paper.toml")
    assert text in str(caught.value)


def test_assumptions_are_refused_with_the_nearest():
    with pytest.raises(UnknownNameError, match="plain feed-forward"):
        assume("plain feedforwards")
    with pytest.raises(UnknownNameError, match="hiden"):
        assume("hiden = 3")
    with pytest.raises(ExpressionError, match="both sides"):
        assume("hidden = 2*hidden")
    with pytest.raises(ExpressionError):
        assume("hidden = __import__('os')")


def test_assumptions_that_contradict_each_other():
    claim = Claim("2*L", "parameters", {"L": "layers"}, "plain", assumptions=("tied", "untied"))
    with pytest.raises(ConfigError, match="cannot both be assumed"):
        check(claim)
    circle = ("kv_heads = heads", "heads = kv_heads")
    claim = Claim("2*L", "parameters", {"L": "layers"}, "plain", assumptions=circle)
    with pytest.raises(EdgesymError, match="circle"):
        check(claim)


def test_an_undeclared_symbol_names_the_claim():
    with pytest.raises(EdgesymError, match=r"claim eq-1.*'Q'"):
        check(Claim("2*L*Q", "parameters", {"L": "layers"}, "plain", id="eq-1"))


def test_code_in_an_equation_is_not_run():
    with pytest.raises(EdgesymError):
        check(Claim("__import__('os')", "parameters", {"L": "layers"}, "plain"))


def test_the_top_level_offers_check_and_proof():
    found = edgesym.check(edgesym.Claim("A/K", "heads/kv_heads", {"A": "heads", "K": "kv_heads"}))
    assert found.verdict == "exact"
    assert edgesym.prove_equal(edgesym.symbol("heads"), edgesym.symbol("layers")).answer == "no"


SOURCE = r"""
\begin{equation} % the cache
  M = 2 L S K D B \label{eq:cache}
\end{equation}
\begin{align}
  N &= 12 L H^2, \label{eq:n} \\
  E &= m c^2 \nonumber
\end{align}
"""
TABLE = """
[symbols]
L = "layers"
S = "context"
K = "kv_heads"
D = "head_dim"
B = "bytes_per_element"
H = "hidden"

[labels]
"eq:cache" = { quantity = "kv_cache_bytes", assumptions = ["batch = 1"] }
"eq:n" = "parameters"
"""


def test_a_paper_in_latex_with_a_symbol_table_beside_it(tmp_path):
    paper = tmp_path / "paper.tex"
    paper.write_text(SOURCE)
    with pytest.raises(ConfigError, match=r"paper\.toml"):
        read_document(paper)
    (tmp_path / "paper.toml").write_text(TABLE)
    document = read_document(paper)
    assert [claim.id for claim in document.claims] == ["eq:cache", "eq:n"]
    assert document.silent == ("line 7",)
    result = CliRunner().invoke(command, [str(paper), "--json"])
    verdicts = json.loads(result.output)["verdicts"]
    assert [v["verdict"] for v in verdicts] == ["exact under assumptions"] * 2


def test_a_label_that_the_paper_has_not(tmp_path):
    (tmp_path / "paper.tex").write_text(SOURCE)
    (tmp_path / "paper.toml").write_text(TABLE.replace("eq:n", "eq:m"))
    document = read_document(tmp_path / "paper.tex")
    assert [claim.id for claim in document.claims] == ["eq:cache"]
    (refused,) = (entry for entry in document.entries if entry not in document.claims)
    assert "no equation 'eq:m'" in refused.error


def test_one_equation_on_the_command_line():
    options = ["--quantity", "flops", "--per", "token", "--symbols", "L=layers,H=hidden"]
    result = CliRunner().invoke(command, ["--equation", "F = 24 L H^2", *options])
    assert result.exit_code == 0
    assert "approximation" in result.output
    options = ["--quantity", "parameters", "--symbols", "L=layers,L=hidden"]
    result = CliRunner().invoke(command, ["--equation", "L", *options])
    assert "declared twice" in str(result.exception)


def test_a_claim_file_on_standard_input():
    text = '[symbols]\nA = "heads"\n[[claim]]\nplain = "3*A"\nquantity = "heads"\n'
    result = CliRunner().invoke(command, ["-"], input=text)
    assert result.exit_code == 1
    assert "3 in place" not in result.output
    assert "the claim is 3 times what the graph gives" in result.output


def test_the_library_is_listed():
    assert "edgeprofiler" in CliRunner().invoke(claims_command, []).output
    table = CliRunner().invoke(claims_command, ["edgeprofiler"]).output
    assert "eq-14" in table
    assert "not comparable" in table
    result = CliRunner().invoke(claims_command, ["edgeprofiles"])
    assert "edgeprofiler" in str(result.exception)
