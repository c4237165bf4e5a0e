"""Every config of the corpus that edgesym knows, against what PyTorch counts: to the integer.

Source of the numbers: transformers 5.23.0 on the meta device with eager attention, and
torch.utils.flop_counter.FlopCounterMode of torch 2.13.0 (corpus/oracle.json).
"""

from __future__ import annotations

from functools import cache
from math import prod

import pytest

from edgesym.architectures.config import read_json
from edgesym.architectures.reader import architectures, read_model
from edgesym.data import shipped
from edgesym.engine.evaluate import evaluate
from edgesym.errors import EdgesymError
from edgesym.graph.convention import convention
from edgesym.ledger import Kind, ledger
from tests.support import CORPUS, COUNTS, model_type, oracle, pytorch_counts, step_values

FLOPS = ("prefill_b1_s128_flops", "prefill_b2_s64_flops", "decode_b1_c128_flops")
PLAIN = {"llama", "mistral", "qwen2", "gemma3_text", "llama4_text"}

#: Decoders that edgesym knows and Transformers has a class for.
KNOWN = [
    e
    for e in oracle()
    if e["native"] and model_type(e) in architectures() and "decode_b1_c128" in e
]
OTHERS = [e for e in oracle() if e not in KNOWN]
#: (model type, kind of count) where PyTorch runs something else than the mathematics needs;
#: tests/oracle holds those to the formula of the difference.
DIFFERENT = {
    (name, row["quantity"])
    for row in shipped("architectures/shared", "differences")["difference"]
    for name in set(row["model_types"]) - PLAIN
}
KINDS = ("parameters", "active_parameters", *["prefill_flops"] * 2, "decode_flops")
KINDS += ("kv_cache_bytes",)
#: Those whose first layer runs as the mathematics has it, and is counted apart. RWKV's holds
#: the norm of the embedding too.
LAYERED = [
    e
    for e in KNOWN
    if model_type(e) not in {"rwkv", *(name for name, _ in DIFFERENT)} and "layer0_params" in e
]
DENSE = [e for e in LAYERED if model_type(e) in PLAIN and "moe" not in e]


def entries(found):
    absent = pytest.mark.skip(f"{CORPUS} is absent")
    cases = [pytest.param(e, id=e["name"]) for e in found] or [pytest.param(None, marks=absent)]
    return pytest.mark.parametrize("entry", cases)


@cache
def model(config_file):
    path = CORPUS / config_file
    # what is shared was counted of the class of the text part, without towers
    return read_model(read_json(path), name=path.name, origin=str(path), text_only=True)


def counted(entry, name):
    """A FLOP count; where the implementation runs all experts, the one of those chosen."""
    return entry[name] if entry[name] is not None else entry[f"{name}_routed_corrected"]


def first_layer(entry, *kinds, parts="*"):
    found = model(entry["config_file"])
    rows = ledger(found, counting=convention("pytorch")).filter(*kinds, part=parts)
    return [row for row in rows if row.block == found.plans[1].name]


def flops(rows, entry, step):
    values = step_values(model(entry["config_file"]), step)
    return sum(evaluate(row.amount, values) for row in rows)


def test_the_corpus_reaches_every_plain_architecture(corpus):
    assert {model_type(e) for e in KNOWN} >= PLAIN
    assert len(KNOWN) >= 30


@entries(KNOWN)
def test_counts_are_those_of_pytorch(entry):
    truth = [entry["params_text"], entry["active_params"]]
    truth += [counted(entry, name) for name in FLOPS] + [entry["kv_bytes_129_bf16"]]
    found = pytorch_counts(model(entry["config_file"]))
    rows = zip(COUNTS, KINDS, truth, strict=True)
    held = {n: t for n, kind, t in rows if (model_type(entry), kind) not in DIFFERENT}
    assert {name: found[name] for name in held} == held


@entries(LAYERED)
def test_logits_and_embedding_are_those_of_pytorch(entry):
    found = model(entry["config_file"])
    book = ledger(found, counting=convention("pytorch"))
    logits = book.filter(Kind.FLOPS, part="head").total()
    table = book.filter(Kind.STORED, part="embedding.lookup").total()
    head = book.filter(Kind.STORED, part="head").total()
    for step, name in (((1, 128, 0), "prefill_b1_s128"), ((1, 1, 128), "decode_b1_c128")):
        assert evaluate(logits, step_values(found, step)) == entry[name]["lm_head"]
    assert evaluate(table, found.values) == entry["params_embedding"]
    assert evaluate(head, found.values) == (0 if entry["tied"] else entry["params_lm_head"])


@entries(LAYERED)
def test_first_layer_holds_as_many_parameters(entry):
    stored = first_layer(entry, Kind.STORED)
    assert flops(stored, entry, (1, 1, 0)) == entry["layer0_params"]


@entries(DENSE)
def test_each_weight_of_the_first_layer_has_its_size(entry):
    sizes = [flops([row], entry, (1, 1, 0)) for row in first_layer(entry, Kind.STORED)]
    assert sorted(sizes) == sorted(prod(shape) for shape in entry["layer0_shapes"].values())


@entries(LAYERED)
def test_first_layer_computes_as_much(entry):
    for step, name in (((1, 128, 0), "prefill_b1_s128"), ((1, 1, 128), "decode_b1_c128")):
        truth = entry[name]["layer0"]
        if first_layer(entry, Kind.FLOPS, parts="experts"):
            surplus = entry[name]["routed_counted"] - entry[name]["routed_expected"]
            truth -= surplus // entry["moe"]["expert_modules"]
        assert flops(first_layer(entry, Kind.FLOPS), entry, step) == truth


@entries(OTHERS)
def test_any_other_config_is_read_or_refused_with_a_reason(entry):
    try:
        found = model(entry["config_file"])
    except EdgesymError as error:
        reason = str(error)
    else:
        reason = found.origin
        assert evaluate(ledger(found).filter(Kind.STORED).total(), found.values) > 0
    assert entry["config_file"].rpartition("/")[2] in reason
