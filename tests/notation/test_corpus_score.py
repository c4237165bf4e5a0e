"""How much of the corpus's LaTeX reads to the same expression as its plain form."""

from __future__ import annotations

import json

import pytest
import sympy

from edgesym.notation import NotationError, read_equation
from edgesym.symbols import declared

#: Where the plain form shortens names: the names as they stand in the LaTeX -> the plain form's.
RENAMED = {
    "chin-total": {
        "embeddings": "2*seq_len*vocab_size*d_model",
        "num_layers": "num_layers",
        "total_attention": "6*seq_len*d_model*key_size*num_heads"
        "+ 4*seq_len**2*key_size*num_heads + 3*num_heads*seq_len**2"
        "+ 2*seq_len*key_size*num_heads*d_model",
        "dense_block": "4*seq_len*d_model*ffw_size",
        "logits": "2*seq_len*d_model*vocab_size",
    },
    "meg-batchtime": {"b'": "bp", "b": "b", "p": "p", "t_f(b)": "tf", "t_b(b)": "tb"},
    "edge-10": {"FLOPs/token": "F", "peak_{flops}": "pk", "U_{compute}": "U"},
    "edge-11": {"M": "P*B + S*H*B + 2*L*S*H*B", "memory_{BW}": "bw", "U_{memory}": "U"},
    "edge-12": {"P": "P", "B": "B", "STORAGE_{BW}": "bw", "U_{storage}": "U"},
    "edge-14": {"S": "S", "H": "H", "B": "B", "NET_{BW}": "bw", "U_{net}": "U"},
    "edge-15": {"FLOPs/token": "F", "e_{flop}": "ef", "M": "M", "e_{byte}": "eb"},
    "nv-kv": {"num_layers": "nl", "num_heads": "nh", "dim_head": "dh", "precision": "pb"},
    "nv-kv-gqa": {"num_layers": "nl", "num_heads": "nh", "dim_head": "dh", "precision": "pb"},
    "lv-kv-flash": {
        **{name: name for name in ("seqlen", "head_size", "batchsize", "heads")},
        "kv_byte": "a_byte",
    },
    "la-kv": {"b": "b", "s": "s", "head_dim": "h/n", "kv_heads": "nkv", "bytes": "w"},
    "la-norm": {"hidden": "h"},
    "lin-state": {"D": "Dk", "M": "Dv"},
    "roof": {"Peak": "pk", "I": "I", "BW": "bw"},
    "amdahl": {"p": "pp", "n": "nn"},
}
#: Where the plain form says something else than the LaTeX, whoever reads it.
OTHERWISE = {
    "palm-mfu": "the LaTeX is a throughput, the plain form its denominator",
    "zero-act12": "the LaTeX counts elements, the plain form bytes",
    "edge-code-cfg": "the LaTeX is a tuple of dimensions, the plain form a parameter count",
    "glu-23": "the LaTeX is a dimension, the plain form the parameters that follow from it",
    "swa-kv": "the LaTeX is a sentence about a length, the plain form a cache size",
}


def _reads(claim, renamed):
    plain = read_equation(claim["sympy"], claim["symbols"], "plain")
    names = renamed or dict.fromkeys(claim["symbols"])
    try:
        found = read_equation(claim["latex"], names)
    except NotationError:
        return False
    if renamed:
        meanings = {
            declared(name): read_equation(text, claim["symbols"], "plain")
            for name, text in renamed.items()
        }
        found = found.xreplace(meanings)
    return sympy.expand(found - plain) == 0


def test_latex_of_the_corpus_reads_as_its_plain_form(corpus, capsys):
    claims = json.loads((corpus / "claims.json").read_text(encoding="utf-8"))
    read = {claim["id"]: _reads(claim, RENAMED.get(claim["id"])) for claim in claims}
    alike = sum(_reads(claim, None) for claim in claims)
    score = sum(read.values())
    with capsys.disabled():
        print(  # noqa: T201 (the score is meant to be seen)
            f"\nLaTeX of the corpus read as its plain form: {score} of {len(claims)}"
            f" ({score / len(claims):.1%}); {alike} with the plain form's names,"
            f" {score - alike} more with the names as they stand in the LaTeX;"
            f" {len(OTHERWISE)} say something else in the plain form"
        )
    assert {name for name, same in read.items() if not same} <= set(OTHERWISE)
    assert score >= 0.95 * len(claims)


@pytest.mark.parametrize("name", sorted(OTHERWISE))
def test_what_does_not_read_alike_has_a_reason(name):
    assert OTHERWISE[name]
