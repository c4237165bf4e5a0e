"""Writing a GGUF file of random weights, tensor after tensor."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

import gguf
import numpy as np

from edgesym.measuring.libraries.gguf_tokens import add_tokens

__all__ = ["written"]

#: Standard deviation of the weights, as transformers initialises them (initializer_range).
_STD = 0.02
#: Bytes of random numbers that tensors are cut from: what a weight is decides no time.
_POOL = 8 * 2**20
_FLOATS = {"F32": np.float32, "F16": np.float16}


def written(job: Mapping[str, Any]) -> dict[str, Any]:
    """Write the file of a plan; its bytes, and those of its tensors."""
    plan, path = job["plan"], Path(job["file"])
    writer = gguf.GGUFWriter(str(path), plan["architecture"])
    for key, number in plan["keys"].items():
        writer.add_uint32(f"{plan['architecture']}.{key}", number)
    for key, number in plan["numbers"].items():
        writer.add_float32(f"{plan['architecture']}.{key}", number)
    writer.add_vocab_size(plan["vocab"])
    add_tokens(writer, plan["vocab"])
    pools = _Pools(np.random.default_rng(job["seed"]))
    shapes = [_stored(row) for row in plan["tensors"]]
    tensors = 0
    for row, shape in zip(plan["tensors"], shapes, strict=True):
        kind = gguf.GGMLQuantizationType[row["type"]]
        plain = row["type"] in _FLOATS
        dtype = np.dtype(_FLOATS[row["type"]] if plain else np.uint8)
        size = prod(shape) * dtype.itemsize
        tensors += size
        writer.add_tensor_info(row["name"], shape, dtype, size, raw_dtype=None if plain else kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for row, shape in zip(plan["tensors"], shapes, strict=True):
        writer.write_tensor_data(pools.tensor(row, shape))
    writer.close()
    return {"file_bytes": path.stat().st_size, "tensor_bytes": tensors}


def _stored(row: Mapping[str, Any]) -> list[int]:
    """Extents of a tensor as it is stored: of what is quantised, the last in bytes."""
    if row["type"] in _FLOATS:
        return list(row["shape"])
    *others, last = row["shape"]
    elements, size = gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType[row["type"]]]
    return [*others, last // elements * size]


class _Pools:
    """Random numbers of each type, made once."""

    def __init__(self, random: np.random.Generator) -> None:
        self._random = random
        self._made: dict[str, Any] = {}

    def tensor(self, row: Mapping[str, Any], shape: list[int]) -> Any:
        """The numbers of a tensor; those of a norm are 1."""
        if row["kind"] == "norm":
            return np.ones(shape, np.float32)
        if row["type"] not in self._made:
            self._made[row["type"]] = self._pool(row)
        return np.resize(self._made[row["type"]], shape)

    def _pool(self, row: Mapping[str, Any]) -> Any:
        if row["type"] in (*_FLOATS, "BF16"):
            drawn = self._random.normal(0, _STD, _POOL // 8).astype(np.float32)
            if row["type"] == "BF16":
                halves: Any = (drawn.view(np.uint32) >> 16).astype(np.uint16)
                return halves.view(np.uint8)
            return drawn.astype(_FLOATS[row["type"]])
        _, size = gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType[row["type"]]]
        blocks = self._random.integers(0, 256, (_POOL // size, size), np.uint8)
        small = np.array([_STD / 127], np.float16).view(np.uint8)
        for place in row.get("scales", ()):
            blocks[:, place : place + 2] = small
        return blocks.reshape(-1)
