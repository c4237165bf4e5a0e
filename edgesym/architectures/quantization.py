"""Reading a quantization_config as a number format, where its method is known."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from edgesym.data import shipped

__all__ = ["published_format"]

_KEYS = ("quantization_config", "compression_config")


@cache
def _methods() -> dict[str, dict[str, Any]]:
    return shipped("architectures/shared", "quantization")


def published_format(config: Mapping[str, Any]) -> tuple[str, str]:
    """The format that the weights are published in, and a note where it is not known.

    Returns:
        A format's name, or nothing where the weights are not quantised or it is not known
        how; and what to tell the user in the latter case, or nothing.

    >>> published_format({"quantization_config": {"quant_method": "gptq", "bits": 4}})
    ('int4', '')
    >>> published_format({"quantization_config": {"quant_method": "aqlm"}})[1]
    "quantization_config: method 'aqlm' is not known; give the format with --weights"
    """
    found = next((config[key] for key in _KEYS if config.get(key)), None)
    if not isinstance(found, Mapping):
        return "", ""
    method = str(found.get("quant_method") or ("modelopt" if "quant_algo" in found else None))
    row = _methods().get(method)
    if row is None:
        return "", _note(f"method {method!r}")
    if "format" in row and "config_groups" not in found:
        return str(row["format"]), ""
    if "key" in row:
        value = str(found.get(row["key"]))
        chosen = row["formats"].get(value)
        return (chosen, "") if chosen else ("", _note(f"{row['key']} = {value} of {method!r}"))
    described = {_describe(group) for group in _groups(found)}
    formats = {row.get("groups", {}).get(text) for text in described}
    if len(formats) == 1 and None not in formats:
        return str(formats.pop()), ""
    return "", _note(f"a mixture of formats ({', '.join(sorted(described)) or method})")


def _note(what: str) -> str:
    return f"quantization_config: {what} is not known; give the format with --weights"


def _groups(found: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    groups = found.get("config_groups")
    tables = groups.values() if isinstance(groups, Mapping) else []
    return [t["weights"] for t in tables if isinstance(t, Mapping) and t.get("weights")]


def _describe(weights: Mapping[str, Any]) -> str:
    """Type and bits of a group of weights, and for 4-bit floats the size of a block."""
    text = f"{weights.get('type')}{weights.get('num_bits')}"
    return f"{text}x{weights.get('group_size')}" if text == "float4" else text
