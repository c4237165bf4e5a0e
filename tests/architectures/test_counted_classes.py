"""Classes of encoders and of pairs, beside what transformers 5.24.0 and PyTorch count of them."""

from __future__ import annotations

import pytest

from edgesym.architectures.reader import read_model
from edgesym.oracle.compare import our_counts

T5 = {
    "num_layers": 2,
    "num_decoder_layers": 3,
    "d_model": 48,
    "d_ff": 96,
    "num_heads": 4,
    "d_kv": 12,
    "vocab_size": 300,
}
M2M = {
    "encoder_layers": 2,
    "decoder_layers": 3,
    "d_model": 48,
    "encoder_ffn_dim": 96,
    "decoder_ffn_dim": 80,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 6,
    "vocab_size": 300,
    "max_position_embeddings": 256,
}
BERT = {
    "num_hidden_layers": 2,
    "hidden_size": 48,
    "intermediate_size": 96,
    "num_attention_heads": 4,
    "vocab_size": 300,
    "max_position_embeddings": 256,
}
SIZES = {"t5": T5, "mt5": T5, "umt5": T5, "m2m_100": M2M, "camembert": BERT}

#: Type, class and labels -> parameters, and FLOPs of a prefill of 128 tokens; the FLOPs of a
#: sequence classifier cannot be counted without values, as it looks for the end of the text.
COUNTS = {
    ("t5", "T5Model", 2): (135_184, 55_836_672),
    ("t5", "T5ForSequenceClassification", 3): (137_683, None),
    ("t5", "T5ForTokenClassification", 3): (51_779, 15_765_504),
    ("t5", "T5ForQuestionAnswering", 2): (135_282, 55_861_248),
    ("mt5", "MT5Model", 2): (158_224, 61_734_912),
    ("mt5", "MT5ForSequenceClassification", 3): (160_723, None),
    ("mt5", "MT5ForTokenClassification", 3): (60_995, 18_124_800),
    ("mt5", "MT5ForQuestionAnswering", 2): (158_322, 61_759_488),
    ("umt5", "UMT5Model", 2): (158_608, 61_734_912),
    ("umt5", "UMT5ForTokenClassification", 3): (61_123, 18_124_800),
    ("umt5", "UMT5ForQuestionAnswering", 2): (158_706, 61_759_488),
    ("m2m_100", "M2M100ForConditionalGeneration", 2): (133_248, 58_343_424),
    ("m2m_100", "M2M100Model", 2): (133_248, 54_657_024),
    ("camembert", "CamembertForMaskedLM", 2): (67_548, 20_004_864),
    ("camembert", "CamembertModel", 2): (67_152, 15_733_248),
    ("camembert", "CamembertForSequenceClassification", 2): (67_250, 15_733_440),
    ("camembert", "CamembertForTokenClassification", 2): (64_898, 15_753_216),
    ("camembert", "CamembertForQuestionAnswering", 2): (64_898, 15_753_216),
}


@pytest.mark.parametrize(("kind", "named", "labels"), COUNTS)
def test_a_class_is_counted_as_it_is(kind, named, labels):
    config = {**SIZES[kind], "model_type": kind, "architectures": [named], "num_labels": labels}
    found = our_counts(read_model(config, name="m", origin="config.json"))
    stored, flops = COUNTS[kind, named, labels]
    assert found["parameters"] == stored
    assert flops is None or found["prefill_b1_s128_flops"] == flops
