"""Encoders, and pairs of an encoder and a decoder: against PyTorch, and by hand."""

from __future__ import annotations

import pytest

from edgesym.analysis.operators import operator_table
from edgesym.architectures.config import read_json
from edgesym.architectures.reader import read_model
from edgesym.catalogue import REGISTRY, Case
from edgesym.engine.evaluate import evaluate
from edgesym.errors import ConfigError
from edgesym.formats import Formats
from edgesym.graph.convention import convention
from edgesym.graph.tensor import Role
from edgesym.ledger import Kind, ledger
from edgesym.runtimes import find_runtime
from edgesym.symbols import symbol
from edgesym.workload import Queries, phase, step_values
from tests.support import CORPUS, assert_equal_expression, letters, model_type, oracle
from tests.support import step_values as values_of

TYPES = {"bert", "roberta", "xlm-roberta", "distilbert", "albert", "t5", "whisper"}
ENTRIES = [e for e in oracle() if model_type(e) in TYPES]
BASE = {
    "hidden_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 100,
    "vocab_size": 500,
}
PAIR = {
    "d_model": 48,
    "d_kv": 10,
    "d_ff": 100,
    "num_heads": 4,
    "num_layers": 3,
    "num_decoder_layers": 2,
    "vocab_size": 500,
}
SMALL = {"hidden_size": 12, "num_hidden_layers": 2, "num_attention_heads": 3}
T5 = {"d_model": 12, "d_kv": 5, "d_ff": 20, "num_heads": 3, "num_layers": 3, "vocab_size": 50}


def model(model_type, built, **keys):
    config = {"model_type": model_type, "architectures": [built], **keys}
    return read_model(config, name=built, origin=built)


def t5(**keys):
    return model("t5", "T5ForConditionalGeneration", **T5, **keys)


def number(found, name, phase_name="prefill", **values):
    case = Case(found, phase(phase_name), convention("pytorch"), find_runtime("unfused"))
    given = {symbol(word): value for word, value in values.items()}
    return evaluate(REGISTRY[name].expression(case), {**found.values, **given})


@pytest.mark.skipif(not ENTRIES, reason=f"{CORPUS} is absent")
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e["name"])
def test_counts_are_those_of_pytorch(entry):
    path = CORPUS / entry["config_file"]
    found = read_model(read_json(path), name=path.name, origin=str(path))
    book = ledger(found, counting=convention("pytorch"))
    for kind, name in ((Kind.STORED, "params_total"), (Kind.ACTIVE, "active_params")):
        assert evaluate(book.filter(kind).total(), found.values) == entry[name]
    flops = book.filter(Kind.FLOPS).total()
    for step, name in (((1, 128, 0), "prefill_b1_s128"), ((2, 64, 0), "prefill_b2_s64")):
        if entry[f"{name}_flops"] is not None:
            assert evaluate(flops, values_of(found, step)) == entry[f"{name}_flops"]


#: (config, parameters, FLOPs of a prefill of 2 x 64 tokens): transformers 5.23.0 on the meta
#: device and FlopCounterMode, torch 2.13.0.
COUNTED = [
    ("bert", "BertModel", {**BASE}, 109164, 19178496),
    ("bert", "BertForPreTraining", {**BASE}, 112210, 25912704),
    (
        "bert",
        "BertForSequenceClassification",
        {**BASE, "id2label": {"0": "a", "1": "b", "2": "c"}},
        109311,
        19179072,
    ),
    (
        "roberta",
        "RobertaForTokenClassification",
        {**BASE, "id2label": {"0": "a", "1": "b", "2": "c"}},
        106959,
        19206144,
    ),
    ("xlm-roberta", "XLMRobertaModel", {**BASE}, 109164, 19178496),
    (
        "distilbert",
        "DistilBertModel",
        {"dim": 48, "n_layers": 3, "n_heads": 4, "hidden_dim": 100},
        1547772,
        19169280,
    ),
    (
        "distilbert",
        "DistilBertForSequenceClassification",
        {"dim": 48, "n_layers": 3, "n_heads": 4, "hidden_dim": 100},
        1550222,
        19178880,
    ),
    (
        "albert",
        "AlbertModel",
        {**BASE, "embedding_size": 20, "num_hidden_groups": 3},
        81724,
        19424256,
    ),
    ("modernbert", "ModernBertForMaskedLM", {**BASE, "pad_token_id": 0}, 98036, 29589504),
    (
        "modernbert",
        "ModernBertForSequenceClassification",
        {**BASE, "pad_token_id": 0, "norm_bias": True, "global_attn_every_n_layers": 2},
        98018,
        22865280,
    ),
    ("t5", "T5ForConditionalGeneration", {**PAIR}, 126688, 41369600),
    (
        "t5",
        "T5ForConditionalGeneration",
        {**PAIR, "feed_forward_proj": "gated-gelu"},
        150688,
        47513600,
    ),
    ("t5", "T5EncoderModel", {**PAIR}, 76304, 17203200),
    (
        "whisper",
        "WhisperForConditionalGeneration",
        {
            "d_model": 48,
            "encoder_layers": 3,
            "decoder_layers": 2,
            "encoder_attention_heads": 4,
            "decoder_attention_heads": 6,
            "encoder_ffn_dim": 100,
            "decoder_ffn_dim": 90,
            "num_mel_bins": 20,
            "max_source_positions": 60,
        },
        2637456,
        677861376,
    ),
]


