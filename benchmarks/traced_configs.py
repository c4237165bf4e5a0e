"""The config at which each text type of transformers is traced: its class's default, made short."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

__all__ = ["FAMILIES", "default_configs", "families", "made_small"]

#: Family -> the table of transformers that lists its types.
FAMILIES = {
    "causal": "MODEL_FOR_CAUSAL_LM_MAPPING_NAMES",
    "masked": "MODEL_FOR_MASKED_LM_MAPPING_NAMES",
    "seq2seq": "MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES",
}
#: Layers that a config is shortened to: more than most patterns of layers have.
DEPTH = 8
_DEPTHS = (
    "num_hidden_layers",
    "n_layer",
    "n_layers",
    "num_layers",
    "encoder_layers",
    "decoder_layers",
    "num_decoder_layers",
    "num_encoder_layers",
)
_COMPLETED = Path(__file__).with_suffix("").with_name("traced_types.toml")


def families() -> dict[str, list[str]]:
    """Each type of the causal, masked and sequence-to-sequence classes, with its families."""
    from transformers.models.auto import modeling_auto as auto

    found: dict[str, list[str]] = {}
    for family, table in FAMILIES.items():
        for model_type in getattr(auto, table):
            found.setdefault(model_type, []).append(family)
    return dict(sorted(found.items()))


def completed(model_type: str) -> dict[str, Any]:
    """What the default config of a type lacks."""
    more: dict[str, Any] = tomllib.loads(_COMPLETED.read_text("utf-8")).get(model_type, {})
    return more


def default_configs(model_type: str) -> Iterator[dict[str, Any]]:
    """The default config of a type: shortened to a few layers, and whole."""
    import transformers

    more = completed(model_type)
    whole = _merged(transformers.CONFIG_MAPPING[model_type](**more).to_dict(), more)
    whole["model_type"] = model_type
    yield from (_shortened(whole), whole)


def _merged(config: dict[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    made = dict(config)
    for key, value in more.items():
        inner = isinstance(value, dict) and isinstance(made.get(key), dict)
        made[key] = _merged(made[key], value) if inner else value
    return made


def _shortened(config: Mapping[str, Any]) -> dict[str, Any]:
    depths = {config[key] for key in _DEPTHS if isinstance(config.get(key), int)}
    made: dict[str, Any] = {}
    for key, value in config.items():
        made[key] = value
        if key in _DEPTHS and isinstance(value, int):
            made[key] = min(value, DEPTH)
        elif isinstance(value, list) and len(value) in depths and len(value) > DEPTH:
            made[key] = value[:DEPTH]
        elif isinstance(value, dict) and key.endswith("_config"):
            made[key] = _shortened(value)
    return made


#: Sizes that are divided where a model is to be run for real; of experts there may be hundreds.
_WIDE = (
    *("hidden_size", "d_model", "emb_dim", "dim", "intermediate_size", "feed_forward_size"),
    *("encoder_ffn_dim", "decoder_ffn_dim", "d_ff", "d_inner", "hidden_dim", "ffn_hidden_size"),
    *("expert_ffn_hidden_size", "moe_intermediate_size", "ffn_dim", "vocab_size"),
    "n_routed_experts",
)


def made_small(config: Mapping[str, Any], factor: int) -> dict[str, Any]:
    """A config whose widths are divided by a factor, as far as they are multiples of it.

    >>> made_small({"hidden_size": 1024, "vocab_size": 50265, "num_hidden_layers": 2}, 8)
    {'hidden_size': 128, 'vocab_size': 6283, 'num_hidden_layers': 2}
    """
    made: dict[str, Any] = {}
    for key, value in config.items():
        made[key] = value
        if key in _WIDE and isinstance(value, int) and not isinstance(value, bool):
            made[key] = max(value // factor, 1)
        elif isinstance(value, dict) and key.endswith("_config"):
            made[key] = made_small(value, factor)
    return made
