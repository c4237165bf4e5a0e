"""The words of a command line before a verb reads them: none empty, no option given in vain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from edgesym.errors import ConfigError

__all__ = ["refuse_blank", "refuse_repeated"]


def refuse_blank(words: Sequence[str]) -> None:
    """Refuse a word without a sign in it: mostly a variable of a script that is not set.

    Raises:
        ConfigError: naming the option, or what it stands behind.
    """
    for place, word in enumerate(words):
        name, sign, value = word.partition("=")
        before = words[place - 1] if place else ""
        if not word.strip():
            where = f"an empty word behind {before or 'edgesym'}"
            if before.startswith("-") and before.strip("-"):
                where = f"{before} is empty"
        elif sign and name.startswith("--") and not value.strip():
            where = f"{name} is empty"
        else:
            continue
        raise ConfigError(f"{where}; give a value, or leave it out")


def refuse_repeated(verb: click.Command, words: Sequence[str]) -> None:
    """Refuse an option of one value that is given several: all but the last would be passed over.

    Raises:
        ConfigError: naming the option and its values.
    """
    once = {
        name: option.opts[0]
        for option in verb.params
        if isinstance(option, click.Option) and not (option.multiple or option.is_flag)
        for name in option.opts
        if name.startswith("-")
    }
    given: dict[str, str] = {}
    for name, value in _given(words):
        if (option := once.get(name)) is None:
            continue
        if option in given:
            raise ConfigError(
                f"{name} is given as {given[option]} and as {value}, and takes one value; leave "
                "one of them out"
            )
        given[option] = value


def _given(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Options with what stands behind each, whether behind a sign of equality or a space."""
    for place, word in enumerate(words):
        if word == "--":
            return
        name, sign, value = word.partition("=")
        if name.startswith("-"):
            yield name, value if sign else "".join(words[place + 1 : place + 2])
