"""A TOML file in place of a config: what it is, and which option takes it."""

from __future__ import annotations

from pathlib import Path

from edgesym.errors import ConfigError
from edgesym.files.parse import load_toml

__all__ = ["no_config"]

#: Keys that files of one kind alone have -> what such a file is, and what takes it.
_KINDS = {
    ("claim",): "a claim file, which edgesym check takes",
    ("quantities", "zip", "tie", "pareto"): "a plan of a sweep, which edgesym sweep --plan takes",
    ("repeats", "extends", "layers", "blocks", "options"): "an architecture file: give a config "
    "as MODEL, and this with --as",
    ("memory_bandwidth", "memory_size", "peak"): "a device, which --device takes",
    ("fuse", "absorb", "launches", "base", "efficiency"): "a runtime, which --runtime takes",
    ("main", "parts", "mixes"): "a format or a recipe of the weights, which --weights takes",
    ("rules",): "a file of places, which --offload takes",
}


def no_config(path: Path) -> ConfigError:
    """Why a TOML file is no config, and where it belongs.

    Raises:
        ConfigError: it cannot be read, or is no TOML.
    """
    keys = load_toml(path).keys()
    kind = next((said for marks, said in _KINDS.items() if keys & {*marks}), "TOML")
    return ConfigError(f"{path}: a MODEL is a config.json, and this is {kind}")
