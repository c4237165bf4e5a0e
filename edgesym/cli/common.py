"""What the verbs share: options, warnings, and writing results."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from edgesym.cli.net import say
from edgesym.errors import ConfigError, OutputError, UnknownNameError
from edgesym.files.read import is_there

if TYPE_CHECKING:
    from edgesym.architectures.model import Model
    from edgesym.scenario.run import Run

__all__ = [
    "composition_option",
    "convention_option",
    "is_from_code",
    "is_text_only",
    "kernels_option",
    "listening",
    "load_model",
    "model_options",
    "prune_option",
    "refuse_existing",
    "warn",
    "warn_of_context",
    "warn_of_encoder",
    "warn_of_formats",
    "warn_of_run",
    "warn_of_scope",
    "weights_option",
]

F = TypeVar("F", bound=Callable[..., Any])

#: Where it is kept that a verb was asked for the text part alone.
_TEXT_ONLY = f"{__name__}.text_only"
#: Where it is kept that a verb was asked for the formulas of a model's own code.
_FROM_CODE = f"{__name__}.from_code"

convention_option = click.option(
    "--convention",
    "counting",
    default="default",
    show_default=True,
    help="Way of counting: NAME or NAME,field=choice, such as default,elementwise=ignored "
    "(edgesym conventions).",
)


def model_options(verb: F) -> F:
    """The options that say how a model's config is read."""
    verb = click.option(
        "--as",
        "architecture",
        default="",
        metavar="TYPE|FILE",
        help="Read the config as this model type, or with this architecture file (.toml).",
    )(verb)
    verb = click.option(
        "--from-code",
        is_flag=True,
        expose_value=False,
        callback=_ask_for_code,
        help="Take the formulas from the code of its class in transformers (extra: oracle).",
    )(verb)
    verb = click.option(
        "--text-only",
        is_flag=True,
        expose_value=False,
        callback=_ask_for_text,
        help="Of a model that sees or hears: its text part alone, without its towers.",
    )(verb)
    return click.option(
        "--allow-unknown",
        multiple=True,
        metavar="KEY",
        help="Pass over this key of the config, which edgesym does not know.",
    )(verb)


prune_option = click.option(
    "--prune",
    default="",
    metavar="WHAT",
    help="Values left out of matrices: 2:4, or a density with its storage (0.3:bitmask, 0.1:csr); "
    "or how many, or which fraction, of heads, kv_heads, intermediate, hidden, layers, experts or "
    "vocab are removed (layers=4, intermediate=0.5); joined by commas.",
)

weights_option = click.option(
    "--weights",
    metavar="FORMAT|FILE",
    help="Format of the weights, or the recipe of a tool, such as int4, int4-g128, awq or "
    "Q4_K_M (edgesym formats), or a file of your own (.toml); by default the model's own.",
)


class _Composition(click.ParamType):  # type: ignore[type-arg]
    """The name of a composition; whether there is one of that name is looked up with the rest."""

    name = "composition"

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        """The names, for the help."""
        from edgesym.quantities.composition import COMPOSITIONS

        return f"[{'|'.join(COMPOSITIONS)}]"


composition_option = click.option(
    "--composition",
    type=_Composition(),
    help="How the time to compute and the time to move bytes make up the time of a step; by "
    "default as the runtime does.",
)


def kernels_option(default: str) -> Callable[[F], F]:
    """The option that says what runs the model, and so which operations run together."""
    return click.option(
        "--runtime",
        "--kernels",
        "kernels",
        default=default,
        show_default=default or "the device's usual one; fused without one",
        metavar="RUNTIME",
        help="What runs the model: one kernel per operation (unfused), the usual fusions (fused), "
        "one per block (ideal), a runtime such as llama.cpp (edgesym runtimes), or a file (.toml).",
    )


def load_model(name: str, allow_unknown: tuple[str, ...], architecture: str) -> Model:
    """The model that the options name; from its own code where there is no architecture file."""
    from edgesym.architectures.locate import load

    if is_from_code():
        from edgesym.tracing.from_code import load_from_code

        if architecture:
            raise ConfigError(
                f"--as {architecture}: with --from-code the code alone says what the model is; "
                "give one of the two"
            )
        for key in allow_unknown:
            warn(f"--allow-unknown {key} changes nothing: with --from-code no key is unknown")
        return load_from_code(name)
    try:
        model = load(
            name, allow_unknown=allow_unknown, architecture=architecture, text_only=is_text_only()
        )
    except UnknownNameError as error:  # its code is traced, unless a file is asked for
        if architecture:
            raise
        from edgesym.tracing.from_code import fallback  # no card waits for this import

        model = fallback(name, error)
    if is_text_only() and not model.counted:
        warn(f"--text-only changes nothing: {model.name} is text alone")
    return model


