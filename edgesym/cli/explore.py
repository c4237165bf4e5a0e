"""``edgesym explore``: closed forms as a page that evaluates them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import click

from edgesym.cli.common import load_model, model_options, warn_of_scope
from edgesym.cli.net import say
from edgesym.cli.options import refuse_given
from edgesym.cli.progress import progress
from edgesym.errors import ConfigError, OutputError
from edgesym.files.read import is_there, opened
from edgesym.files.write import write_file

__all__ = ["command"]

T = TypeVar("T")

#: The file of the page, and how much of one that is there is looked at.
_FILE, _HEAD = "index.html", 4096


@click.command()
@click.argument("models", nargs=-1, metavar="[MODEL]...")
@click.option(
    "--device", "devices", multiple=True, metavar="DEVICE", help="A device; may be repeated."
)
@click.option(
    "--runtime",
    "runtimes",
    multiple=True,
    metavar="RUNTIME",
    help="A runtime beside each device's usual one; may be repeated.  [default: ideal]",
)
@click.option(
    "--weights",
    "recipes",
    multiple=True,
    metavar="FORMAT|FILE",
    help="A format of weights; may be repeated.  [default: as published, q8_0 and q4_k_m]",
)
@click.option(
    "--to",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write the page there, as index.html.",
)
@click.option("--serve", is_flag=True, help="Serve the page on this machine, and check equations.")
@click.option("--port", type=int, default=0, help="Port of --serve.  [default: any that is free]")
@click.option("--open/--no-open", "opens", default=True, help="Open what is served in a browser.")
@model_options
def command(
    models: tuple[str, ...],
    devices: tuple[str, ...],
    runtimes: tuple[str, ...],
    recipes: tuple[str, ...],
    to: Path | None,
    serve: bool,
    port: int,
    opens: bool,
    allow_unknown: tuple[str, ...],
    architecture: str,
) -> None:
    """Write a page on which models, devices and numbers are chosen, and costs follow at once.

    It is one file that needs no server and no network. Without a MODEL or a --device it holds a
    few of each. With --serve it also checks equations.
    """
    if (to is None) != serve:
        raise ConfigError("say what to do with the page: --to DIR writes it, or --serve shows it")
    if to is not None:
        refuse_given("is of --serve; leave it out with --to", "port", "opens")
        _refuse_others(to)
    from edgesym.devices import find_device
    from edgesym.explore.choices import DEVICES, MODELS, RECIPES, RUNTIMES, USUAL, Choices
    from edgesym.explore.data import data_of
    from edgesym.explore.page import page

    loaded = [load_model(name, allow_unknown, architecture) for name in models or MODELS]
    for model in loaded:
        warn_of_scope(model)
    machines = [find_device(name) for name in devices or DEVICES]
    choices = Choices(
        _once("MODEL", [model.name for model in loaded], loaded),
        _once("--device", [device.id for device in machines], machines),
        (USUAL, *runtimes) if runtimes else RUNTIMES,
        tuple(dict.fromkeys(recipes)) or RECIPES,
    )
    with progress() as told:
        data = data_of(choices, told)
    made = page(data, served=serve)
    if to is not None:
        path = write_file(to / _FILE, made.encode())
        say(f"Wrote {path} ({len(made) / 1e6:.2f} MB)")
        return
    _serve(made, port, opens)


def _refuse_others(folder: Path) -> None:
    """Refuse a folder that holds something, unless that is an earlier page.

    Raises:
        OutputError: naming the folder.
    """
    from edgesym.explore.page import GENERATOR

    try:
        if not is_there(folder) or not any(folder.iterdir()):
            return
    except OSError as error:
        raise OutputError(f"--to {folder}: cannot be read ({error.strerror})") from error
    head = ""
    if is_there(folder / _FILE):
        with opened(folder / _FILE) as stream:
            head = stream.read(_HEAD).decode(errors="replace")
    if not re.search(rf'<meta name="generator" content="{GENERATOR}">', head):
        raise OutputError(
            f"--to {folder}: holds other files, and no earlier page of edgesym; "
            "give a new or an empty folder"
        )


def _once(option: str, names: Sequence[str], values: Sequence[T]) -> tuple[T, ...]:
    """Values, each name once.

    Raises:
        ConfigError: two that differ have one name.
    """
    found: dict[str, T] = {}
    for name, value in zip(names, values, strict=True):
        if found.setdefault(name, value) != value:
            raise ConfigError(f"{option} {name}: two that differ are called so; rename one")
    return tuple(found.values())


def _serve(page: str, port: int, opens: bool) -> None:
    """Serve the page until Ctrl-C."""
    import webbrowser

    from edgesym.explore.serve import server

    with server(page, port) as serving:
        click.echo(f"{serving.address}\nCtrl-C ends it.")
        if opens:
            webbrowser.open(serving.address)
        with suppress(KeyboardInterrupt):  # Ctrl-C is how it ends
            serving.serve_forever()
