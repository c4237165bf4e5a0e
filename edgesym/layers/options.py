"""Options of layers: flat names in the files, sorted to the stages that they belong to.

A layer of many options is made of stages, each a frozen dataclass whose fields are options
and whose methods add the operations of the stage. The files name options without their stage:
a name belongs to one stage of a layer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache, wraps
from inspect import Parameter, Signature, signature
from typing import Any

from edgesym.errors import ConfigError, UnknownNameError
from edgesym.graph.tensor import Tensor

__all__ = ["check_options", "composed", "options_of"]

Layer = Callable[..., Tensor]

_WORDS: dict[Any, str] = {
    bool: "true or false",
    bool | None: "true or false",
    int: "a whole number",
    str: "text",
    tuple[str, ...]: "a list of text",
}


def composed(layer: Layer) -> Layer:
    """A layer whose keyword arguments are stages, as one that takes the stages' options.

    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True, slots=True)
    ... class Ends:
    ...     bias: bool = False
    >>> @composed
    ... def layer(build, part, x, *, ends: Ends, width: str = "hidden"):
    ...     return ends, width
    >>> layer(None, "part", None, bias=True)
    (Ends(bias=True), 'hidden')

    Raises:
        TypeError: on a call with an option that no stage has.
        ValueError: two stages have an option of one name.
    """
    given = signature(layer, eval_str=True)
    stages: dict[str, Any] = {
        name: parameter.annotation
        for name, parameter in given.parameters.items()
        if parameter.kind is Parameter.KEYWORD_ONLY and is_dataclass(parameter.annotation)
    }
    own = [p for name, p in given.parameters.items() if name not in stages]
    flat = Signature([*own, *(p for stage in stages.values() for p in _parameters(stage))])

    @wraps(layer)
    def build(*args: Any, **options: Any) -> Tensor:
        flat.bind(*args, **options)
        made = {name: stage(**_taken(options, stage)) for name, stage in stages.items()}
        return layer(*args, **options, **made)

    build.__signature__ = flat  # type: ignore[attr-defined]
    return build


def _parameters(stage: Any) -> list[Parameter]:
    """The fields of a stage, as keyword arguments."""
    found = signature(stage, eval_str=True).parameters.values()
    return [parameter.replace(kind=Parameter.KEYWORD_ONLY) for parameter in found]


def _taken(options: dict[str, Any], stage: Any) -> dict[str, Any]:
    """The options that a stage has, taken out of ``options``."""
    return {f.name: options.pop(f.name) for f in fields(stage) if f.name in options}


@cache
def options_of(layer: Layer) -> Mapping[str, Parameter]:
    """The options of a layer by name, each with its default and its type.

    >>> from edgesym.layers import LAYERS
    >>> options_of(LAYERS["attention"])["mask"].default
    'causal'
    """
    found = signature(layer, eval_str=True).parameters
    return {name: p for name, p in found.items() if p.kind is Parameter.KEYWORD_ONLY}


def check_options(layer: Layer, kind: str, options: Mapping[str, Any], origin: str) -> None:
    """Refuse options that a layer does not have, of another type, or not all that it needs.

    Args:
        kind: how the layer is called in the files.
        origin: the file that gives the options.

    Raises:
        UnknownNameError: an option that the layer does not have.
        ConfigError: an option of another type, or none where the layer needs one.
    """
    known = options_of(layer)
    for name, value in options.items():
        if name not in known:
            raise UnknownNameError(f"option of layer {kind} in {origin}:", name, known)
        wanted = known[name].annotation
        if not _fits(value, wanted):
            raise ConfigError(
                f"{origin}: layer {kind}: {name} = {value!r} must be {_WORDS[wanted]}"
            )
    for name, option in known.items():
        if option.default is Parameter.empty and name not in options:
            raise ConfigError(f"{origin}: layer {kind} needs {name}, {_WORDS[option.annotation]}")


def _fits(value: Any, wanted: Any) -> bool:
    """Whether a value is of a type; null, of a key that is not used, stands for false."""
    if value is None and wanted is bool:
        return True
    if wanted == tuple[str, ...]:
        return isinstance(value, list | tuple) and all(isinstance(item, str) for item in value)
    return isinstance(value, wanted) and (wanted is not int or not isinstance(value, bool))
