"""The frames of documents: what stands around their bodies, ours or a user's own."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    FunctionLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
)
from jinja2.loaders import split_template_path
from markupsafe import Markup

from edgesym.errors import ConfigError
from edgesym.files.read import is_there, read_text
from edgesym.render.markup import Html, Latex, Markdown, Medium
from edgesym.render.sandbox import Sandbox

__all__ = ["framed", "missing"]

#: Ending of a template -> what its text is.
_MEDIA: dict[str, type[Medium]] = {"tex": Latex, "html": Html, "md": Markdown}
#: Ending of a template -> its delimiters; braces and percent signs are TeX's own.
_DELIMITERS: dict[str, dict[str, str]] = {
    "tex": {
        "block_start_string": "<%",
        "block_end_string": "%>",
        "variable_start_string": "<<",
        "variable_end_string": ">>",
        "comment_start_string": "<#",
        "comment_end_string": "#>",
    },
    "html": {},
    "md": {},
}
#: What a template of a user's own may do wrong, beside what jinja2 says of it.
_WRONG = (ArithmeticError, LookupError, MemoryError, RecursionError, TypeError, ValueError)


def framed(name: str, parts: Mapping[str, str | Medium], folder: Path | None = None) -> str:
    """A frame with its parts in it.

    Args:
        name: of the template, such as ``document.html.j2``.
        parts: what it may name. Whatever it prints is escaped for the medium of the frame, unless
            it is markup of that medium.
        folder: holds templates of a user's own, which may extend ours as
            ``edgesym/document.html.j2``; nothing outside of the folder is read.

    Raises:
        ConfigError: a template of the folder is missing or wrong, with its line.
    """
    language = name.split(".")[-2]
    delimiters: dict[str, Any] = _DELIMITERS[language]
    environment = Sandbox(
        loader=_loader(folder),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=True,
        **delimiters,
    )
    medium = _MEDIA[language]
    environment.finalize = lambda printed: environment.measured(_escaped(medium, printed))
    if folder is None:
        return environment.get_template(name).render(**parts)
    try:
        return environment.get_template(name).render(**parts)
    except TemplateNotFound as error:
        raise missing(folder, name, str(error.name)) from error
    except TemplateSyntaxError as error:
        where = f"{error.name or name}, line {error.lineno}"
        raise ConfigError(f"--template {folder}: {where}: {error.message}") from error
    except TemplateError as error:
        known = ", ".join(sorted(parts))
        raise ConfigError(
            f"--template {folder}: {name}: {error.message}; a template may name {known}"
        ) from error
    except (*_WRONG, OSError) as error:
        said = str(error) or type(error).__name__
        raise ConfigError(f"--template {folder}: {name}: {said}") from error


def _escaped(medium: type[Medium], printed: object) -> Medium | Markup:
    """What a template prints: markup of its medium and of its own blocks as it is, else escaped."""
    return printed if type(printed) is Markup else medium.escape(printed)


def missing(folder: Path, name: str, lacking: str = "") -> ConfigError:
    """What is said of a frame, or of a template that it names, that a folder lacks."""
    delimiters = _DELIMITERS[name.split(".")[-2]]
    start, end = (delimiters.get(f"block_{side}_string") for side in ("start", "end"))
    return ConfigError(
        f"--template {folder}: no {lacking or name} there; write one, which may begin with "
        f'{start or "{%"} extends "edgesym/{name}" {end or "%}"}'
    )


def _loader(folder: Path | None) -> BaseLoader:
    ours = FunctionLoader(_template)
    if folder is None:
        return ours
    own = FunctionLoader(lambda name: _of_user(folder, name))
    return ChoiceLoader([PrefixLoader({"edgesym": ours}), own])


def _of_user(folder: Path, name: str) -> str | None:
    """A template of a user's own, from the folder or below it."""
    path = folder.joinpath(*split_template_path(name))
    return read_text(path, "template") if is_there(path) else None


def _template(name: str) -> str | None:
    found = resources.files("edgesym.templates").joinpath(name)
    return found.read_text(encoding="utf-8") if found.is_file() else None