@pytest.mark.parametrize(("kind", "built", "keys", "parameters", "flops"), COUNTED)
def test_classes_count_as_pytorch_does(kind, built, keys, parameters, flops):
    found = model(kind, built, **keys)
    source = found.values.get(symbol("source_tokens"), 64)
    assert number(found, "parameters") == parameters
    assert number(found, "flops", batch=2, context=64, source_tokens=source) == flops


def test_an_encoder_keeps_no_cache_and_runs_its_context_in_every_step():
    found = model("bert", "BertForMaskedLM", **SMALL)
    assert number(found, "kv_cache_bytes", "decode", context=9) == 0
    prefill = number(found, "flops", batch=1, context=9)
    assert number(found, "flops", "decode", batch=1, context=9) == prefill


def test_a_masked_model_predicts_at_every_position_under_any_convention_with_logits():
    book = ledger(model("bert", "BertForMaskedLM", **SMALL), phase("prefill"), convention())
    (logits,) = book.filter(Kind.FLOPS, part="head.logits")
    b, S, H, V = letters("b S H V")
    assert_equal_expression(logits.amount, 2 * b * S * H * V)


def test_groups_of_layers_share_their_weights():
    sizes = {"vocab_size": 30, "intermediate_size": 20, **SMALL}
    one, two = (
        number(model("albert", "AlbertForMaskedLM", num_hidden_groups=n, **sizes), "parameters")
        for n in (1, 2)
    )
    assert two - one == 4 * 12 * 13 + 2 * 12 * 20 + 20 + 12 + 4 * 12


def test_a_source_is_encoded_in_the_prefill_and_not_read_again_in_decoding():
    found = t5()
    for part in ("encoder.*", "decoder.cross_attention.key", "decoder.cross_attention.value"):
        rows = ledger(found, phase("decode")).filter(part=part)
        assert {row.kind for row in rows} <= {Kind.STORED, Kind.ACTIVE}
        assert rows.filter(Kind.STORED).rows
        assert ledger(found, phase("prefill")).filter(Kind.FLOPS, part=part).rows


def test_cross_attention_in_closed_form():
    b, S, H, A, D = letters("b S H A D")
    S_x, layers = symbol("source_tokens"), symbol("layers.decoder")
    counting = convention("pytorch")
    for name, expected in (
        ("prefill", 4 * b * A * D * (S * H + S_x * H + S * S_x)),
        ("decode", 4 * b * A * D * (H + S_x)),
    ):
        book = ledger(t5(), phase(name), counting).filter(
            Kind.FLOPS, part="decoder.cross_attention"
        )
        assert_equal_expression(book.total(), layers * expected)
    kept = ledger(t5(), phase("decode")).filter(Kind.KEPT, part="decoder.cross_attention")
    assert_equal_expression(sum(row.amount for row in kept), 2 * b * S_x * A * D)
    fresh = ledger(t5(), phase("decode")).filter(Kind.WRITE, role=Role.CACHE)
    assert {row.part.rpartition(".")[0] for row in fresh} == {"decoder.attention"}


def test_biases_of_relative_positions_are_made_once_per_stack():
    book = ledger(t5(), phase("prefill"), convention("pytorch"))
    A, S, N_b = letters("A S N_b")
    for stack, tokens in (("encoder", symbol("source_tokens")), ("decoder", S)):
        rows = book.filter(part=f"{stack}.positions")
        (stored,) = rows.filter(Kind.STORED)
        (written,) = rows.filter(Kind.WRITE)
        assert (stored.repeat, stored.amount) == (1, A * N_b)
        assert_equal_expression(written.amount, A * tokens**2)


