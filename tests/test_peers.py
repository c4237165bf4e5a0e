"""What other tools get wrong (each reproduced on the tool itself), and edgesym must not."""

from __future__ import annotations

import pytest

from edgesym.architectures.locate import load
from edgesym.architectures.reader import read_model
from edgesym.catalogue import REGISTRY, Case
from edgesym.engine.evaluate import evaluate
from edgesym.formats import Formats
from edgesym.graph.convention import convention
from edgesym.graph.tensor import Role
from edgesym.ledger import Kind, ledger
from edgesym.runtimes import find_runtime
from edgesym.workload import phase
from tests.support import assert_equal_expression, letters, step_values

b, T, C, S, H, I, V, A, K, D, L = letters("b T C S H I V A K D L")
Bc = letters("B_c")[0]


def quantity(card, name, phase_name="decode", **options):
    return REGISTRY[name].expression(Case(load(card), phase(phase_name), **options))


@pytest.mark.parametrize(
    ("card", "times"), [("llama-3.2-1b", 4), ("tinyllama-1.1b", 8), ("gemma-3-1b", 4.5)]
)
def test_grouped_queries_shrink_the_cache(card, times):
    """EdgeProfiler takes 2 L S H bytes whatever the heads: 4 to 12 times too many."""
    model = load(card)
    values = step_values(model, (1, 1, 0)) | {S: 100}
    kept = evaluate(quantity(card, "kv_cache_bytes"), values)
    assert evaluate(2 * L * S * H * Bc, values) / kept == times


def test_values_are_multiplied_once_per_query_head():
    """transformer-roofline-analyzer counts S.V with key/value heads: 0.63x on 8/32 heads."""
    book = ledger(load("llama-3.1-8b")).filter(Kind.FLOPS)
    scores, values = (book.filter(part=f"attention.{n}").total() for n in ("scores", "values"))
    assert_equal_expression(scores, values)
    assert values.free_symbols >= {A, D}
    assert K not in values.free_symbols


def test_keys_are_read_once_per_group_also_when_fused():
    """LLM-Viewer reads K and V with query heads once FlashAttention is on."""
    for scheme in ("unfused", "fused", "ideal"):
        rows = ledger(load("llama-3.1-8b"), fusion=find_runtime(scheme).fusion).filter(
            Kind.READ, role=Role.CACHE
        )
        assert A not in rows.total().free_symbols


def test_logits_are_work():
    """EdgeProfiler, transformer-roofline-analyzer and InferSim have none, others half."""
    logits = ledger(load("llama-3.2-1b"), counting=convention("pytorch"))
    assert_equal_expression(logits.filter(Kind.FLOPS, part="head").total(), 2 * b * T * H * V)


def test_decode_costs_more_the_more_is_cached():
    """llm-analysis ignores the context in decode: 53 % too little at 32k."""
    values = step_values(load("llama-3.1-8b"), (1, 1, 0))
    short, long = (
        evaluate(quantity("llama-3.1-8b", "flops"), {**values, S: context})
        for context in (1, 32768)
    )
    assert long - short == 32767 * (4 * 32 * 128 + 6 * 32) * 32
    assert long > 2 * short


def test_activations_grow_in_proportion_to_the_tokens():
    """transformer-roofline-analyzer adds the tokens where it should multiply by them."""
    rows = ledger(load("llama-3.1-8b")).filter(Kind.WRITE, role=Role.ACTIVATION, part="attention")
    total = rows.filter(part="attention.query").total()
    assert_equal_expression(total.subs({T: 7 * T}), 7 * total)


def test_head_dim_need_not_be_hidden_over_heads():
    """transformer-roofline-analyzer ignores head_dim; Gemma 3 1B has 256 and not 1152 / 4."""
    model = load("gemma-3-1b")
    (row,) = (
        r for r in ledger(model).filter(Kind.STORED, part="attention.query") if r.block == "full"
    )
    assert evaluate(row.amount, model.values) == 1152 * 4 * 256


def test_an_embedding_is_a_lookup():
    """GenZ counts it as a matrix product."""
    book = ledger(load("llama-3.2-1b"))
    assert not book.filter(Kind.FLOPS, part="embedding").rows
    read = book.filter(Kind.READ, part="embedding", role=Role.WEIGHT)
    assert V not in read.total().free_symbols


def test_a_gated_feed_forward_has_three_matrices():
    """EdgeProfiler counts two where its models have three."""
    book = ledger(load("llama-3.2-1b")).filter(Kind.STORED, part="feed_forward")
    assert_equal_expression(book.filter(where=lambda r: r.amount != H).total(), 3 * L * H * I)


def test_loading_is_paid_once_and_not_per_token():
    """EdgeProfiler charges the loading of the weights, 92 % of its latency, to every token."""
    storage = set(letters("W_s U_s W_l U_l W_n U_n"))
    for name in ("step_time", "time_per_output_token", "time_to_first_token", "tokens_per_second"):
        assert not quantity("llama-3.2-1b", name).free_symbols & storage
    assert quantity("llama-3.2-1b", "load_time").free_symbols & storage


def test_each_dtype_has_a_rate_of_its_own():
    """EdgeProfiler has one FLOP rate for all precisions."""
    from edgesym.devices import find_device

    device = find_device("rtx-4090")
    rates = {name: device.values(name)[letters("P")[0]] for name in ("fp32", "fp16", "int8")}
    assert rates["fp32"] < rates["fp16"] < rates["int8"]
    assert device.arithmetic(Formats.of("int8").weights) == "int8"
    assert device.arithmetic(Formats.of("fp32").weights) == "fp32"


def test_an_absent_window_is_the_class_default_and_null_is_none():
    """Mistral 7B v0.1 leaves sliding_window out (4096), v0.3 says null."""
    base = {"model_type": "mistral", "hidden_size": 64, "intermediate_size": 64, "vocab_size": 64}
    base |= {"num_hidden_layers": 1, "num_attention_heads": 8}
    absent = read_model(base, name="x", origin="x")
    null = read_model({**base, "sliding_window": None}, name="x", origin="x")
    window = letters("W")[0]
    assert absent.values[window] == 4096
    assert window not in null.values
