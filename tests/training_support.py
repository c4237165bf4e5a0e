"""What the tests of training share: the corpus's derivations, and quantities under assumptions."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import pytest
import sympy

from edgesym.architectures.locate import load
from edgesym.catalogue import REGISTRY, Case
from edgesym.expression import read
from edgesym.graph.convention import convention
from edgesym.graph.training import training
from edgesym.symbols import TABLE, symbol
from edgesym.workload import phase
from tests.support import CORPUS, letters

A, K, D, H, I, Ba, Bc = letters("A K D H I B_a B_c")
MULTI_HEAD = {K: A}
GPT = {I: 4 * H, D: H / A, K: A}
BYTES = {Ba: sympy.Integer(2), Bc: sympy.Integer(2)}
ELEMENTS = {Ba: sympy.Integer(1), Bc: sympy.Integer(1)}

#: Words of the corpus that are not those of the table of symbols.
WORDS = {
    "seq": "context",
    "tp": "tensor_parallel",
    "pp": "pipeline_parallel",
    "dp": "data_parallel",
    "micro": "microbatches",
    "vchunks": "model_chunks",
    "optbytes": "optimizer_bytes_per_parameter",
    "sram": "on_chip_elements",
    "pfrac": "parallel_fraction",
    "peak": "peak_flops",
    "bw": "memory_bandwidth",
    "tokens": "training_tokens",
}


@cache
def corpus():
    """The published equations by id, none where the corpus is absent."""
    path = CORPUS / "claims.json"
    rows = json.loads(path.read_text("utf-8")) if path.is_file() else []
    return {row["id"]: row for row in rows}


def derived(claim, key="derived_canonical", **names):
    """A formula of the corpus over the table's symbols; words that it lacks are ``names``."""
    if claim not in corpus():
        pytest.skip("no corpus of claims")
    words = {word: symbol(word) for word in TABLE}
    words |= {theirs: symbol(ours) for theirs, ours in WORDS.items()} | names
    return read(corpus()[claim][key], words, {"Min": sympy.Min})


def ours(name, how="", *, part="*", values=GPT, card="gpt2", counting="pytorch"):
    """A quantity of GPT-2 in training, under assumptions that are put in for symbols."""
    case = Case(
        load(card), phase("prefill"), convention(counting), part=part, training=training(how)
    )
    parts = (REGISTRY[name].expression(replace(case, part=p)) for p in part.split("+"))
    return sympy.Add(*parts).xreplace(values)
