"""Claim files proposed from papers of our own: how much of them is right, and what is unsure."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from edgesym.claims.claim import read_claims
from edgesym.claims.proposal import proposal_text, propose
from edgesym.cli.check import command
from edgesym.errors import ConfigError

PAPERS = Path(__file__).parents[2] / "data" / "papers"
TRUTH = tomllib.loads((PAPERS / "truth.toml").read_text(encoding="utf-8"))
#: What a name may be left as, where an equation of the paper defines it.
DEFINED = ("parameters", "flops", "flops_per_token")


@pytest.fixture(scope="module")
def proposals():
    return {name: propose(PAPERS / f"{name}.tex") for name in TRUTH}


def symbols_of(proposal):
    found = {made.name: (made.meaning, made.sure) for made in proposal.symbols}
    return {**dict.fromkeys(proposal.definitions, ("defined", True)), **found}


def test_symbols_and_quantities_of_papers(proposals, capsys):
    right = sure_wrong = count = 0
    for name, truth in TRUTH.items():
        found = symbols_of(proposals[name])
        for symbol, word in truth["symbols"].items():
            meaning, sure = found.get(symbol, ("", False))
            good = meaning == word or (meaning == "defined" and word in DEFINED)
            count, right, sure_wrong = count + 1, right + good, sure_wrong + (sure and not good)
    quantities = [
        (claims.get(key), quantity)
        for name, truth in TRUTH.items()
        for claims in [{c.key: c.about.quantity.value for c in proposals[name].claims}]
        for key, quantity in truth["equations"].items()
    ]
    said = sum(found == quantity for found, quantity in quantities)
    with capsys.disabled():
        print(  # noqa: T201 (the score is meant to be seen)
            f"\nof {len(TRUTH)} papers: {right} of {count} symbols, {said} of {len(quantities)}"
            f" quantities; {sure_wrong} symbols wrong that were called sure"
        )
    assert right >= 0.95 * count
    assert said >= 0.95 * len(quantities)
    assert not sure_wrong


@pytest.mark.parametrize("name", sorted(TRUTH))
def test_a_proposal_reads_through_the_door_of_claim_files(proposals, name):
    tables = tomllib.loads(proposal_text(proposals[name]))
    claims = read_claims(tables, name)
    assert [claim.id for claim in claims] == [claim.key for claim in proposals[name].claims]


def paper(tmp_path, body):
    path = tmp_path / "paper.tex"
    path.write_text(body, encoding="utf-8")
    return path


def meaning(tmp_path, said, text=r"2 X"):
    source = paper(tmp_path, rf"{said.rstrip('.')}." + "\n" + rf"The FLOPs are \[ F = {text}. \]")
    return {made.name: made for made in propose(source).symbols}


PHRASES = [
    "Here $X$ is the number of layers.",
    "Let $X$ denote the number of layers.",
    "where $X$ stands for the number of layers",
    "$X$: number of layers.",
    "The model has $X$ layers.",
    "an $X$-layer transformer",
    "the number of layers $X$",
    "the number of layers ($X$)",
    "the number of layers (denoted by $X$)",
    "The number of layers is denoted by $X$.",
    "We write $X$ for the number of layers.",
    "The depth of the network is $X$.",
    "with $X$ (the number of layers)",
    "with $X$, the number of layers",
    "$Y$ is the hidden size and $X$ the number of layers.",
    "$Y$ and $X$ are the hidden size and the number of layers.",
    r"\begin{itemize}\item[$X$] number of layers\end{itemize}",
    r"\begin{tabular}{ll} $X$ & number of layers \\ \end{tabular}",
    r"\nomenclature{$X$}{number of layers}",
]


@pytest.mark.parametrize("said", PHRASES)
def test_the_ways_to_say_what_a_symbol_is(tmp_path, said):
    found = meaning(tmp_path, said)["X"]
    assert (found.meaning, found.sure) == ("layers", True)
    assert "line 1" in found.why


SIZES = [
    ("heads of dimension $X$", "head_dim"),
    ("an MLP with hidden size $X$", "intermediate"),
    ("a vocabulary of $X$ tokens", "vocab"),
    ("a sequence of $X$ tokens", "context"),
    ("a batch of $X$ sequences", "batch"),
    ("attends to the last $X$ tokens", "window"),
    ("trained on $X$ tokens", "training_tokens"),
    ("a token uses $X$ of $E$ experts", "experts_per_token"),
    ("$X$ bits per weight", "8*weight_bytes_per_element"),
]


@pytest.mark.parametrize(("said", "word"), SIZES)
def test_sizes_by_what_they_are_the_size_of(tmp_path, said, word):
    assert meaning(tmp_path, f"Consider {said}.")["X"].meaning == word


def test_what_nothing_is_said_of_is_a_guess_or_unknown(tmp_path):
    found = meaning(tmp_path, "Nothing.", r"2 L \zeta")
    assert (found["L"].meaning, found["L"].sure) == ("layers", False)
    assert found["zeta"].meaning == "?"
    assert meaning(tmp_path, "$X$ is the fudge factor.")["X"].meaning == "?"


def test_a_verdict_on_guesses_says_so(tmp_path):
    source = paper(
        tmp_path,
        "Keys have $D$ channels per head.\nThe KV cache of a model takes\n"
        r"\begin{equation} M = 2 L K D S p \label{eq:m} \end{equation} bytes.",
    )
    made = CliRunner().invoke(command, [str(source), "--propose"])
    assert made.exit_code == 0
    assert 'L = "layers?"' in made.output
    (tmp_path / "paper.toml").write_text(made.output, encoding="utf-8")
    for file in ("paper.toml", "paper.tex"):
        result = CliRunner().invoke(command, [str(tmp_path / file), "--no-search"])
        assert "on guesses" in result.output
        assert "symbol L = layers" in " ".join(result.output.split())


@pytest.mark.parametrize(
    ("second", "asked"), [("C_{f}", "kv_cache_bytes?"), ("M_{f}", "kv_cache_bytes")]
)
def test_one_sentence_is_sure_of_the_first_line_of_a_display(tmp_path, second, asked):
    paper = tmp_path / "p.tex"
    paper.write_text(
        r"\begin{document}Let $L$ be the number of layers, $d$ the hidden dimension, $b$ the batch"
        r" size and $n$ the sequence length. The KV cache takes \begin{align} M_{K} &= 4bnLd \\ "
        + second
        + r" &= 24 b n L d^2 \end{align}\end{document}"
    )
    first, other = propose(paper).claims
    assert (first.about.quantity.value, first.about.quantity.sure) == ("kv_cache_bytes", True)
    found = other.about.quantity
    assert f"{found.value}{'' if found.sure else '?'}" == asked


def test_text_of_a_paper_is_data_in_the_file(tmp_path):
    nasty = 'the number of layers """ \\\\ \x07 \u2028 # [x]'
    source = paper(tmp_path, f"$X$ is {nasty}.\nThe FLOPs are \\[ F = 2 X \\]")
    tables = tomllib.loads(proposal_text(propose(source)))
    assert tables["symbols"] == {"X": "layers"}


@pytest.mark.parametrize("options", [["a.toml", "--propose"], ["a.tex", "--inline"], ["--propose"]])
def test_propose_takes_one_paper(options):
    result = CliRunner().invoke(command, options)
    assert isinstance(result.exception, ConfigError)
    assert ".tex" in str(result.exception)


def test_equations_in_lines_of_text_are_proposed_when_asked(tmp_path):
    source = paper(
        tmp_path, "With $L$ layers of hidden size $h$, the parameters are $N = 12 L h^2$."
    )
    assert not propose(source).claims
    (claim,) = propose(source, inline=True).claims
    assert (claim.key, claim.about.quantity.value) == ("inline, line 1", "parameters")


def test_a_paper_without_equations(tmp_path):
    result = CliRunner().invoke(command, [str(paper(tmp_path, "Nothing.")), "--propose"])
    assert result.exit_code == 0
    assert "[[claim]]" not in result.output


def test_an_assumption_is_proposed_once(tmp_path):
    body = r"The KV cache in bytes at fp16, of $L$ layers and width $d$: \[ M = 4 L d. \]"
    (claim,) = propose(paper(tmp_path, body)).claims
    assert [key.value for key in claim.assumptions] == ["bytes_per_element = 2"]
