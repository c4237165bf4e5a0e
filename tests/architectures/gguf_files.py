"""GGUF files that tests write: small models of random types, by the gguf package."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType

TYPES = GGMLQuantizationType


def write(
    path: Path, architecture: str, values: Mapping[str, Any], tensors: Mapping[str, tuple]
) -> int:
    """A file with these keys and tensors, each (type, rows..., row); returns their bytes."""
    writer = gguf.GGUFWriter(path, architecture)
    for key, value in values.items():
        if isinstance(value, list):
            writer.add_array(f"{architecture}.{key}", value)
        else:
            writer.add_uint32(f"{architecture}.{key}", value)
    writer.add_array("tokenizer.ggml.tokens", [f"token {i}" for i in range(300)])
    total = 0
    for name, (kind, *shape) in tensors.items():
        block, size = GGML_QUANT_SIZES[kind]
        *rows, row = shape
        raw = np.zeros((*rows, row // block * size), dtype=np.uint8)
        if kind in (TYPES.F32, TYPES.F16):
            raw = np.zeros(shape, dtype=np.float32 if kind is TYPES.F32 else np.float16)
            writer.add_tensor(name, raw)
        else:
            writer.add_tensor(name, raw, raw_dtype=kind)
        total += raw.nbytes
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return total


def llama(layers: int = 4, **kinds: Any) -> tuple[dict[str, Any], dict[str, tuple]]:
    """Keys and tensors of a llama of 256 wide: values and down in more bits in some layers."""
    t = TYPES
    values = {
        "block_count": layers,
        "embedding_length": 256,
        "feed_forward_length": 512,
        "attention.head_count": 4,
        "attention.head_count_kv": 2,
        "context_length": 2048,
    }
    tensors: dict[str, tuple] = {
        "token_embd.weight": (kinds.get("table", t.Q6_K), 300, 256),
        "output_norm.weight": (t.F32, 256),
    }
    for i in range(layers):
        more = t.Q6_K if i in (0, layers - 1) else t.Q4_K
        tensors |= {
            f"blk.{i}.attn_norm.weight": (t.F32, 256),
            f"blk.{i}.ffn_norm.weight": (t.F32, 256),
            f"blk.{i}.attn_q.weight": (t.Q4_K, 256, 256),
            f"blk.{i}.attn_k.weight": (t.Q4_K, 128, 256),
            f"blk.{i}.attn_v.weight": (more, 128, 256),
            f"blk.{i}.attn_output.weight": (t.Q4_K, 256, 256),
            f"blk.{i}.ffn_gate.weight": (t.Q4_K, 512, 256),
            f"blk.{i}.ffn_up.weight": (t.Q4_K, 512, 256),
            f"blk.{i}.ffn_down.weight": (more, 256, 512),
        }
    return values, tensors
