"""What a config describes beside what is counted of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from edgesym.architectures.config import common

__all__ = ["left_out", "other_parts"]


def left_out(
    config: Mapping[str, Any],
    counted: Collection[str] = (),
    why: Mapping[str, str] | None = None,
) -> str:
    """A note of the towers that a config describes and that are not counted.

    Args:
        counted: keys of the config whose towers are.
        why: key of the config -> why its tower is not.

    >>> left_out({"vision_config": {"model_type": "unheard-of"}, "text_config": {}})
    'the text part alone is counted: vision_config is left out'
    >>> left_out({"vision_config": {"depth": 27}, "audio_config": {"depth": 2}}, ["vision_config"])
    'audio_config is left out'
    >>> left_out({"img_processor": {"name": "clip"}, "hidden_size": 64})
    'the text part alone is counted: img_processor is left out'
    >>> left_out({"hidden_size": 64})
    ''
    """
    known = why or {}
    parts = other_parts(config)
    found = [key for key in parts if key not in counted]
    named = str(config.get("model_type"))
    beside = common()["beside"].get(named) if not (parts or counted) else None
    if beside:
        return f"the text part alone is counted: {beside}, which no key describes, is left out"
    if not found:
        return ""
    told = [f"{key} ({known[key]})" if key in known else key for key in found]
    verb = "is" if len(told) == 1 else "are"
    alone = "" if counted else "the text part alone is counted: "
    return f"{alone}{' and '.join(told)} {verb} left out"


def other_parts(config: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a config that describe something beside text, however deep they lie."""
    found = {key: config[key] for key in common()["towers"] if config.get(key)}
    words = set(common()["tower_words"])
    found |= {
        key: value
        for key, value in config.items()
        if isinstance(value, Mapping) and value and words & set(key.split("_"))
    }
    for name in common()["nested"]:
        inner = config.get(name)
        if isinstance(inner, Mapping):
            found |= other_parts(inner)
    return found
