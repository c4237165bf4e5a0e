"""The classes of T5 and its kin, beside what transformers 5.24.0 and PyTorch count of them."""

from __future__ import annotations

import pytest

from edgesym.architectures.reader import read_model
from edgesym.oracle.compare import our_counts

SIZES = {
    "num_layers": 2,
    "num_decoder_layers": 3,
    "d_model": 48,
    "d_ff": 96,
    "num_heads": 4,
    "d_kv": 12,
    "vocab_size": 300,
}

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
}


@pytest.mark.parametrize(("kind", "named", "labels"), COUNTS)
def test_a_class_is_counted_as_it_is(kind, named, labels):
    config = {**SIZES, "model_type": kind, "architectures": [named], "num_labels": labels}
    found = our_counts(read_model(config, name="m", origin="config.json"))
    stored, flops = COUNTS[kind, named, labels]
    assert found["parameters"] == stored
    assert flops is None or found["prefill_b1_s128_flops"] == flops
