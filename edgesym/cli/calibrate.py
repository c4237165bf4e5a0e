"""``edgesym calibrate``: what this machine sustains, as a device file."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

import click

from edgesym.cli.common import warn
from edgesym.cli.net import say
from edgesym.cli.options import refuse_given
from edgesym.cli.progress import progress
from edgesym.devices import Device, find_device
from edgesym.errors import ConfigError, OutputError
from edgesym.files.read import is_there
from edgesym.files.write import write_file

__all__ = ["calibrated", "command", "refuse_unwritable"]


@click.command()
@click.option("--quick", is_flag=True, help="Within some 10 s rather than a minute.")
@click.option(
    "--to",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.toml",
    help="The file to write.  [default: standard output]",
)
@click.option("--name", default="", help="Of the device.  [default: that of the processor]")
@click.option(
    "--on",
    type=click.Choice(["cpu", "gpu"]),
    default="cpu",
    show_default=True,
    help="What is measured; a GPU through PyTorch.",
)
@click.option(
    "--threads", type=click.IntRange(min=1), help="Threads to measure on.  [default: all]"
)
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
def command(
    quick: bool, target: Path | None, name: str, on: str, threads: int | None, force: bool
) -> None:
    """Measure this machine, and write a device file that every verb takes as --device.

    Memory bandwidth, products in every dtype, storage and launches, each several times; nothing
    needs root. Storage is that of the folder of --to.
    """
    if target is None:
        refuse_given("replaces a file; name it, with --to FILE.toml", "force")
    else:
        refuse_unwritable("--to", target, force=force)
    folder = None if target is None else _existing(target.parent)
    text = calibrated(quick=quick, threads=threads, on=on, name=name, folder=folder)
    if target is None:
        click.echo(text, nl=False)
        return
    write_file(target, text.encode())
    for line in _said(find_device(str(target))):
        say(line, err=False)
    say(f"Wrote {target}", err=False)


def calibrated(
    *,
    quick: bool,
    threads: int | None = None,
    on: str = "cpu",
    name: str = "",
    folder: Path | None = None,
) -> str:
    """The text of a device file of this machine, measured with progress on standard error."""
    from edgesym.measuring.calibration.calibrate import calibrate
    from edgesym.measuring.calibration.device_file import device_file

    asked = [*(["--quick"] if quick else []), *(["--on gpu"] if on == "gpu" else [])]
    asked += [f"--threads {threads}"] if threads else []
    with progress() as told:
        found = calibrate(
            quick=quick, threads=threads, folder=folder, accelerator=on == "gpu", told=told
        )
    if found.busy:
        warn(f"this machine: {found.busy}")
    command_line = " ".join(["edgesym calibrate", *asked])
    return device_file(found, command_line, datetime.now(UTC).date(), name)


def refuse_unwritable(option: str, target: Path, *, force: bool, ending: str = ".toml") -> None:
    """Refuse a file that could not be written, before anything is measured for it.

    Raises:
        ConfigError, OutputError: it has another ending, is there, or its folder is none that
            can be written to.
    """
    if target.suffix != ending:
        raise ConfigError(f"{option} {target}: the name must end in {ending}")
    if is_there(target) and not force:
        raise OutputError(f"{target}: is there; choose another name, or replace it with --force")
    folder = _existing(target.parent)
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = error.strerror or error
        message = f"{target}: {folder} cannot be written to ({reason}); choose another place"
        raise OutputError(message) from error


def _existing(folder: Path) -> Path:
    """A folder, or the nearest above it that is there."""
    return folder if is_there(folder) or folder == folder.parent else _existing(folder.parent)


def _said(device: Device) -> list[str]:
    """The figures that were measured."""
    figures = {f"peak.{dtype}": figure for dtype, figure in device.peaks.items()}
    figures |= device.figures
    return [f"{name:<19} {f}" for name, f in figures.items() if f.kind == "measured"]
