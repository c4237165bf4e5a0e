"""What is to be traced, as text for the process that does it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from edgesym.errors import ConfigError
from edgesym.tracing.fields import HINTS

__all__ = ["Input", "Job", "read_input", "read_size"]

#: Words of an input's extents that are no sizes of the module.
_WORKLOAD = ("batch", "tokens", "context")


@dataclass(frozen=True, slots=True)
class Input:
    """A tensor that a module takes: its name, its extents by name or number, and what it holds."""

    name: str
    shape: tuple[str | int, ...]
    is_token: bool


@dataclass(frozen=True, slots=True)
class Job:
    """What to trace: a config's class, or a module that a user names.

    Attributes:
        name: what the model is called.
        origin: how errors call the place.
        config: the keys of a config.json; empty for a module.
        target: ``module:Class`` or ``file.py:function``; empty for a config.
        sizes: the sizes that a module's constructor takes, with their numbers.
        arguments: further arguments of the constructor.
        inputs: the tensors that it takes.
        code: the folder that the config's own code lies in; empty for that of transformers.
        hints: sequences, cached and new tokens at which the code is run.
        trains: whether an iteration of training is run, and no step.
    """

    name: str
    origin: str
    config: Mapping[str, Any] = field(default_factory=dict)
    target: str = ""
    sizes: Mapping[str, int] = field(default_factory=dict)
    arguments: Mapping[str, Any] = field(default_factory=dict)
    inputs: tuple[Input, ...] = ()
    code: str = ""
    hints: Mapping[str, int] = field(default_factory=lambda: HINTS)
    trains: bool = False

    def text(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def of(cls, text: str) -> Job:
        """The job that :meth:`text` wrote."""
        data = json.loads(text)
        inputs = tuple(
            Input(row["name"], tuple(row["shape"]), row["is_token"]) for row in data.pop("inputs")
        )
        return cls(**data, inputs=inputs)


def read_size(text: str) -> tuple[str, int]:
    """A size as a user writes it.

    >>> read_size("hidden=768")
    ('hidden', 768)

    Raises:
        ConfigError: no ``NAME=NUMBER``, or a number below 2.
    """
    name, _, number = text.partition("=")
    if not (name.strip().isidentifier() and number.strip().isdigit() and len(number) < 10):
        raise ConfigError(f"--size {text!r:.80}: write NAME=NUMBER, such as hidden=768")
    if int(number) < 2:
        raise ConfigError(
            f"--size {text}: a size of less than 2 is a case of the code and no symbol; "
            f"give it as --arg {text}"
        )
    return name.strip(), int(number)


def read_input(text: str, sizes: Mapping[str, int]) -> Input:
    """A tensor that a module takes, as a user writes it.

    >>> read_input("ids: (batch, context) token", {})
    Input(name='ids', shape=('batch', 'context'), is_token=True)

    Raises:
        ConfigError: not of this form, or an extent that is neither a size nor a number.
    """
    name, _, rest = text.partition(":")
    head, _, kind = rest.strip().rpartition(")")
    words = [word.strip() for word in head.strip().removeprefix("(").split(",") if word.strip()]
    if not (name.strip().isidentifier() and head.startswith("(") and words):
        raise ConfigError(
            f"--input {text!r:.80}: write 'NAME: (EXTENT, ...)', with 'token' after it for token "
            "ids, such as 'ids: (batch, context) token'"
        )
    if kind.strip() not in ("", "token"):
        raise ConfigError(f"--input {text!r:.80}: after the extents stands 'token' or nothing")
    shape: list[str | int] = []
    for word in words:
        if word.isdigit() and 0 < len(word) < 10:
            shape.append(int(word))
        elif word in sizes or word in _WORKLOAD:
            shape.append(word)
        else:
            known = ", ".join((*_WORKLOAD, *sizes))
            raise ConfigError(f"--input {text!r:.80}: {word!r} is none of {known}, and no number")
    return Input(name.strip(), tuple(shape), kind.strip() == "token")
