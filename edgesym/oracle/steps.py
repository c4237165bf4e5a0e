"""What is counted of a model, and of which step."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["SMALL", "STEPS", "Step", "Steps", "step_of"]

#: Sequences, new tokens of each, and those cached before them.
Step = tuple[int, int, int]
#: Name of a count -> quantity, kind of difference, and step.
Steps = Mapping[str, tuple[str, str, Step]]

_WEIGHTS = {
    "parameters": ("parameters", "parameters", (1, 1, 0)),
    "active_parameters": ("active_parameters", "active_parameters", (1, 1, 0)),
}
STEPS: Steps = {
    **_WEIGHTS,
    "prefill_b1_s128_flops": ("flops", "prefill_flops", (1, 128, 0)),
    "prefill_b2_s64_flops": ("flops", "prefill_flops", (2, 64, 0)),
    "decode_b1_c128_flops": ("flops", "decode_flops", (1, 1, 128)),
    "kv_bytes_129_bf16": ("kv_cache_bytes", "kv_cache_bytes", (1, 1, 128)),
}


def step_of(batch: int, new: int, cached: int) -> Steps:
    """The counts of one step of the user's own.

    >>> list(step_of(2, 3, 40))
    ['parameters', 'active_parameters', 'step_b2_s3_c40_flops', 'kv_bytes_b2_43_bf16']
    """
    step = (batch, new, cached)
    kind = "decode_flops" if cached else "prefill_flops"
    return {
        **_WEIGHTS,
        f"step_b{batch}_s{new}_c{cached}_flops": ("flops", kind, step),
        f"kv_bytes_b{batch}_{cached + new}_bf16": ("kv_cache_bytes", "kv_cache_bytes", step),
    }


#: Steps of small models: longer than a chunk, prompts shorter than a convolution, one token and
#: several on a cache.
SMALL: Steps = {
    **step_of(1, 70, 0),
    **step_of(2, 2, 0),
    **step_of(2, 1, 40),
    **step_of(2, 5, 37),
}
