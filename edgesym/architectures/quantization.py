"""Reading a quantization_config as a number format, where its method is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from edgesym.data import shipped

__all__ = ["Published", "published_format"]

#: Keys under which a config says how its weights are quantised; the last is MLX's.
_KEYS = ("quantization_config", "compression_config", "quantization")


@dataclass(frozen=True, slots=True)
class Published:
    """How the weights of a model are published.

    Attributes:
        format: a format's name; empty where they are not quantised, or it is not known how.
        note: what to tell the user: what the format leaves out, or that it is not known.
    """

    format: str = ""
    note: str = ""


@cache
def _methods() -> dict[str, dict[str, Any]]:
    return shipped("architectures/shared", "quantization")


def published_format(config: Mapping[str, Any]) -> Published:
    """The format that the weights are published in, and what to tell the user of it.

    >>> found = published_format({"quantization_config": {"quant_method": "gptq", "bits": 4}})
    >>> found.format, found.note.partition(";")[0]
    ('int4', 'weights are counted as int4 throughout')
    >>> published_format({"quantization_config": {"quant_method": "aqlm"}}).note
    "quantization_config: method 'aqlm' is not known; give the format with --weights"
    """
    found = next((config[key] for key in _KEYS if config.get(key)), None)
    if not isinstance(found, Mapping):
        return Published()
    method = _method(found)
    row = _methods().get(method)
    if row is None:
        return _unknown(f"method {method!r}")
    if "format" in row and "config_groups" not in found:
        return _known(row["format"], row)
    if "key" in row:
        value = str(found.get(row["key"]))
        chosen = row["formats"].get(value)
        if chosen is None:
            return _unknown(f"{row['key']} = {value} of {method!r}")
        own = any(isinstance(entry, Mapping) for entry in found.values()) and method == _MLX
        return _unknown("a mixture of formats (per layer)") if own else _known(chosen, row)
    described = {_describe(group) for group in _groups(found)}
    formats = {row.get("groups", {}).get(text) for text in described}
    if len(formats) == 1 and None not in formats:
        return _known(formats.pop(), row)
    return _unknown(f"a mixture of formats ({', '.join(sorted(described)) or method})")


_MLX = "mlx"


def _method(found: Mapping[str, Any]) -> str:
    """The method's name; the tools that write none are known by their keys."""
    named = found.get("quant_method")
    if named is None and "quant_algo" in found:
        return "modelopt"
    if named is None and {"bits", "group_size"} <= found.keys():
        return _MLX
    return str(named)


def _known(name: str, row: Mapping[str, Any]) -> Published:
    beside = f" and stores {row['beside']} beside them" if row.get("beside") else ""
    return Published(
        name,
        f"weights are counted as {name} throughout; the published file keeps {row['wider']} "
        f"wider{beside}, which is left out: the footprint is a lower bound",
    )


def _unknown(what: str) -> Published:
    return Published(
        "", f"quantization_config: {what} is not known; give the format with --weights"
    )


def _groups(found: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    groups = found.get("config_groups")
    tables = groups.values() if isinstance(groups, Mapping) else []
    return [t["weights"] for t in tables if isinstance(t, Mapping) and t.get("weights")]


def _describe(weights: Mapping[str, Any]) -> str:
    """Type and bits of a group of weights, and for 4-bit floats the size of a block."""
    text = f"{weights.get('type')}{weights.get('num_bits')}"
    return f"{text}x{weights.get('group_size')}" if text == "float4" else text
