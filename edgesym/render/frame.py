"""The frames of LaTeX and HTML documents: what stands around their bodies."""

from __future__ import annotations

from importlib import resources
from typing import Any

from jinja2 import FunctionLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

__all__ = ["framed"]

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
}


def framed(name: str, **parts: str) -> str:
    """A frame with its parts in it, which are in the language of the frame already."""
    delimiters: dict[str, Any] = _DELIMITERS[name.split(".")[-2]]
    environment = ImmutableSandboxedEnvironment(
        loader=FunctionLoader(_template),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
        **delimiters,
    )
    return environment.get_template(name).render(**parts)


def _template(name: str) -> str:
    return resources.files("edgesym.templates").joinpath(name).read_text(encoding="utf-8")
