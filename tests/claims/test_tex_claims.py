"""Papers as authors write them, checked: definitions, labels, refusals with lines, guesses."""

from __future__ import annotations

import json
import time

import pytest
from click.testing import CliRunner

from edgesym.claims.claim import Claim, Refused, read_claims
from edgesym.claims.document import read_document
from edgesym.claims.equation import read_claim, trace_of
from edgesym.cli.check import command
from edgesym.errors import EdgesymError
from edgesym.symbols import symbol

SOURCE = r"""
\newcommand{\nl}{n_{\text{layer}}}
\newcommand{\loop}{1 + \loop}
\begin{document}
\begin{align}
C_{attn} &= 4 \nl d^2 \\
  &\quad + 4 \nl d^2 \label{eq:attn} \\
C_{mlp} &= 16 \nl d^2 \\
C &= C_{attn} + C_{mlp} \label{eq:total}
\end{align}
\begin{equation} M = 2 \nl q d \label{eq:bad} \end{equation}
\begin{equation} X = 2 |\mathcal{V}| d \label{eq:vocab} \end{equation}
\begin{equation} Y = \loop \label{eq:loop} \end{equation}
In a line, $P = 12 \nl d^2$.
\begin{equation} Z = 1
\end{document}
"""
TABLE = """
[symbols]
n_layer = "n_layers"
d = "d_model?"
"|V|" = "vocab"

[labels]
"eq:bad" = "kv_cache_bytes"
"eq:vocab" = { quantity = "parameters?", part = "emb + lm_head" }
"eq:loop" = "flops"
"eq:none" = "flops"
"inline, line 14" = { quantity = "parameters", assumptions = ["no norms", "no embeddings"] }

[labels."eq:total"]
quantity = "flops"
per = "token"
assumptions = ["no logits", "no attention products?"]
"""


@pytest.fixture
def paper(tmp_path):
    def made(source=SOURCE, table=TABLE):
        (tmp_path / "paper.toml").write_text(table, encoding="utf-8")
        path = tmp_path / "paper.tex"
        path.write_text(source, encoding="utf-8")
        return path

    return made


def test_each_equation_is_judged_or_refused_with_its_line(paper):
    document = read_document(paper())
    assert [claim.id for claim in document.claims] == ["eq:total", "eq:vocab", "inline, line 14"]
    refused = [entry for entry in document.entries if isinstance(entry, Refused)]
    told = {entry.id: entry.error for entry in refused}
    assert (
        "line 13: equation 'eq:loop' is not read: macro \\loop expands to itself" in told["eq:loop"]
    )
    assert "no equation 'eq:none'" in told["eq:none"]
    assert "paper.tex:11: claim eq:bad: 'q' is not declared" in told["eq:bad"]
    assert "line 15: \\begin{equation} is never closed" in told[""]
    assert document.silent == ("eq:attn", "line 8", "line 15")


def test_names_that_other_equations_define_are_put_in_with_their_trace(paper):
    (claim, *_) = read_document(paper()).claims
    assert {name: made.where for name, made in trace_of(claim).items()} == {
        "C_{attn}": "line 6",
        "C_{mlp}": "line 8",
    }
    L, H = symbol("layers"), symbol("hidden")
    assert read_claim(claim).bound == 24 * L * H**2


def test_the_answer_names_guesses_lines_and_refusals(paper):
    result = CliRunner().invoke(command, [str(paper()), "--json"])
    assert result.exit_code == 2
    found = {v["claim"]: v for v in json.loads(result.stdout)["verdicts"]}
    assert found["eq:total"]["unsure"] == ["symbol d = d_model", "no attention products"]
    assert found["eq:total"]["line"] == 6 + 3
    assert found["eq:vocab"]["verdict"] == "exact"
    assert found["inline, line 14"]["verdict"] == "exact under assumptions"
    text = " ".join(CliRunner().invoke(command, [str(paper())]).stdout.split())
    assert "eq:total, line 9: exact under assumptions, on guesses" in text
    assert "judged on guesses: symbol d = d_model; no attention products" in text


def test_a_label_of_two_equations_asks_which(paper):
    source = (
        r"\begin{equation}\begin{aligned} a &= b \\ c &= d \end{aligned}\label{e}\end{equation}"
    )
    document = read_document(paper(source, '[symbols]\nb = "layers"\n[labels]\ne = "layers"\n'))
    (refused,) = document.entries
    assert "has 2 equations 'e'; say which: e/1, e/2" in refused.error


def test_a_claim_file_that_quotes_another_equation_than_the_paper_prints(paper):
    table = """
    [symbols]
    L = "layers"
    [[claim]]
    id = "a"
    latex = 'x = 3 L'
    quantity = "layers"
    [[claim]]
    id = "b"
    quantity = "2*layers"
    """
    source = r"\begin{align} x &= 2 L \label{a} \\ y &= 2 L \label{b} \end{align}"
    document = read_document(paper(source, table))
    assert [claim.id for claim in document.claims] == ["b"]
    assert "prints 'x = 2 L'" in next(e for e in document.entries if e not in document.claims).error


def test_definitions_in_a_claim_file_and_circles():
    row = {"plain": "a + L", "quantity": "layers", "definitions": {"a": "2*b", "b": "3*L"}}
    (claim,) = read_claims({"symbols": {"L": "layers"}, "claim": [row]})
    assert read_claim(claim).bound == 7 * symbol("layers")
    (claim,) = read_claims({"claim": [{**row, "definitions": {"a": "b", "b": "a", "L": "1"}}]})
    with pytest.raises(EdgesymError, match="'a' is defined by itself: a -> b -> a"):
        read_claim(claim)


def test_a_symbol_that_nobody_knows_is_not_comparable():
    claim = Claim("2*L*z", "layers", {"L": "layers", "z": "?"}, "plain")
    from edgesym.claims.check import check

    verdict = check(claim)
    assert verdict.verdict == "not comparable"
    assert "z" in verdict.reasons[0]


SPELLINGS = [
    ("d_model*seq_len", "hidden*context"),
    ("n_heads*d_head", "heads*head_dim"),
    ("4*d_ff + n_kv_heads", "4*intermediate + kv_heads"),
    ("head_dim.nope + head_dim.rotary", None),
]


@pytest.mark.parametrize(("formula", "same"), SPELLINGS)
def test_other_spellings_stand_for_words(formula, same):
    bound = read_claim(Claim("x", "layers", {"x": formula}, "plain")).bound
    expected = symbol("head_dim", "nope") + symbol("head_dim", "rotary")
    if same is not None:
        expected = read_claim(Claim("x", "layers", {"x": same}, "plain")).bound
    assert bound == expected


@pytest.mark.parametrize("piece", [r"\begin{equation} x = 1 ", "$ x \n\n"])
def test_thousands_of_unclosed_displays_are_refused_at_once(paper, piece):
    path = paper(piece * 8000, "[symbols]\n[labels]\n")
    start = time.process_time()
    document = read_document(path)
    assert time.process_time() - start < 5  # some 0.6 s on a quiet machine
    assert len(document.entries) == 21  # twenty, and how many more
    assert "7980 more" in document.entries[-1].error
