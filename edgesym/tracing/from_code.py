"""A model whose formulas come from its own code in transformers, traced when it is asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

from edgesym.architectures.config import text_part
from edgesym.architectures.locate import Found, find_config
from edgesym.architectures.model import Model
from edgesym.architectures.reader import published_facts
from edgesym.architectures.recipe import architectures, model_type_of
from edgesym.architectures.scope import left_out
from edgesym.architectures.traced.saved import ENDING, of_data
from edgesym.errors import ConfigError, UnknownNameError
from edgesym.store.entry import About
from edgesym.store.state import state_of_package
from edgesym.store.store import find_store
from edgesym.tracing.ask import trace
from edgesym.tracing.job import Job

__all__ = ["fallback", "load_from_code"]

#: Conditions of a domain that are said; ``edgesym trace`` prints all of them.
_SAID = 3


def load_from_code(name: str) -> Model:
    """The model of a card, a config.json or a hub id, as its class in transformers computes it.

    The trace is kept in the cache of answers, so that it is made once.

    Raises:
        UnknownNameError: no such card, path or repository.
        ConfigError: it has no code, or that cannot be traced; the text says why.
    """
    if name.lower().endswith(".gguf"):
        raise ConfigError(f"{name}: a GGUF file has no code; give its config.json with --from-code")
    return _traced(find_config(name), "")


def fallback(name: str, error: UnknownNameError) -> Model:
    """The model of a config whose type has no architecture file, from its class's own code.

    Args:
        error: why it could not be read; raised again where it is for another reason.

    Raises:
        UnknownNameError: the config cannot be read for another reason.
        ConfigError: neither an architecture file nor code that can be traced.
    """
    if name.lower().endswith((".gguf", ENDING)):
        raise error
    found = find_config(name)
    model_type = model_type_of(text_part(found.config, found.origin))
    if model_type in architectures():
        raise error
    if find_spec("torch") is None or find_spec("transformers") is None:
        raise ConfigError(
            f"{error}; or let its formulas come from its code in transformers, with the extra: "
            "pip install 'edgesym[oracle]'"
        ) from error
    try:
        return _traced(found, f"no architecture file for {model_type!r}: ")
    except ConfigError as failed:
        own = "auto_map" in found.config
        remedy = f"; to run its own code: edgesym trace {name} --trust-remote-code" if own else ""
        raise ConfigError(f"{error}. Its code does not help: {failed}{remedy}") from failed


def _traced(found: Found, why: str) -> Model:
    data = _recalled(Job(found.name, found.origin, config=dict(found.config)))
    model = of_data(data, found.origin).model
    code = " and ".join(model.sources) or "its own code"
    conditions = [str(condition) for condition in model.domain.conditions]
    more = len(conditions) - _SAID
    where = ", ".join(conditions[:_SAID]) + (f" and {more} more" if more > 0 else "")
    told = f"{why}formulas from {code}" + (f"; they hold where {where}" if where else "")
    facts = published_facts(found.config, found.origin)
    missing = left_out(found.config)
    return replace(
        model,
        sources=(*found.sources, *model.sources),
        scope=(*model.scope, told, *filter(None, (missing,))),
        counted="text alone" if missing else model.counted,
        **facts,
    )


def _recalled(job: Job) -> Mapping[str, Any]:
    """The data of a trace, from the cache if it is there; else it is kept there."""
    store, state = find_store(), state_of_package()
    if store is None or not state:
        return trace(job)
    key = hashlib.sha256(f"trace {state} {job.text()}".encode()).hexdigest()
    kept = store.find(key)
    if isinstance(kept, Mapping):
        return kept
    made = trace(job)
    store.keep(About(key, "trace", job.name, state), made)
    return made
