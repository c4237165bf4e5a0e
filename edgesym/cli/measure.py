"""``edgesym measure``: a model run for real, predicted beside measured."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from edgesym.cli.calibrate import calibrated
from edgesym.cli.count import COUNT
from edgesym.cli.options import with_options
from edgesym.cli.output import Write, output_options
from edgesym.cli.progress import progress
from edgesym.devices import Device, find_device
from edgesym.errors import ConfigError
from edgesym.files.write import write_file
from edgesym.measuring.engine import ENGINES
from edgesym.measuring.measure import Measured, Wanted, measure, refuse_unfit

__all__ = ["command", "here", "measured_with_progress", "wanted_options"]

F = TypeVar("F", bound=Callable[..., Any])

_DEFAULT = Wanted("")
_WANTED = (
    click.option(
        "--weights", default="", metavar="FORMAT", help="Of random weights, such as q8_0 or bf16."
    ),
    click.option(
        "--runtime",
        "engine",
        type=click.Choice(list(ENGINES)),
        default=_DEFAULT.engine,
        show_default=True,
        help="What runs it.",
    ),
    click.option(
        "--prompt", type=COUNT, default=_DEFAULT.prompt, show_default=True, help="Tokens of it."
    ),
    click.option(
        "--generate",
        type=COUNT,
        default=_DEFAULT.generate,
        show_default=True,
        help="Tokens generated behind it.",
    ),
    click.option("--threads", type=click.IntRange(min=1), help="To run on.  [default: all]"),
    click.option(
        "--layers", type=click.IntRange(min=1), help="Only the first of so many, to take seconds."
    ),
)


def wanted_options(verb: F) -> F:
    """The options that say what is run and how; the model is an argument of the verb."""
    wrapped: F = with_options(verb, _WANTED)
    return wrapped


@click.command()
@click.argument("model")
@click.option(
    "--device",
    "device_name",
    metavar="FILE.toml",
    help="What describes this machine.  [default: edgesym calibrate --quick]",
)
@wanted_options
@click.option(
    "--to",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="ROWS.csv",
    help="Add the rows to a file that validate --corpus and fit read.",
)
@click.option("--refit", is_flag=True, help="Fit the efficiencies of --device FILE to what ran.")
@output_options
def command(
    model: str,
    device_name: str | None,
    target: Path | None,
    refit: bool,
    write: Write,
    **wanted: Any,
) -> None:
    """Run a model with random weights for real, and set what is predicted beside it.

    MODEL is a card, a config.json or its folder, one of the samples llama-8m and llama-15m, or a
    .gguf file, which is run as it is. Bytes and times are those of the real model.
    """
    from edgesym.measuring.documents.measurement import measurement_document, warnings_of

    if refit and not (device_name or "").endswith(".toml"):
        raise ConfigError("--refit changes a device file: give it as --device FILE.toml")
    asked = Wanted(model, **wanted)
    refuse_unfit(asked)
    device = here(device_name)
    found = measured_with_progress(asked, device)
    kept = _kept(found, target)
    if refit and any(warnings_of(found)):
        write(measurement_document(found, kept))
        raise ConfigError(f"{device_name}: not refitted, for this machine was busy; see above")
    fitted = _refitted(found, Path(str(device_name))) if refit else ()
    write(measurement_document(found, (*kept, *fitted)))


def here(name: str | None) -> Device:
    """The device that describes this machine: a file, or one that is measured now."""
    if name is not None:
        return find_device(name)
    import tempfile

    with tempfile.TemporaryDirectory(prefix="edgesym-") as folder:
        path = Path(folder) / "this-machine.toml"
        path.write_text(calibrated(quick=True), "utf-8")
        return find_device(str(path))


def measured_with_progress(asked: Wanted, device: Device | None) -> Measured:
    """What ran, with progress on standard error."""
    steps = 1 if asked.model.lower().endswith(".gguf") or asked.engine != "llama.cpp" else 2
    done = iter(range(1, steps + 1))
    with progress() as told:
        return measure(asked, device, lambda what: told(next(done), steps, what))


def _kept(found: Measured, target: Path | None) -> tuple[str, ...]:
    """Rows added to a file, and what is said of it."""
    if target is None:
        return ()
    from edgesym.measuring.row import appended, rows_of

    day = datetime.now(UTC).date().isoformat()
    rows = rows_of(found, found.setup.machine.name, f"edgesym measure, {day}")
    write_file(target, appended(target, rows).encode(), durable=True)
    return (f"Rows added to {target}.",)


def _refitted(found: Measured, path: Path) -> list[str]:
    """Efficiencies of a device file changed, and what is said of them."""
    from edgesym.measuring.refit import refitted

    text, changes = refitted(found, path)
    write_file(path, text.encode())
    return [f"{path} refitted: {', '.join(changes)}."]
