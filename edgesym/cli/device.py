"""The option ``--device``: of one device, or of several that are put side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from edgesym.errors import ConfigError

__all__ = ["device_option", "several_devices"]

F = TypeVar("F", bound=Callable[..., Any])
_HELP = "A device or a device file (.toml)"


def _one(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> str | None:
    """The one device that is given; of several none is left out in silence."""
    if len(given) > 1:
        raise ConfigError(
            f"--device {' --device '.join(given)}: one device at a time; "
            "edgesym estimate, plot and report take several, and edgesym compare compares them"
        )
    return given[0] if given else None


def device_option(
    *, required: bool = False, name: str = "device_name", text: str = f"{_HELP}."
) -> Callable[[F], F]:
    """The option of a verb that looks at one device."""
    return click.option(
        "--device",
        name,
        required=required,
        multiple=True,
        callback=_one,
        metavar="DEVICE",
        help=text,
    )


several_devices = click.option(
    "--device",
    "device_names",
    required=True,
    multiple=True,
    metavar="DEVICE",
    help=f"{_HELP}; several are put side by side.",
)
