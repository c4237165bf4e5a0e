"""``edgesym trace``: closed forms out of a model's own code."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from edgesym.architectures.locate import find_config
from edgesym.architectures.traced.implied import without_implied
from edgesym.architectures.traced.saved import ENDING, of_data
from edgesym.cli.common import refuse_existing
from edgesym.cli.options import refuse_given
from edgesym.cli.output import print_text
from edgesym.cli.picture import write_beside
from edgesym.errors import ConfigError, OutputError
from edgesym.files.parse import parse_json
from edgesym.files.read import is_file, is_folder, is_there
from edgesym.render.page import Page
from edgesym.symbols import describe
from edgesym.tracing.ask import trace
from edgesym.tracing.draft import drafted
from edgesym.tracing.job import Job, Operator, read_input, read_operator, read_size
from edgesym.tracing.signature import written

__all__ = ["command"]


@click.command()
@click.argument("model", metavar="MODEL|MODULE:CLASS|FILE.py:FUNCTION")
@click.option(
    "--size",
    "sizes",
    multiple=True,
    metavar="NAME=NUMBER",
    help="A size that the constructor takes, a symbol from then on; may be repeated.",
)
@click.option(
    "--arg",
    "arguments",
    multiple=True,
    metavar="NAME=VALUE",
    help="A further argument of the constructor, as JSON; may be repeated.",
)
@click.option(
    "--input",
    "inputs",
    multiple=True,
    metavar="'NAME: (EXTENT, ...) [token]'",
    help="A tensor that forward takes, its extents batch, context, a size or a number; "
    "'token' where it holds token ids.",
)
@click.option(
    "--op",
    "operators",
    multiple=True,
    metavar="'NAMESPACE::NAME[: (EXTENT, ...) [DTYPE]]'",
    help="An operator of your own (CUDA, Triton) whose cost is a symbol, operator_flops."
    "NAMESPACE_NAME; with the shape of its result where it has no kernel for tensors without "
    "values: x[0] is an extent of its argument x. May be repeated.",
)
@click.option(
    "--to",
    "output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where to write; by default beside you, named after the model.",
)
@click.option(
    "--trust-remote-code",
    "is_trusted",
    is_flag=True,
    help="Run the code that lies beside the config (auto_map), of a folder or of the hub.",
)
@click.option(
    "--as-architecture",
    "is_draft",
    is_flag=True,
    help="Write no trace, but the draft of an architecture file (.toml), to be read and corrected.",
)
@click.option("--force", is_flag=True, help="Replace a FILE that is there.")
def command(
    model: str,
    sizes: tuple[str, ...],
    arguments: tuple[str, ...],
    inputs: tuple[str, ...],
    operators: tuple[str, ...],
    output: Path | None,
    is_trusted: bool,
    is_draft: bool,
    force: bool,
) -> None:
    """Run a model's own code once on symbols, and keep its formulas as a file.

    MODEL is a card, a config.json or a hub id, whose class in transformers is run; or a class
    of your own. What is written is a MODEL for every other verb, with no PyTorch. Tracing runs
    the code that it is given, in a process of its own. Needs the extra `oracle`.
    """
    if _is_module(model):
        why = "is of code that comes with a config; leave it out: a module of your own is run"
        refuse_given(why, "is_trusted")
    else:
        why = f"is of a module of your own; leave it out: the config says what {model} is made of"
        refuse_given(why, "sizes", "arguments", "inputs")
    job = (
        _module_job(model, sizes, arguments, inputs)
        if _is_module(model)
        else _config_job(model, is_trusted=is_trusted)
    )
    job = replace(job, operators=_operators(operators))
    if is_draft and not job.config:
        raise ConfigError(
            f"{model}: --as-architecture is of a config; a module has no keys to read"
        )
    kind, ending = ("n architecture file", ".toml") if is_draft else (" traced model", ENDING)
    file = output or Path(f"{job.name}{ending}")
    if not file.name.endswith(ending):
        raise OutputError(f"--to {file}: the name of a{kind} must end in {ending}")
    refuse_existing("--to", file, force=force)
    if is_draft:
        draft = drafted(job)
        write_beside(file, draft.text.encode())
        print_text("\n".join(draft.remarks) + "\n", Page.of())
        return
    data = trace(job)
    traced = of_data(data, str(file))
    write_beside(file, json.dumps(data, separators=(",", ":")).encode())
    operations = sum(len(block["operations"]) for block in data["blocks"])
    counts = {"block": len(data["blocks"]), "operation": operations}
    counts["size"] = len(traced.model.values)
    said = ", ".join(f"{count} {word}{'s' * (count != 1)}" for word, count in counts.items())
    lines = [
        f"{file}: {said}",
        *(f"holds where {each}" for each in without_implied(traced.model.domain.conditions)),
        *(
            f"--set {describe(made).word}=... is what one call computes ({made} in formulas)"
            for made in traced.model.operators
        ),
    ]
    print_text("\n".join(lines) + "\n", Page.of())


def _is_module(model: str) -> bool:
    place, colon, name = model.rpartition(":")
    return bool(colon and place) and name.isidentifier() and not is_there(model)


def _config_job(model: str, *, is_trusted: bool) -> Job:
    found = find_config(model)
    code = _code_of(model) if is_trusted else ""
    return Job(found.name, found.origin, config=dict(found.config), code=code)


def _code_of(model: str) -> str:
    """The folder that a config's own code lies in."""
    path = Path(model)
    if is_there(path):
        return str((path if is_folder(path) else path.parent).resolve())
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise ConfigError(
            f"{model}: to fetch its code install the extra: pip install 'edgesym[hub]'; or save "
            "its files and give their folder"
        ) from error
    try:
        return str(snapshot_download(model, allow_patterns=["*.py", "*.json"]))
    except (OSError, ValueError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise ConfigError(
            f"{model}: its code cannot be fetched ({reason}); check the id and the network, or "
            "save its files and give their folder"
        ) from error


def _module_job(
    target: str, sizes: tuple[str, ...], arguments: tuple[str, ...], inputs: tuple[str, ...]
) -> Job:
    place, _, name = target.rpartition(":")
    if place.endswith(".py") and not is_file(place):
        raise ConfigError(f"{place}: there is no such file")
    if not inputs:
        known = written(place, name) if place.endswith(".py") else ""
        raise ConfigError(
            f"{target}: say what forward takes, such as --input 'ids: (batch, context) token'"
            + (
                f". It is {known}: its sizes are given as --size NAME=NUMBER, other arguments as "
                "--arg NAME=VALUE"
                if known
                else ""
            )
        )
    numbers = dict(map(read_size, sizes))
    taken = tuple(read_input(text, numbers) for text in inputs)
    return Job(name, target, {}, target, numbers, dict(map(_argument, arguments)), taken)


def _operators(texts: tuple[str, ...]) -> tuple[Operator, ...]:
    found: dict[str, Operator] = {}
    for made in map(read_operator, texts):
        if made.kind in found:
            raise ConfigError(
                f"--op {made.name}: its symbol is that of {found[made.kind].name}, which is given "
                "too; give one of them alone"
            )
        found[made.kind] = made
    return tuple(found.values())


def _argument(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not (equals and name.strip().isidentifier()):
        raise ConfigError(f"--arg {text!r:.80}: write NAME=VALUE, such as dropout=0")
    try:
        return name.strip(), parse_json(value, f"--arg {name.strip()}")
    except ConfigError as error:  # a word is text; what begins as JSON does is an error
        if value.lstrip()[:1] in ("[", "{", '"') or not isinstance(error.__cause__, ValueError):
            raise
        return name.strip(), value  # a word is text
