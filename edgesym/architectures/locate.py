"""Finding a model by the name a user gives: a card, a trace, a path, or a Hugging Face id."""

from __future__ import annotations

import re
import socket
import warnings
from collections.abc import Container, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from edgesym.architectures.beside import BESIDE, with_beside
from edgesym.architectures.config import common, is_nested, read_json, text_part
from edgesym.architectures.model import Model
from edgesym.architectures.naming import called_card, cards, format_in
from edgesym.architectures.quantization import Published, published_format
from edgesym.architectures.reader import read_model
from edgesym.architectures.traced.library import shipped_model, traced_models
from edgesym.architectures.traced.saved import ENDING, load_traced
from edgesym.data import shipped, stems
from edgesym.domain import checked
from edgesym.errors import ConfigError, UnknownNameError
from edgesym.files.read import is_file, is_folder, is_there
from edgesym.plain import plain_line

__all__ = ["Found", "as_model", "find_config", "load"]

_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+\Z")
_TIMEOUT_S = 5


@cache
def _names() -> dict[str, str]:
    """Every name of a card or a traced model: its own, its aliases and its Hugging Face id."""
    return {
        alias.lower(): stem
        for stem, row in (*traced_models().items(), *cards().items())
        for alias in (stem, *row.get("aliases", []), row["hugging_face"])
    }


def _shipped(name: str) -> str | None:
    """The card or traced model of a name, unless a file is called so; its own name goes first."""
    if is_file(name):
        return None
    name = name.lower()
    is_own = name in set(stems("architectures/cards")) or name in traced_models()
    return name if is_own else _names().get(name)


@dataclass(frozen=True, slots=True)
class Found:
    """A configuration and where it was found.

    Attributes:
        config: the keys of a config.json.
        name: what the model is called.
        origin: how errors call the place.
        sources: where its facts come from.
    """

    config: Mapping[str, Any]
    name: str
    origin: str
    sources: tuple[str, ...]


@checked
def find_config(name: str) -> Found:
    """The configuration of a card, of a path to a config.json or its folder, or of a hub id.

    That of a model that is shipped as a trace says what the defaults of its class do not.

    Raises:
        UnknownNameError: no such card, path or repository.
        ConfigError: found, but not usable.
    """
    stem = _shipped(name)
    if stem is not None and stem in traced_models():
        row = traced_models()[stem]
        return Found(row["config"], stem, f"traced model {stem}", (row["source"],))
    if stem is not None:
        return _of_card(stem)
    path = Path(name)
    if not (is_there(path) or name.endswith(".json")):
        return _elsewhere(name)
    return _read(name, path)


def _of_card(stem: str) -> Found:
    card = shipped("architectures/cards", stem)
    config = {**card["config"], **dict.fromkeys(card.get("nulls", []))}
    return Found(config, stem, f"card {stem}", tuple(card["sources"]))


def _elsewhere(name: str) -> Found:
    """The config of a repository, or of the card that a name means which cannot be had."""
    try:
        return _read(name, _from_hub(name))
    except (ConfigError, UnknownNameError):  # a card may be meant; else it is raised
        meant = called_card(name)
        if meant is None:
            raise
    if not meant.exact:
        said = format_in(name)
        passed = "what else it says (tuning, format) is passed over"
        passed += f"; for weights in {said} give --weights {said}" if said else ""
        warnings.warn(f"{name} is read as the card {meant.card}; {passed}", stacklevel=2)
    return _of_card(meant.card)


def _read(name: str, path: Path) -> Found:
    origin = str(path) if path == Path(name) else f"{name} (config.json)"
    file = path / "config.json" if is_folder(path) else path
    config, beside = with_beside(_with_named_text(read_json(file)), file)
    sources = tuple(f"{each} of {name}" for each in ("config.json", *beside))
    return Found(config, _name(name, path), origin, sources)


def _with_named_text(config: dict[str, Any]) -> dict[str, Any]:
    """A config with that of the card it names as its text, where it describes none itself."""
    name = next((config[key] for key in common()["named_text"] if config.get(key)), None)
    if is_nested(config) or not isinstance(name, str) or (meant := called_card(name)) is None:
        return config
    return {**config, "text_config": dict(_of_card(meant.card).config)}


