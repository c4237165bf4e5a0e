"""What is to be traced, as text for the process that does it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from edgesym.errors import ConfigError
from edgesym.tracing.fields import HINTS

__all__ = ["Input", "Job", "Operator", "read_input", "read_operator", "read_size"]

#: Words of an input's extents that are no sizes of the module.
_WORKLOAD = ("batch", "tokens", "context")
#: An operator as PyTorch names it, with the overload where it is not the default.
_OPERATOR = re.compile(r"[A-Za-z_]\w*::[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)?")
#: A shape, and the dtype behind it.
_RESULT = re.compile(r"(\(.*\)|\w+)(?:\s+([a-z]\w*))?")


@dataclass(frozen=True, slots=True)
class Input:
    """A tensor that a module takes: its name, its extents by name or number, and what it holds."""

    name: str
    shape: tuple[str | int, ...]
    is_token: bool


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator of the user's own whose cost is a symbol.

    Attributes:
        name: as PyTorch has it: ``mylib::fused``.
        results: shape and dtype of each result, as text; empty where the operator says it itself.
    """

    name: str
    results: tuple[tuple[str, str], ...] = ()

    @property
    def kind(self) -> str:
        """What its symbol is called.

        >>> Operator("mylib::fused").kind
        'mylib_fused'
        """
        return re.sub(r"\W+", "_", self.name)


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
        operators: those whose costs are symbols.
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
    operators: tuple[Operator, ...] = ()
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
        operators = tuple(
            Operator(row["name"], tuple(map(tuple, row["results"])))
            for row in data.pop("operators")
        )
        return cls(**data, inputs=inputs, operators=operators)


def read_size(text: str) -> tuple[str, int]:
    """A size as a user writes it.

    >>> read_size("hidden=768")
    ('hidden', 768)

    Raises:
        ConfigError: no ``NAME=NUMBER``, a number below 2, or no size.
    """
    name, _, number = text.partition("=")
    if not (name.strip().isidentifier() and number.strip().isdigit() and len(number) < 10):
        raise ConfigError(f"--size {text!r:.80}: write NAME=NUMBER, such as hidden=768")
    if name.strip() in _WORKLOAD:
        raise ConfigError(
            f"--size {text}: {name.strip()} is how much the module runs on, a symbol by itself "
            "and no size of it"
        )
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
            raise ConfigError(
                f"--input {text!r:.80}: {word!r} is none of {known}, and no number; "
                f"a size is given as --size {word}=NUMBER"
            )
    return Input(name.strip(), tuple(shape), kind.strip() == "token")


def read_operator(text: str) -> Operator:
    """An operator whose cost is a symbol, as a user writes it.

    Results are separated by ``;``. A shape is over sizes and the shapes of the operator's own
    arguments; a dtype that is not given is that of the first of them.

    >>> read_operator("mylib::fused: (batch, x[1] // 2, hidden) float32")
    Operator(name='mylib::fused', results=(('(batch, x[1] // 2, hidden)', 'float32'),))
    >>> read_operator("mylib::priced")
    Operator(name='mylib::priced', results=())

    Raises:
        ConfigError: not of this form.
    """
    found = _OPERATOR.match(text.strip())
    rest = text.strip()[found.end() :].strip() if found else ""
    pieces = rest.removeprefix(":").split(";") if rest else []
    results = [_RESULT.fullmatch(piece.strip()) for piece in pieces]
    if found is None or (rest and not rest.startswith(":")) or not all(results):
        raise ConfigError(
            f"--op {text!r:.80}: write 'NAMESPACE::NAME: (EXTENT, ...) [DTYPE]', such as "
            "'mylib::fused: (batch, context, hidden)'; results are separated by ';', and x[1] is "
            "an extent of the argument x"
        )
    return Operator(found[0], tuple((each[1], each[2] or "") for each in results if each))
