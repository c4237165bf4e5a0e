"""What transformers builds and PyTorch's FlopCounterMode counts, on the meta device."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from edgesym.errors import ConfigError
from edgesym.oracle.build import ask_no_values, build
from edgesym.oracle.steps import STEPS, Step, Steps

__all__ = ["CACHES", "TOKEN", "Counted", "cache_keyword", "encoded", "step_counts", "torch_counts"]

#: What forward calls the cache, and where an output holds it, in the releases of transformers.
CACHES = ("cache", "past_key_values", "cache_params", "state", "mems")

#: The token of every place: of no vocabulary the padding, which code looks for.
TOKEN = 7


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted.

    Attributes:
        counts: name -> the count; None where the class has no such thing (a cache, of an encoder).
        failed: name of a count -> the exception that it ended in.
        versions: library -> its version.
    """

    counts: Mapping[str, int | None]
    failed: Mapping[str, str]
    versions: Mapping[str, str]


def torch_counts(config: Mapping[str, Any], origin: str, steps: Steps = STEPS) -> Counted:
    """Parameters, FLOPs and cache bytes of the Transformers class of a config.

    Parameters are unique ones; FLOPs are FlopCounterMode's with eager attention; cache bytes
    those of all float tensors of the cache after the step, in bf16.

    Args:
        steps: what is counted of which step (:mod:`edgesym.oracle.steps`).

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
    versions = {"transformers": transformers.__version__, "torch": torch.__version__}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            model = build(config, torch, transformers)
        except Exception as error:
            raise ConfigError(
                f"{origin}: transformers {versions['transformers']} cannot build this model "
                f"({_told(error)})"
            ) from error
        runs = _Runs(model, torch, transformers)
        counts: dict[str, int | None] = {}
        failed: dict[str, str] = {}
        for name, (quantity, _, step) in steps.items():
            try:
                counts[name] = runs.count(quantity, step)
            except Exception as error:  # noqa: BLE001 - likewise; it is told and fails the verb
                counts[name], failed[name] = None, _told(error)
    return Counted(counts, failed, versions)


def step_counts(
    model: Any, torch: Any, transformers: Any, batch: int, cached: int
) -> tuple[int | None, int | None, int | None]:
    """FLOPs of a prefill, of a step of one token after it, and bytes of the cache then.

    Args:
        model: on the meta device, or on a real one.
        batch: sequences.
        cached: tokens of the prefill.

    Raises:
        Exception: whatever the class raises on an empty cache.
    """
    runs = _Runs(model, torch, transformers)
    prefill = runs.count("flops", (batch, cached, 0))
    found: list[int | None] = []
    for quantity in ("flops", "kv_cache_bytes"):
        try:
            found.append(runs.count(quantity, (batch, 1, cached)))
        except (RuntimeError, NotImplementedError, ValueError, TypeError, IndexError):  # uncounted
            found.append(None)
    decode, held = found
    return prefill, decode, held


def cache_keyword(model: Any) -> str:
    """What forward calls the cache; empty where it takes none, or nothing can be cached.

    Where tokens attend to later ones, keys and values change with every token that comes.
    """
    if getattr(model.config, "use_bidirectional_attention", None) in (True, "all"):
        return ""
    taken = inspect.signature(model.forward).parameters
    return next((name for name in CACHES if name in taken), "")


def encoded(result: Any, transformers: Any) -> Any:
    """What the encoder of a pair gave, as its forward takes it again."""
    outputs = transformers.modeling_outputs.MoEModelOutput
    return outputs(last_hidden_state=result.encoder_last_hidden_state)


def _told(error: Exception) -> str:
    first = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {first}"


@dataclass(slots=True)
class _Runs:
    """A model run step by step, each step once."""

    model: Any
    torch: Any
    transformers: Any
    _ran: dict[Step, tuple[int | None, int | None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """A model on the meta device has no values to look at, and no gradients to keep."""
        self.model.requires_grad_(False)
        ask_no_values(self.model, self.transformers)

    def count(self, quantity: str, step: Step) -> int | None:
        """A count of a step; None where the class has no such thing."""
        if quantity == "parameters":
            return int(sum(p.numel() for p in self.model.parameters()))
        if quantity == "flops" and not step[2]:
            return self._flops(self._inputs(step[0], step[1]))
        if quantity == "active_parameters" or not cache_keyword(self.model):
            return None
        if step not in self._ran:
            self._ran[step] = self._step(step)
        return self._ran[step][quantity == "kv_cache_bytes"]

    def _step(self, step: Step) -> tuple[int | None, int | None]:
        """FLOPs of new tokens on cached ones, and the bytes of the cache afterwards."""
        batch, new, cached = step
        with self.torch.no_grad():
            first = self.model(**self._inputs(batch, cached or new), use_cache=True)
            cache = next((first[name] for name in CACHES if first.get(name) is not None), None)
            if cache is None and self.model.can_generate():
                cache = self.transformers.DynamicCache(config=self.model.config)
                kept = {cache_keyword(self.model): cache, "use_cache": True}
                self.model(**self._inputs(batch, cached or new), **kept)
        if cache is None:
            return None, None
        if not cached:
            return None, self._held(cache)
        more = {**self._inputs(batch, new), cache_keyword(self.model): cache, "use_cache": True}
        if self.model.config.is_encoder_decoder:
            more["encoder_outputs"] = encoded(first, self.transformers)
        return self._flops(more), self._held(cache)

    def _flops(self, inputs: Mapping[str, Any]) -> int:
        from torch.utils.flop_counter import FlopCounterMode

        counter = FlopCounterMode(display=False)
        with self.torch.no_grad(), counter:
            self.model(**inputs)
        return int(counter.get_total_flops())

    def _inputs(self, batch: int, tokens: int) -> dict[str, Any]:
        device = next(self.model.parameters()).device
        ids = self.torch.full((batch, tokens), TOKEN, dtype=self.torch.long, device=device)
        config = self.model.config
        if self.model.main_input_name == "input_features":
            frames = (batch, config.num_mel_bins, 2 * config.max_source_positions)
            sound = self.torch.zeros(frames, dtype=self.torch.bfloat16, device=device)
            return {"input_features": sound, "decoder_input_ids": ids}
        if config.is_encoder_decoder:
            return {"input_ids": ids, "decoder_input_ids": ids}
        return {"input_ids": ids}

    def _held(self, cache: Any) -> int:
        found = _tensors(cache, set(), self.torch)
        return sum(t.numel() * t.element_size() for t in found)


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
