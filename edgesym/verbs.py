"""Every verb of the command line as a function, with the words of its options.

>>> from edgesym import verbs
>>> found = verbs.estimate("llama-3.2-1b", device="pi5", weights="q4_0", context=2048)
>>> found.data["device"], found.data["weights"]
('raspberry-pi-5', 'q4_0')

Arguments stand in the order of the command line or have their names; options are words:
``--gpu-layers 8`` is ``gpu_layers=8``, what may be repeated is a list, ``--brief`` is
``brief=True``, and ``--as`` is ``as_``.
Models and devices are named, or given where their names find them. An answer displays itself in
notebooks, and has ``data``, ``document``, ``to_dataframe()`` and, of a picture, ``plot(ax=)``.
A verb that writes files or prints code gives what it printed.
"""

from __future__ import annotations

import inspect
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from functools import cache
from importlib import import_module
from keyword import iskeyword
from typing import TYPE_CHECKING, Any

import click

from edgesym.architectures.locate import load
from edgesym.architectures.model import Model
from edgesym.cli.main import VERBS
from edgesym.cli.output import keeping
from edgesym.devices import Device, find_device
from edgesym.document.nodes import Document
from edgesym.document.shown import Shown
from edgesym.domain import Number, held
from edgesym.errors import ConfigError, EdgesymError, OutputError, UnknownNameError
from edgesym.render.display import drawn_on

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Answer"]

#: Verb -> the function of its name that takes and gives values: it is called where no option of
#: the verb is among the words.
_TYPED = {
    "compare": "edgesym.analysis.comparison.compare",
    "estimate": "edgesym.analysis.estimate",
    "explain": "edgesym.analysis.explanation.explain",
    "sensitivity": "edgesym.analysis.sensitivity",
    "solve": "edgesym.analysis.inverse.solve",
}


#: What is typed as it is: names, paths, numbers.
_TAKEN = Number | str


class Answer(Shown):
    """What a verb answers."""

    __slots__ = ("_document", "_draw")

    def __init__(self, document: Document, draw: Callable[[], Figure] | None = None) -> None:
        self._document = document
        self._draw = draw

    @property
    def document(self) -> Document:
        """All that is told."""
        return self._document

    @property
    def data(self) -> Mapping[str, Any]:
        """The answer as plain data, that of ``--format json``."""
        return self._document.data

    def plot(self, ax: Any = None) -> Any:
        """Draw the picture, into axes where some are given.

        Raises:
            OutputError: matplotlib is not installed, or the answer is no picture.
        """
        if self._draw is None:
            raise OutputError("this answer is no picture; ask the verb plot for one")
        return drawn_on(ax, self._draw)


def __getattr__(name: str) -> Any:
    if name not in VERBS:
        raise AttributeError(f"module 'edgesym.verbs' has no attribute {name!r}")
    function = _function(name)
    globals()[name] = function
    return function


def __dir__() -> list[str]:
    return sorted({*globals(), *VERBS})


@cache
def _function(name: str) -> Callable[..., Any]:
    """The function of a verb."""
    command = import_module(f"edgesym.cli.{name}").command
    typed = getattr(import_module(_TYPED[name]), name) if name in _TYPED else None
    known = set(inspect.signature(typed).parameters) if typed else set()

    def verb(*arguments: Any, **words: Any) -> Any:
        if typed is not None and set(words) <= known:
            return typed(*arguments, **words)
        return _asked(name, command, arguments, words)

    verb.__name__ = verb.__qualname__ = name
    verb.__doc__ = _told(name, command, typed)
    if typed is None and not isinstance(command, click.Group):
        verb.__signature__ = _signature(command)  # type: ignore[attr-defined]
    return verb


def _asked(
    name: str, command: click.Command, arguments: Sequence[Any], words: Mapping[str, Any]
) -> Any:
    """What a verb answers, or prints, when it is asked as on the command line."""
    chosen, rest = command, list(arguments)
    typed: list[str] = []
    if isinstance(command, click.Group):
        if not rest:
            raise ConfigError(f"{name}: say which: {', '.join(_subcommands(command))}")
        kind = str(rest.pop(0))
        found = command.get_command(click.Context(command), kind)
        if found is None:
            raise UnknownNameError(f"kind of {name}", kind, _subcommands(command))
        chosen, typed = found, [kind]
    typed += _typed(name, chosen, rest, words)
    printed = io.StringIO()
    with keeping() as kept, redirect_stdout(printed):
        try:
            command.main(typed, prog_name=f"edgesym {name}", standalone_mode=False)
        except click.UsageError as error:
            raise ConfigError(f"{name}: {error.format_message()}") from error
        except SystemExit as stop:  # an end without a code is one; any other is an error
            if stop.code:
                raise EdgesymError(f"{name} ended with code {stop.code}") from stop
    if kept.document is not None:
        return Answer(kept.document, kept.figure)
    return printed.getvalue()


