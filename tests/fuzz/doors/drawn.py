"""Random setups that make sense: what invariants are asked of."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache, lru_cache
from random import Random
from typing import Any

from edgesym import Model, Run, Setup, find_device, load
from edgesym.architectures.naming import cards
from edgesym.architectures.reader import read_model
from edgesym.devices import device_names
from edgesym.runtimes import runtime_names
from tests.fuzz.door import Wrong
from tests.fuzz.doors.seeds import configs

__all__ = ["close", "draw", "model_of", "setup_of", "varied"]

_WEIGHTS = ("", "fp16", "bf16", "int8", "fp32", "Q8_0", "q4_k_m")
#: Formats of blocks, which the rows of a small model may not be multiples of.
_BLOCKS = ("q4_0", "Q4_K_M", "int4-g128", "awq", "mxfp4", "gptq", "iq2_xxs")
#: Models remembered: those of one process come again and again.
_REMEMBERED = 256


def draw(random: Random, *, device: bool = True) -> dict[str, Any]:
    """What is run where: a card or a config of its own, a device, a run."""
    drawn = random.random()
    if drawn < 0.4:
        model: Any = random.choice(sorted(cards()))
    elif drawn < 0.7:
        model = random.choice(configs())
    else:
        model = _llama(random)
    prompt = random.choice((1, 7, 64, 128, 1000, 8192, random.randint(1, 40_000)))
    run: dict[str, Any] = {
        "batch": random.choice((1, 1, 2, 3, 8, 64, 1000)),
        "prompt": prompt,
        "generate": random.choice((1, 2, 16, 128, 1000)),
        "weights": random.choice(_BLOCKS if isinstance(model, str) else _WEIGHTS),
    }
    if random.random() < 0.5:
        run["context"] = random.choice((1, 16, 1024, 4097, 131_072))
    if random.random() < 0.5:
        run["kernels"] = random.choice(runtime_names())
    if random.random() < 0.3:
        run["composition"] = random.choice(("max", "sum", "smooth"))
    if random.random() < 0.3:
        run["cache"] = random.choice(("fp16", "int8", "q4_0"))
    chosen = random.choice(list(device_names())) if device and random.random() < 0.9 else None
    return {"model": model, "device": chosen or ("raspberry-pi-5" if device else None), "run": run}


def _llama(random: Random) -> dict[str, Any]:
    """A decoder of random extents."""
    heads = random.choice((1, 2, 4, 8, 12, 40))
    groups = random.choice([n for n in range(1, heads + 1) if heads % n == 0])
    return {
        "model_type": random.choice(("llama", "mistral", "qwen2", "gemma", "phi3", "olmo2")),
        "hidden_size": heads * random.choice((2, 8, 64, 96, 128)),
        "intermediate_size": random.randint(1, 20_000),
        "num_hidden_layers": random.choice((1, 2, 3, 26, 80)),
        "num_attention_heads": heads,
        "num_key_value_heads": groups,
        "vocab_size": random.randint(1, 300_000),
        "tie_word_embeddings": random.random() < 0.5,
    }


@lru_cache(maxsize=_REMEMBERED)
def _model(text: str) -> Model:
    given = json.loads(text)
    if isinstance(given, str):
        return load(given)
    return read_model(given, name="drawn", origin="drawn")


def model_of(given: dict[str, Any]) -> Model:
    """The model of a drawn setup."""
    return _model(json.dumps(given["model"]))


@cache
def _device(name: str) -> Any:
    return find_device(name)


def setup_of(given: dict[str, Any]) -> Setup:
    """The setup that was drawn; refused where its parts do not go together."""
    device = None if given["device"] is None else _device(given["device"])
    return Setup(model_of(given), device, Run(**given["run"]))


def varied(setup: Setup, **changed: Any) -> Setup:
    """A setup with its run changed."""
    return replace(setup, run=replace(setup.run, **changed))


def close(what: str, one: Any, other: Any, *, part: float = 1e-9, place: str = "") -> None:
    """Refuse two numbers that should be one."""
    if one != other and not abs(one - other) <= part * max(abs(one), abs(other)):
        raise Wrong(f"{what}: {one!r} is not {other!r}", place=place or what)