def test_depths_and_sources_of_the_two_stacks_differ():
    found = t5(num_decoder_layers=1)
    assert (found.values[symbol("layers.encoder")], found.values[symbol("layers.decoder")]) == (
        3,
        1,
    )
    step = (
        ledger(found, counting=convention("pytorch")).filter(Kind.FLOPS, part="encoder.*").total()
    )
    full, none = (step_values(1, 7, cached, 40) for cached in (0, 8))
    assert evaluate(step, {**found.values, **full}) > 0
    assert evaluate(step, {**found.values, **none}) == 0


def test_an_operator_table_leaves_out_an_encoder_that_does_not_run():
    found = t5()
    for cached, runs in ((0, True), (5, False)):
        table = operator_table(found, Queries.of([cached], [1]), Formats.of("bf16"), convention())
        assert any(row.part.startswith("encoder") for row in table.rows) is runs
        blocks = {(row.repeat, row.of) for row in table.rows if "cross" in row.part}
        assert blocks == {(3, 3)}


def test_whisper_has_the_source_that_it_is_made_for():
    found = model("whisper", "WhisperForConditionalGeneration")
    assert found.values[symbol("source_tokens")] == 1500
    (merge,) = ledger(found, phase("prefill")).filter(Kind.FLOPS, part="encoder.merge")
    assert evaluate(merge.amount, {**found.values, symbol("batch"): 1}) == 2 * 3000 * 3 * 80 * 384


@pytest.mark.parametrize(
    ("kind", "keys", "named"),
    [
        ("bert", {"architectures": ["BertForMultipleChoice"]}, "architectures"),
        ("bert", {"is_decoder": True}, "is_decoder"),
        ("bert", {"position_embedding_type": "relative_key"}, "position_embedding_type"),
        ("t5", {"feed_forward_proj": "gated-tanh"}, "feed_forward_proj"),
    ],
)
def test_what_is_not_covered_is_refused(kind, keys, named):
    with pytest.raises(ConfigError, match=named):
        read_model({"model_type": kind, **keys}, name="x", origin="x")


#: Small models of transformers 5.24.0: parameters, and FLOPs of 2 x 11 tokens by FlopCounterMode.
TINY = {"hidden_size": 48, "num_attention_heads": 4, "num_hidden_layers": 2, "vocab_size": 160}
TINY |= {"intermediate_size": 80}
TINY_PAIR = {
    "d_model": 48,
    "encoder_layers": 2,
    "decoder_layers": 3,
    "encoder_ffn_dim": 80,
    "decoder_ffn_dim": 72,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "vocab_size": 160,
    "max_position_embeddings": 64,
}
COUNTED = [
    ("mpnet", "MPNetForMaskedLM", TINY, 69_904, 2_019_072),
    ("mpnet", "MPNetModel", TINY, 69_648, 1_588_992),
    ("mpnet", "MPNetForSequenceClassification", TINY, 69_746, 1_589_376),
    ("mpnet", "MPNetForQuestionAnswering", TINY, 67_394, 1_584_000),
    ("ernie", "ErnieForMaskedLM", TINY, 69_872, 2_019_072),
    ("ernie", "ErnieForPreTraining", TINY, 72_322, 2_028_672),
    ("ernie", "ErnieModel", {**TINY, "use_task_id": True, "task_type_vocab_size": 5}, 69_856, None),
    ("blenderbot", "BlenderbotForConditionalGeneration", TINY_PAIR, 127_240, None),
    ("blenderbot-small", "BlenderbotSmallForConditionalGeneration", TINY_PAIR, 127_240, None),
    ("plbart", "PLBartForConditionalGeneration", TINY_PAIR, 127_432, None),
    ("plbart", "PLBartForSequenceClassification", TINY_PAIR, 129_882, None),
]


@pytest.mark.parametrize(("model_type", "built", "keys", "parameters", "flops"), COUNTED)
def test_small_ones_are_as_their_classes(model_type, built, keys, parameters, flops):
    found = model(model_type, built, **keys)
    assert number(found, "parameters") == parameters
    if flops is not None:
        run = {"batch": 2, "new_tokens": 11, "cached_tokens": 0, "context": 11}
        assert number(found, "flops", **run) == flops