def warn_of_formats(model: Model, asked: str | None) -> None:
    """Say what the config leaves open of the formats, where none is asked for."""
    warn_of_scope(model)
    for note in () if asked else model.notes:
        warn(f"{model.name}: {note}")


def warn_of_scope(model: Model) -> None:
    """Say what of a model is counted where it is not all of it, unless that was asked for."""
    for note in () if is_text_only() else model.scope:
        warn(f"{model.name}: {note}")


def is_text_only() -> bool:
    """Whether the text part alone was asked for."""
    context = click.get_current_context(silent=True)
    return context is not None and bool(context.meta.get(_TEXT_ONLY))


def is_from_code() -> bool:
    """Whether the formulas of the model's own code were asked for."""
    context = click.get_current_context(silent=True)
    return context is not None and bool(context.meta.get(_FROM_CODE))


def _ask_for_code(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
    ctx.meta[_FROM_CODE] = asked


def _ask_for_text(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
    ctx.meta[_TEXT_ONLY] = asked


def warn(text: str) -> None:
    """A line on standard error."""
    for heard in _LISTENING.get():
        heard.append(text)
    say(f"Warning: {text}")


@contextmanager
def listening() -> Iterator[list[str]]:
    """What is warned of meanwhile."""
    heard: list[str] = []
    token = _LISTENING.set((*_LISTENING.get(), heard))
    try:
        yield heard
    finally:
        _LISTENING.reset(token)


_LISTENING: ContextVar[tuple[list[str], ...]] = ContextVar("_LISTENING", default=())


def warn_of_context(model: Model, context: int) -> None:
    """Say so where a context is longer than the model was made for."""
    if model.context_limit is not None and context > model.context_limit:
        limit = model.context_limit
        warn(f"{context} tokens are more than the {limit} that {model.name} is made for")


def warn_of_encoder(model: Model) -> None:
    """Say so where there is no cache to decode with."""
    if any(plan.over == "context" for plan in model.plans):
        warn(f"{model.name} keeps no cache: every step runs its whole context")


def warn_of_run(model: Model, run: Run) -> None:
    """Say what a user should know of a model that is run."""
    warn_of_encoder(model)
    warn_of_formats(model, run.weights)
    warn_of_context(model, max(run.timed_at, run.prompt + run.generate))
    if run.draft:
        _warn_of_draft(model, run)


def _warn_of_draft(model: Model, run: Run) -> None:
    """Say so where what drafts is no smaller than what checks."""
    from edgesym.scenario.setup import Setup
    from edgesym.units import human

    asked = Setup(model, None, replace(run, given=()))
    if asked.draft is None:
        return
    alone = replace(asked, run=replace(asked.run, draft="", draft_tokens=None, acceptance=None))
    ours, theirs = (float(one.number("weight_storage_bytes")) for one in (alone, asked.draft))
    if theirs >= ours:
        warn(
            f"the draft {asked.draft.model.name} takes {human(theirs, 'B')} of weights, no less "
            f"than {model.name} with {human(ours, 'B')}: it saves nothing"
        )


def ending_of(option: str, file: Path, endings: Collection[str]) -> str:
    """The ending of a file's name, one of those that there are.

    Raises:
        OutputError: it is another; ``option`` is how the file was asked for.
    """
    ending = file.suffix.lower().removeprefix(".")
    if ending not in endings:
        known = ", ".join(f".{known}" for known in endings)
        raise OutputError(f"{option} {file}: the name must end in one of {known}")
    return ending


def refuse_existing(option: str, file: Path, *, force: bool) -> None:
    """Refuse a file that is there, unless it may be replaced.

    Raises:
        OutputError: it is there; ``option`` is how the file was asked for.
    """
    if is_there(file) and not force:
        raise OutputError(f"{option} {file}: is there already; --force replaces it")
