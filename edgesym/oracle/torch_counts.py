"""What transformers builds and PyTorch's FlopCounterMode counts, on the meta device."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from edgesym.errors import ConfigError
from edgesym.oracle.build import build

__all__ = ["CACHES", "step_counts", "torch_counts"]

#: Names under which what a model returns holds its cache, and its forward takes it.
CACHES = ("cache", "past_key_values", "cache_params", "state", "mems")


def torch_counts(config: Mapping[str, Any], origin: str) -> dict[str, int | None]:
    """Parameters, FLOPs and cache bytes of the Transformers class of a config.

    Parameters are unique ones; FLOPs are FlopCounterMode's with eager attention, of a
    prefill of (1, 128) and of (2, 64) tokens and of one token on 128 cached; cache bytes
    those of all float tensors of the cache at 129 tokens in bf16. What the class cannot do
    (a cache, of an encoder) is None.

    Raises:
        ConfigError: torch or transformers are missing, or know no such model.
    """
    try:
        import torch
        import transformers
    except ImportError as error:
        raise ConfigError(
            "verifying needs torch and transformers; install the extra: "
            "pip install 'edgesym[oracle]'"
        ) from error
    transformers.logging.set_verbosity_error()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            model = build(config, torch, transformers)
        except (KeyError, ValueError, AttributeError, TypeError, OSError) as error:
            first = str(error).strip().partition("\n")[0]
            raise ConfigError(
                f"{origin}: transformers cannot build this model ({first})"
            ) from error
        found: dict[str, int | None] = {"parameters": sum(p.numel() for p in model.parameters())}
        found["prefill_b1_s128_flops"] = _flops(model, torch, 1, 128)
        found["prefill_b2_s64_flops"] = _flops(model, torch, 2, 64)
        found |= _decode(model, torch, transformers)
    return found


def step_counts(
    model: Any, torch: Any, transformers: Any, batch: int, cached: int
) -> tuple[int | None, int | None, int | None]:
    """FLOPs of a prefill, of a step of one token after it, and bytes of the cache then.

    Args:
        model: on the meta device.
        batch: sequences.
        cached: tokens of the prefill.
    """
    decode, held = _decode(model, torch, transformers, batch, cached).values()
    return _flops(model, torch, batch, cached), decode, held


def _inputs(model: Any, torch: Any, batch: int, tokens: int) -> dict[str, Any]:
    ids = torch.zeros((batch, tokens), dtype=torch.long, device="meta")
    if model.main_input_name == "input_features":
        frames = (batch, model.config.num_mel_bins, 2 * model.config.max_source_positions)
        sound = torch.zeros(frames, dtype=torch.bfloat16, device="meta")
        return {"input_features": sound, "decoder_input_ids": ids}
    if model.config.is_encoder_decoder:
        return {"input_ids": ids, "decoder_input_ids": ids}
    return {"input_ids": ids}


def _flops(model: Any, torch: Any, batch: int, tokens: int, **more: Any) -> int | None:
    from torch.utils.flop_counter import FlopCounterMode

    counter = FlopCounterMode(display=False)
    try:
        with torch.no_grad(), counter:
            model(**_inputs(model, torch, batch, tokens), **more)
    except (RuntimeError, NotImplementedError, ValueError, TypeError, IndexError):
        return None
    return int(counter.get_total_flops())


def _decode(
    model: Any, torch: Any, transformers: Any, batch: int = 1, cached: int = 128
) -> dict[str, int | None]:
    """One token on a cache, and the bytes of the cache afterwards."""
    nothing: dict[str, int | None] = {"decode_b1_c128_flops": None, "kv_bytes_129_bf16": None}
    if not getattr(model, "can_generate", lambda: False)():
        return nothing
    try:
        with torch.no_grad():
            outputs = model(**_inputs(model, torch, batch, cached), use_cache=True)
    except (RuntimeError, NotImplementedError, ValueError, TypeError, IndexError):
        return nothing
    name = next((key for key in CACHES if outputs.get(key) is not None), "")
    if not name:
        return nothing
    cache = outputs[name]
    more = {name: cache, "use_cache": True}
    if model.config.is_encoder_decoder:
        source = transformers.modeling_outputs.BaseModelOutput(outputs.encoder_last_hidden_state)
        more["encoder_outputs"] = source
    flops = _flops(model, torch, batch, 1, **more)
    held = sum(t.numel() * t.element_size() for t in _tensors(cache, set(), torch))
    return {"decode_b1_c128_flops": flops, "kv_bytes_129_bf16": held}


def _tensors(holder: Any, seen: set[int], torch: Any) -> Iterator[Any]:
    """The float tensors that an object holds, however deep."""
    if id(holder) in seen:
        return
    seen.add(id(holder))
    if isinstance(holder, torch.Tensor):
        if holder.is_floating_point():
            yield holder
    elif isinstance(holder, list | tuple):
        for item in holder:
            yield from _tensors(item, seen, torch)
    elif isinstance(holder, dict):
        for item in holder.values():
            yield from _tensors(item, seen, torch)
    elif hasattr(holder, "__dict__") and "ransformers" in type(holder).__module__:
        yield from _tensors(vars(holder), seen, torch)
