"""Tables of rotary factors: no parameters, but GGUF files store them as tensors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgesym.architectures.default import Default
from edgesym.errors import ConfigError

__all__ = ["rope_factors"]

#: How a config calls a rescaled rotary embedding -> tables that its GGUF file stores, each of an
#: element per pair of rotated axes. Source: gguf-py and convert_hf_to_gguf.py of llama.cpp,
#: rope_freqs (Llama 3.1 and later), rope_factors_long and rope_factors_short (Phi-3).
_TABLES = {"llama3": 1, "longrope": 2, "su": 2}


def rope_factors(
    config: Mapping[str, Any],
    words: Mapping[str, Any],
    origin: str = "config",
    taken: list[Default] | None = None,
) -> int:
    """Elements of the tables of rotary factors.

    Args:
        config: the keys of the config.
        words: its extents.
        origin: how errors call it.
        taken: where the defaults go that are taken of keys which are not given.

    >>> rope_factors({"rope_scaling": {"rope_type": "llama3"}}, {"head_dim": 64})
    32

    Raises:
        ConfigError: the share of a head that is rotated is none.
    """
    scaling = next(
        (config[key] for key in ("rope_scaling", "rope_parameters") if config.get(key)), None
    )
    told = [] if taken is None else taken
    if not isinstance(scaling, Mapping):
        told.append(Default("rope_factors", 0, "rope_scaling is not given: no table of factors"))
        return 0
    tables = _TABLES.get(str(scaling.get("rope_type") or scaling.get("type")), 0)
    part = config.get("partial_rotary_factor", 1) if tables else 0
    if tables and "partial_rotary_factor" not in config:
        told.append(Default("partial_rotary_factor", 1, "partial_rotary_factor is not given"))
    if isinstance(part, bool) or not isinstance(part, int | float) or not 0 <= part <= 1:
        raise ConfigError(
            f"{origin}: partial_rotary_factor = {part!r} must be a number between 0 and 1"
        )
    return tables * int((words.get("head_dim") or 0) * part) // 2
