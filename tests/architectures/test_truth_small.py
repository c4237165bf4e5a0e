"""Small configs that take the rarer branches, against what transformers and PyTorch count.

Source of the numbers: transformers 5.23.0 with eager attention, FlopCounterMode of torch 2.13.0;
on the meta device, of Step 3.7, whose experts run in a loop over the tokens, on the CPU.
"""

from __future__ import annotations

import pytest

from edgesym.architectures.reader import read_model
from tests.support import COUNTS, pytorch_counts

WINDOWED, FULL = "sliding_attention", "full_attention"
SMALL = {"hidden_size": 256, "intermediate_size": 512, "vocab_size": 1000}
TINY = {"hidden_size": 64, "intermediate_size": 48, "vocab_size": 1000}

# config -> parameters, FLOPs of prefill 1 x 128 and 2 x 64 and decode at 128, bf16 cache at 129
TRUTH = {
    "gemma3n_text of two widths, three streams, four layers without a cache": (
        {
            **SMALL,
            "num_hidden_layers": 12,
            "intermediate_size": [512] * 4 + [1024] * 8,
            "vocab_size_per_layer_input": 900,
            "hidden_size_per_layer_input": 32,
            "num_kv_shared_layers": 4,
            "laurel_rank": 8,
            "altup_num_inputs": 3,
            "sliding_window": 64,
            "layer_types": [WINDOWED, WINDOWED, WINDOWED, FULL] * 3,
        },
        (23791824, 7614607360, 6809300992, 54795104, 1302528),
    ),
    "gemma4_text with values of their own and another head dimension": (
        {
            **SMALL,
            "num_hidden_layers": 7,
            "num_global_key_value_heads": 2,
            "global_head_dim": 128,
            "hidden_size_per_layer_input": 16,
            "vocab_size_per_layer_input": 77,
        },
        (12552640, 4013424640, 3610771456, 31404032, 3170304),
    ),
    "gemma4_text whose full layers are overridden one by one": (
        {
            **SMALL,
            "num_hidden_layers": 6,
            "attention_k_eq_v": True,
            "per_layer_config": {"5": {"head_dim": 128, "num_key_value_heads": 1}},
            "hidden_size_per_layer_input": 16,
            "vocab_size_per_layer_input": 77,
        },
        (11128560, 3582459904, 3213361152, 28033024, 2707968),
    ),
    "gemma4_text with experts, wide layers and shared caches": (
        {
            **SMALL,
            "num_hidden_layers": 8,
            "attention_bias": True,
            "num_kv_shared_layers": 4,
            "use_double_wide_mlp": True,
            "layer_types": [WINDOWED, FULL] * 4,
            "enable_moe_block": True,
            "num_experts": 8,
            "top_k_experts": 2,
            "moe_intermediate_size": 64,
        },
        (562371648, 7518814208, 6713507840, 58839040, 3170304),
    ),
    "gpt_oss without attention biases": (
        {
            **TINY,
            "num_hidden_layers": 3,
            "num_local_experts": 4,
            "num_attention_heads": 8,
            "num_key_value_heads": 4,
            "attention_bias": False,
            "sliding_window": 16,
        },
        (536676, 221052928, 170721280, 1270272, 162816),
    ),
    "minimax_m3_vl_text with an indexer on three layers": (
        {
            **TINY,
            "num_hidden_layers": 4,
            "dense_intermediate_size": 100,
            "shared_intermediate_size": 32,
            "num_local_experts": 4,
            "num_attention_heads": 8,
            "num_key_value_heads": 4,
            "layer_types": [FULL, *["minimax_m3_sparse"] * 3],
            "mlp_layer_types": ["dense", "sparse", "sparse", "dense"],
            "index_block_size": 16,
            "index_topk_blocks": 2,
        },
        (1164608, 599916544, 440532992, 4706304, 1155840),
    ),
    "step3p5 with more heads under the window, and lists that go on for the next token": (
        {
            **TINY,
            "num_hidden_layers": 5,
            "n_routed_experts": 8,
            "sliding_window": 32,
            "moe_intermediate_size": 16,
            "share_expert_dim": 24,
            "layer_types": [FULL, WINDOWED] * 3,
            "num_nextn_predict_layers": 1,
            "attention_other_setting": {"num_attention_heads": 96},
            "moe_layers_enum": "2,3,4,5",
            "swiglu_limits": [0, 0, 0, 0, 7.0, 0],
        },
        (7208896, 5049810944, 3439198208, 30112768, 1839104),
    ),
}


@pytest.mark.parametrize("name", TRUTH)
def test_a_small_config_counts_as_pytorch_does(name):
    config, truth = TRUTH[name]
    model = read_model({"model_type": name.split()[0], **config}, name="small", origin="small")
    counts = pytorch_counts(model)
    assert tuple(counts[count] for count in COUNTS if count != "active") == truth
