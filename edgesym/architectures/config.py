"""Reading a config.json: the file, and its text part."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from edgesym.architectures.mistaken import no_config
from edgesym.data import shipped
from edgesym.errors import ConfigError
from edgesym.files.parse import load_json
from edgesym.files.read import is_file, is_folder

__all__ = ["common", "is_nested", "read_json", "text_part"]


@cache
def common() -> dict[str, Any]:
    """What ``shared/common.toml`` says of every architecture."""
    return shipped("architectures/shared", "common")


def read_json(path: Path) -> dict[str, Any]:
    """The object in a config.json; a folder stands for the config.json in it.

    Bare ``Infinity`` is read, as real files hold it.

    Raises:
        ConfigError: missing, unreadable, too large, not JSON, no object, or a key given twice.
    """
    file = path / "config.json" if is_folder(path) else path
    if file.suffix.lower() == ".toml" and is_file(file):
        raise no_config(file)
    loaded = load_json(file, "config.json", infinite=True)
    if not isinstance(loaded, dict):
        raise ConfigError(f"{file}: holds a {type(loaded).__name__}, not an object of keys")
    return loaded


def is_nested(config: Mapping[str, Any]) -> bool:
    """Whether the language model is a part of a multimodal config."""
    return any(name in config for name in common()["nested"])


def text_part(config: Mapping[str, Any], origin: str) -> dict[str, Any]:
    """The keys of the language model: those of a nested part where there is one, however deep.

    Raises:
        ConfigError: the nested part is no object.
    """
    keys = dict(config)
    while name := next((part for part in common()["nested"] if part in keys), ""):
        nested = keys[name]
        if not isinstance(nested, Mapping):
            raise ConfigError(f"{origin}: {name} is {nested!r}, not an object of keys")
        typed = [] if "architectures" in nested else ["model_type"]
        passed = {k: keys[k] for k in (*typed, *common()["inherited"]) if k in keys}
        of_whole = common()["of_whole"].get(str(keys.get("model_type")), ())
        whole = {key: keys[key] for key in of_whole if key in keys}
        keys = {**passed, **nested, **_tied(passed, nested), **whole}
    return keys


def _tied(whole: Mapping[str, Any], nested: Mapping[str, Any]) -> dict[str, Any]:
    """What the whole says of its head's table, which is not the text part's."""
    said = whole.get("tie_word_embeddings")
    if said is None:
        return {}
    either = whole.get("model_type") in common()["tied_by_text"]
    too = nested.get("tie_word_embeddings") if either else None
    return {"tie_word_embeddings": too or said}
