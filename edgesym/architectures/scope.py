"""What a config describes beside its text part, which is not counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgesym.architectures.config import common
from edgesym.architectures.towers import tower_parameters

__all__ = ["left_out"]


def left_out(config: Mapping[str, Any]) -> str:
    """A note of the towers that a config describes, with their parameters where they are known.

    >>> left_out({"vision_config": {"model_type": "unheard-of"}, "text_config": {}})
    'the text part alone is counted: vision_config is left out'
    >>> left_out({"hidden_size": 64})
    ''
    """
    found = _towers(config)
    if not found:
        return ""
    whole = {"vision_config": config.get("model_type")}
    told = [key + _size(tower, whole.get(key)) for key, tower in found.items()]
    verb = "is" if len(told) == 1 else "are"
    return f"the text part alone is counted: {' and '.join(told)} {verb} left out"


def _towers(config: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a config that describe something beside text, however deep they lie."""
    found = {key: config[key] for key in common()["towers"] if config.get(key)}
    for name in common()["nested"]:
        inner = config.get(name)
        if isinstance(inner, Mapping):
            found |= _towers(inner)
    return found


def _size(tower: Any, parent: Any) -> str:
    counted = tower_parameters(tower, parent) if isinstance(tower, Mapping) else None
    return "" if counted is None else f" ({counted:,} parameters)"
