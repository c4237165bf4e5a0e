"""What several tests share: the corpus, symbols by letter, and proofs of equality."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import sympy

from edgesym.architectures.model import Model
from edgesym.devices import Device, find_device
from edgesym.engine.evaluate import evaluate
from edgesym.graph import kernels
from edgesym.graph.convention import convention
from edgesym.graph.tensor import BYTES, Role
from edgesym.ledger import Kind, ledger
from edgesym.runtimes import find_runtime, runtime_names
from edgesym.symbols import find
from edgesym.workload import step_values as run_values

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus"
#: The smallest config that has every size of a Llama.
SMALL_LLAMA = {
    "model_type": "llama",
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 100,
}

#: Cards of decoders with grouped-query attention and no more than that.
PLAIN_CARDS = (
    *("llama-2-7b", "llama-2-13b", "llama-2-70b", "llama-3.1-8b", "llama-3.1-70b"),
    *("llama-3.1-405b", "llama-3.2-1b", "llama-3.2-3b", "llama-4-scout", "llama-4-maverick"),
    *("tinyllama-1.1b", "mistral-7b-v0.1", "mistral-7b-v0.3", "gemma-3-1b"),
    "deepseek-r1-distill-qwen-1.5b",
)


@cache
def varied_cards() -> tuple[str, ...]:
    """A card per architecture: what holds of every card is checked on one of each."""
    from edgesym.architectures.locate import load
    from edgesym.architectures.naming import cards

    return tuple({load(name).architecture: name for name in sorted(cards(), reverse=True)}.values())


def keeps_tokens(model: Model) -> bool:
    """Whether a model keeps something of a token for the next, as decoders do."""
    parts = (part for block in model.blocks() for part in block.operations)
    return any(tensor.cache is not None for part in parts for tensor in part.outputs)


#: How a model is trained, and drafts checked, in words of the table of symbols.
CLUSTER = {
    "tensor_parallel": 8,
    "pipeline_parallel": 4,
    "data_parallel": 16,
    "expert_parallel": 8,
    "context_parallel": 4,
    "recompute_interval": 2,
    "trained_rank": 16,
    "throughput": 10**6,
    "microbatches": 32,
    "model_chunks": 2,
    "devices": 512,
    "training_tokens": 10**12,
    "gradient_bytes_per_element": 2,
    "optimizer_bytes_per_parameter": 12,
    "on_chip_elements": 98304,
    "parallel_fraction": 0.75,
    "draft_tokens": 4,
    "acceptance": 0.75,
}
#: (batch, new tokens, cached tokens): a prefill, decode steps, and what lies between.
STEPS = ((1, 128, 0), (1, 1, 1024), (8, 1, 100), (3, 17, 5))


def letters(names: str) -> tuple[sympy.Symbol, ...]:
    """Symbols of the table by their letters: ``letters("H I")``."""
    return tuple(find(name) for name in names.split())


def assert_equal_expression(actual: Any, expected: Any) -> None:
    """Prove that two formulas are equal, and check it at random integers as well."""
    actual, expected = sympy.S(actual), sympy.S(expected)
    difference = sympy.expand(actual - expected)
    assert difference == 0, f"{actual} differs from {expected} by {difference}"
    symbols = sorted(actual.free_symbols | expected.free_symbols, key=str)
    generator = np.random.default_rng(len(symbols))
    for _ in range(3):
        point = {s: sympy.Integer(int(generator.integers(1, 50))) for s in symbols}
        assert actual.xreplace(point) == expected.xreplace(point)


def step_values(model: Model, step: tuple[int, int, int], **sizes: Any) -> dict[Any, Any]:
    """The values of a model's symbols, of b, T and C, and of the bytes per element."""
    each = {role.value: sizes.get(role.value, 4 if role is Role.STATE else 2) for role in Role}
    run = run_values(*step, model.values.get(find("source_tokens")))
    return {**model.values, **run, **{BYTES[role]: each[role.value] for role in Role}}


def amounts(rows: Iterable[Any]) -> dict[str, sympy.Expr]:
    """The measure of the rows by part, added up within a part."""
    found: dict[str, sympy.Expr] = {}
    for row in rows:
        found[row.part] = found.get(row.part, sympy.Integer(0)) + row.measure
    return found


@cache
def oracle() -> tuple[dict[str, Any], ...]:
    """The entries of the corpus, none where it is absent."""
    path = CORPUS / "oracle.json"
    return tuple(json.loads(path.read_text("utf-8"))) if path.is_file() else ()


def model_type(entry: Mapping[str, Any]) -> str:
    """The model type of the text part of an entry's config."""
    config = json.loads((CORPUS / entry["config_file"]).read_text("utf-8"))
    return str((config.get("text_config") or {}).get("model_type") or config.get("model_type"))


#: What PyTorch counts, in the order of the tables of truth.
COUNTS = ("parameters", "active", "prefill 1 x 128", "prefill 2 x 64", "decode at 128", "kv at 129")


def pytorch_counts(model: Model) -> dict[str, int]:
    """What FlopCounterMode, parameters and the cache of transformers would say."""
    book = ledger(model, counting=convention("pytorch"))
    steps = (None, None, (1, 128, 0), (2, 64, 0), (1, 1, 128), (1, 1, 128))
    kinds = (Kind.STORED, Kind.ACTIVE, Kind.FLOPS, Kind.FLOPS, Kind.FLOPS, Kind.KEPT)
    return {
        name: evaluate(book.filter(kind).total(), step_values(model, step or (1, 1, 0)))
        for name, kind, step in zip(COUNTS, kinds, steps, strict=True)
    }


#: A runtime that ships for every way to fuse, the two limits among them.
SCHEMES = tuple({find_runtime(name).fusion: name for name in reversed(runtime_names())}.values())


def partition(block, runtime):
    """The kernels that a runtime makes of a block."""
    return kernels.partition(block, find_runtime(runtime).fusion)


#: Figures of shipped devices as round numbers, for tests that are of formulas and not of data.
ROUND = {
    "raspberry-pi-5": (
        *("memory_bandwidth=17.07GB/s", "memory_utilisation=0.67", "compute_utilisation=0.493"),
        *("storage_utilisation=0.92", "launch_overhead=3us", "memory_reserve=0"),
        *("energy_per_flop=15pJ/FLOP", "energy_per_byte=64pJ/B", "power_limit=13.8W"),
    ),
    "rtx-4090": (
        *("memory_utilisation=0.914", "compute_utilisation=0.941", "launch_overhead=2us"),
        *("energy_per_flop=0.5pJ/FLOP", "energy_per_byte=58pJ/B", "storage_utilisation=0.8"),
        *("network_bandwidth=125MB/s", "memory_reserve=0"),
    ),
}


def rounded(name: str) -> Device:
    """A shipped device, its figures round numbers and exact where :data:`ROUND` has them.

    No fit is put in place of its figures.
    """
    return unfitted(name).with_settings(ROUND.get(name, ()))


def unfitted(name: str) -> Device:
    """A shipped device of no class that there is a fit of: the figures of its files hold."""
    return replace(find_device(name), device_class="")