def _subcommands(command: click.Group) -> list[str]:
    return command.list_commands(click.Context(command))


def _typed(
    name: str, command: click.Command, arguments: Sequence[Any], words: Mapping[str, Any]
) -> list[str]:
    """Arguments and words as they are typed; what begins with a dash is no option."""
    known = _words(command)
    options: list[str] = []
    named: dict[str, list[str]] = {}
    for word, value in words.items():
        if word not in known:
            raise UnknownNameError(f"option of {name}", word, list(known))
        param = known[word]
        if isinstance(param, click.Option):
            options += _option(name, word, param, value)
        else:
            named[word] = _texts(name, word, value)
    placed = [text for value in arguments for text in _texts(name, "argument", value)]
    for param in command.params:
        if isinstance(param, click.Argument) and param.name in named:
            placed += named[param.name]
    return [*options, *(["--", *placed] if placed else [])]


def _words(command: click.Command) -> dict[str, click.Parameter]:
    """The options and arguments of a verb by the words that they are in Python."""
    found: dict[str, click.Parameter] = {}
    for param in command.params:
        if isinstance(param, click.Argument):
            found[str(param.name)] = param
            continue
        for option in (*param.opts, *param.secondary_opts):
            if option.startswith("--"):
                word = option.removeprefix("--").replace("-", "_")
                found[f"{word}_" if iskeyword(word) else word] = param
    return found


def _option(name: str, word: str, param: click.Option, value: Any) -> Iterator[str]:
    """An option with its value, each as typed."""
    option = f"--{word.removesuffix('_').replace('_', '-')}"
    if value is None:
        return
    if param.is_flag:
        if held(name, word, value, bool):
            yield option
        elif option in param.opts and param.secondary_opts:
            yield param.secondary_opts[0]
        return
    several = param.multiple and isinstance(value, list | tuple | Mapping)
    if isinstance(value, Mapping):
        value = [f"{k}={','.join(_texts(name, f'{word}[{k!r}]', v))}" for k, v in value.items()]
    for each in value if several else [value]:
        if each is True and param._flag_needs_value:
            yield option
            continue
        texts = _texts(name, word, each)
        if param.nargs == 1:
            yield f"{option}={','.join(texts)}"
        else:
            yield from (option, *texts)


def _texts(name: str, word: str, value: Any) -> list[str]:
    """A value as it is typed.

    Raises:
        ConfigError: a model or a device that its name does not find, or a value of no kind that
            is typed.
    """
    match value:
        case Model():
            if load(value.name) != value:
                raise ConfigError(f"{value.name} is no longer the model of that name; give a name")
            return [value.name]
        case Device():
            if find_device(value.id) != value:
                raise ConfigError(f"{value.id} is no longer the device of that name; give a name")
            return [value.id]
    if isinstance(value, list | tuple | range) or getattr(value, "ndim", 0) == 1:
        return [text for each in value for text in _texts(name, word, each)]
    taken = held(name, word, value, _TAKEN)
    return [repr(taken) if isinstance(taken, float) else str(taken)]


def _told(name: str, command: click.Command, typed: Callable[..., Any] | None) -> str:
    """What a verb does, and its words."""
    said = [inspect.cleandoc(command.help or VERBS[name])]
    params = (p for p in command.params if isinstance(p, click.Option))
    words = [f"    {p.opts[0].lstrip('-').replace('-', '_')}: {p.help or ''}" for p in params]
    if words:
        said.append("\n".join(["Words:", *words]))
    if typed is not None:
        said.append(f"Without such words it is {_TYPED[name]}.{name}{inspect.signature(typed)}.")
    return "\n\n".join(said)


def _signature(command: click.Command) -> inspect.Signature:
    """Arguments, then options as keywords."""
    placed = inspect.Parameter("arguments", inspect.Parameter.VAR_POSITIONAL)
    words = [
        inspect.Parameter(word, inspect.Parameter.KEYWORD_ONLY, default=None)
        for word in _words(command)
        if word.isidentifier() and not iskeyword(word)
    ]
    return inspect.Signature([placed, *words])
