"""What a shell completes: the names of models, devices, formats, runtimes, quantities, and files.

The shell asks by running ``edgesym`` with ``_EDGESYM_COMPLETE`` set; only then is this imported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import click
from click.shell_completion import CompletionItem

__all__ = ["with_completions"]


def _models() -> Iterable[str]:
    from edgesym.architectures.traced.library import traced_models
    from edgesym.data import stems

    return *stems("architectures/cards"), *traced_models()


def _devices() -> Iterable[str]:
    from edgesym.devices.library import device_names, nicknames

    return (each for name in device_names() for each in (name, *nicknames(name)))


def _formats() -> Iterable[str]:
    from edgesym.formats import formats, recipes

    return {*formats(), *recipes()}


def _runtimes() -> Iterable[str]:
    from edgesym.runtimes.read import runtime_names

    return runtime_names()


def _quantities() -> Iterable[str]:
    from edgesym.catalogue import REGISTRY

    return REGISTRY


#: How options and arguments that hold names are spelled -> the names.
_NAMES: dict[str, Callable[[], Iterable[str]]] = {
    **dict.fromkeys(("model", "models", "items"), _models),
    **dict.fromkeys(("device", "device_name", "device_names", "devices"), _devices),
    **dict.fromkeys(("weights", "activations", "cache"), _formats),
    "kernels": _runtimes,
    **dict.fromkeys(("names", "quantity", "quantities"), _quantities),
}


class _Name(click.types.StringParamType):
    """A text of which a shell knows how it may go on."""

    def __init__(self, names: Callable[[], Iterable[str]]) -> None:
        self._names = names

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        begun = incomplete.lower()
        found = sorted(name for name in self._names() if name.lower().startswith(begun))
        # what is no name may be a file
        return [CompletionItem(name) for name in found] or [CompletionItem(incomplete, type="file")]


def with_completions(verb: click.Command) -> click.Command:
    """A verb whose parameters say which names they may hold."""
    for parameter in verb.params:
        names = _NAMES.get(parameter.name or "")
        if names is not None and isinstance(parameter.type, click.types.StringParamType):
            parameter.type = _Name(names)
    return verb
