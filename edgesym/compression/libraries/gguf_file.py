"""A llama of transformers as a GGUF file, with a tokenizer of made-up words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gguf
import numpy as np

from edgesym.measuring.libraries.gguf_tokens import add_tokens

__all__ = ["FORMATS", "written"]

#: Function of a technique -> the format of its matrices, and the number that a file says it by
#: (gguf.constants, GGMLQuantizationType and LlamaFileType).
FORMATS = {
    "gguf_q8_0": (gguf.GGMLQuantizationType.Q8_0, gguf.LlamaFileType.MOSTLY_Q8_0),
    "gguf_f16": (gguf.GGMLQuantizationType.F16, gguf.LlamaFileType.MOSTLY_F16),
}


def written(module: Any, path: Path, function: str) -> int:
    """Write a llama, its matrices in a format and its norms in F32; the bytes of the tensors."""
    matrices, file_type = FORMATS[function]
    config = module.config
    writer = gguf.GGUFWriter(str(path), "llama")
    _header(writer, config, int(file_type))
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config.num_hidden_layers)
    heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}
    total = 0
    for name, parameter in module.named_parameters():
        values = parameter.detach().numpy()
        for part, count in heads.items():
            if part in name:
                values = _permuted(values, count)
        form = gguf.GGMLQuantizationType.F32 if values.ndim == 1 else matrices
        stored = gguf.quantize(np.ascontiguousarray(values), form)
        label = names.get_name(name.removesuffix(".weight"))
        writer.add_tensor(f"{label}.weight", stored, raw_dtype=form)
        total += stored.nbytes
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return total


def _header(writer: Any, config: Any, file_type: int) -> None:
    """Dimensions, and a tokenizer of as many tokens as the model has."""
    writer.add_file_type(file_type)
    writer.add_vocab_size(config.vocab_size)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_rope_dimension_count(config.hidden_size // config.num_attention_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    add_tokens(writer, config.vocab_size)


def _permuted(weight: Any, heads: int) -> Any:
    """Rows of queries or keys in the order that ggml's rotary embedding takes them.

    transformers keeps the two halves of a head apart, ggml the two members of each pair together
    (llama.cpp, convert_hf_to_gguf.py, LlamaModel.permute).
    """
    rows = weight.shape[0]
    halves = weight.reshape(heads, 2, rows // heads // 2, *weight.shape[1:])
    return halves.swapaxes(1, 2).reshape(weight.shape)
