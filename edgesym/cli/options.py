"""Putting options on a verb, and refusing those that say nothing in a call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click
from click.core import ParameterSource

from edgesym.errors import ConfigError

__all__ = ["refuse_given", "with_options"]


def with_options(verb: Callable[..., Any], added: Sequence[Callable[[Any], Any]]) -> Any:
    """A verb with further options, which its help lists in this order."""
    for add in reversed(added):
        verb = add(verb)
    return verb


def refuse_given(why: str, *names: str) -> None:
    """Refuse options that are given and say nothing in this call.

    Args:
        why: what they are of, and what to do.
        names: as the verb is handed them.

    Raises:
        ConfigError: naming the first that is given.
    """
    context = click.get_current_context()
    for option in context.command.params:
        name = option.name or ""
        is_given = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        if name in names and is_given:
            is_off = option.secondary_opts and context.params[name] is False
            said = max(option.secondary_opts if is_off else option.opts, key=len)
            raise ConfigError(f"{said} {why}")