@checked
def load(
    name: str,
    *,
    allow_unknown: Iterable[str] = (),
    architecture: str = "",
    text_only: bool = False,
) -> Model:
    """A model by the name of a card or a trace, the path of a config.json or folder, or a hub id.

    Args:
        name: what the user calls it.
        allow_unknown: keys of the config to pass over.
        architecture: a model type or an architecture file to read it as.
        text_only: leave out the towers of a model that sees or hears.

    >>> load("llama-3.2-1b").architecture
    'llama'

    Raises:
        UnknownNameError: no such card, path or repository.
        ConfigError: found, but not usable.
    """
    passed, stem = tuple(allow_unknown), _shipped(name)
    if name.lower().endswith(".gguf"):
        from edgesym.architectures.gguf.model import load_gguf  # no card waits for this import

        _warn_of_keys(passed, name)
        return load_gguf(Path(name), architecture=architecture)
    is_file_of_trace = name.lower().endswith((ENDING, f"{ENDING}.gz"))
    if is_file_of_trace or (stem is not None and stem in traced_models()):
        if architecture:
            raise ConfigError(
                f"{stem or name}: its formulas come from its own code, and no architecture file "
                f"reads it; leave out --as {architecture}"
            )
        _warn_of_keys(passed, stem or name)
        return load_traced(Path(name)).model if is_file_of_trace else shipped_model(str(stem))
    if stem is not None and not passed and not architecture:
        return _card(stem, text_only)
    found = find_config(name)
    _warn_of_keys(passed, found.origin, {*found.config, *text_part(found.config, found.origin)})
    return _as_found(found, text_only, passed, architecture)


def _warn_of_keys(passed: Iterable[str], origin: str, known: Container[str] = ()) -> None:
    """Say which keys are to be passed over that nothing would have been said of."""
    for key in passed:
        if key not in known:
            text = f"--allow-unknown {plain_line(key)} changes nothing: {origin} has no such key"
            warnings.warn(text, stacklevel=3)


@cache
def _card(stem: str, text_only: bool) -> Model:
    """The model of a card as its own architecture file reads it: a value, read once."""
    return _as_found(_of_card(stem), text_only)


def _as_found(
    found: Found, text_only: bool, allow_unknown: Iterable[str] = (), architecture: str = ""
) -> Model:
    """The model of a configuration, and where it was found."""
    return read_model(
        found.config,
        name=found.name,
        origin=found.origin,
        sources=found.sources,
        allow_unknown=allow_unknown,
        architecture=architecture,
        text_only=text_only,
    )


def as_model(given: Any, verb: str) -> Model:
    """The model that is given to a verb, itself or by the name that :func:`load` finds it by.

    >>> as_model("llama-3.2-1b", "derive") == load("llama-3.2-1b")
    True

    Raises:
        UnknownNameError, ConfigError: as of :func:`load`, or neither a model nor text.
    """
    if isinstance(given, Model):
        return given
    if isinstance(given, str | Path):
        return load(str(given))
    raise ConfigError(f"{verb} takes a model (edgesym.load) or its name, not {_kind(given)}")


def _name(name: str, path: Path) -> str:
    if path != Path(name):
        return name
    if path.name == "config.json":
        return path.resolve().parent.name
    return path.name.removesuffix(".json").removesuffix(".config")


def _from_hub(name: str) -> Path:
    """The config.json of a Hugging Face repository, from the local cache if it is there."""
    if not _HUB_ID.match(name):
        remedy = "Name a card (edgesym models), a config.json or its folder, or a Hugging Face id"
        raise UnknownNameError("model", name, (*cards(), *traced_models()), remedy)
    try:
        from huggingface_hub import constants, hf_hub_download
        from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
    except ImportError as error:
        raise ConfigError(
            f"{name} is no card and no path; to read it from the Hugging Face Hub install the "
            "extra: pip install 'edgesym[hub]'. Or save its config.json and give the path"
        ) from error
    try:
        return Path(hf_hub_download(name, "config.json", local_files_only=True))
    except LocalEntryNotFoundError:  # it is downloaded
        pass
    except ValueError as error:
        raise ConfigError(f"{name}: not a Hugging Face id ({_first_line(error)})") from error
    try:
        _reach(constants.ENDPOINT)
        return _fetched(name)
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as error:
        raise ConfigError(
            f"{name}: its config.json is not in the local cache and cannot be fetched "
            f"({_first_line(error)}). Check the id and the network (a gated model needs a token: "
            "hf auth login), or save the config.json and give its path"
        ) from error


def _fetched(name: str) -> Path:
    """The config.json of a repository, and what lies beside it where it says no format."""
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError

    file = Path(hf_hub_download(name, "config.json", etag_timeout=_TIMEOUT_S))
    for beside in BESIDE if published_format(read_json(file)) == Published() else ():
        with suppress(EntryNotFoundError):  # most repositories have none
            hf_hub_download(name, beside, etag_timeout=_TIMEOUT_S)
    return file


def _reach(endpoint: str) -> None:
    """Fail at once where there is no network; the client itself retries for half a minute."""
    from urllib.request import getproxies  # no estimate of a card waits for this import

    if getproxies():
        return
    address = urlsplit(endpoint)
    port = address.port or (443 if address.scheme == "https" else 80)
    socket.create_connection((address.hostname, port), timeout=_TIMEOUT_S).close()


def _kind(given: Any) -> str:
    kind = type(given).__name__
    return f"an {kind}" if kind[0] in "AEIOUaeiou" else f"a {kind}"


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
