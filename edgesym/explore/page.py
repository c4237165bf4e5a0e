"""The page: one HTML file that holds its styles, its scripts, the library and the data."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from edgesym.data import packaged
from edgesym.errors import OutputError
from edgesym.explore.data import LARGEST, Data

__all__ = ["GENERATOR", "MODULES", "bundled", "page"]

#: What a page says it was made by.
GENERATOR = "edgesym explore"
#: The modules of the page, each after those that it imports from.
MODULES = (
    "tape",
    "units",
    "spread",
    "waits",
    "machine",
    "state",
    "store",
    "elements",
    "charts",
    "formula",
    "dataflow",
    "sliders",
    "inverse",
    "download",
    "panel",
    "checker",
    "main",
)
#: The library that draws, and what it needs; unchanged, as published: ``vendor/README.md``.
_LIBRARIES = ("d3.min.js", "plot.umd.min.js")
#: What a module takes from another, and what it gives.
_IMPORT = re.compile(r'(?m)^import (?:\* as )?(?P<what>[^;]+?) from "\./(?P<name>\w+)\.js";$')
_EXPORT = re.compile(r"(?m)^export (?P<kind>async function|function|class|const) (?P<what>\w+)")
#: What would end a script in the middle of it.
_ENDS = re.compile(r"<(?=/script|!--)", re.IGNORECASE)


def page(data: Data, *, served: bool = False) -> str:
    """The page that explores the data.

    Nothing is loaded from elsewhere, and the browser is told to refuse to: its policy names each
    script by its hash. Only a page that is ``served`` asks its own server, to check equations.

    Raises:
        OutputError: it is larger than a browser can hold.
    """
    scripts = [_text(f"vendor/{name}") for name in _LIBRARIES]
    scripts.append(bundled(MODULES))
    environment = Environment(
        loader=FunctionLoader(lambda name: _text(f"page/{name}")),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made = environment.get_template("explorer.html.j2").render(
        generator=GENERATOR,
        style=Markup(_text("page/style.css")),  # noqa: S704 - ours
        scripts=[Markup(script) for script in scripts],  # noqa: S704 - ours
        hashes=" ".join(f"'sha256-{_hash(script)}'" for script in scripts),
        connect="'self'" if served else "'none'",
        served=served,
        index=Markup(_held(data.index)),  # noqa: S704 - nothing in it ends its element
        programs=[Markup(program) for program in data.programs],  # noqa: S704 - base64
    )
    if len(made) > LARGEST:
        raise OutputError(
            f"the page would take {len(made) / 1e6:.0f} MB, more than browsers open; name fewer "
            "models, devices, runtimes or recipes"
        )
    return made


def bundled(modules: Sequence[str]) -> str:
    """Modules of the page as one script, each a function: a page from a file may import none.

    >>> "export" in bundled(["tape"])
    False
    """
    script = "\n".join(map(_wrapped, modules))
    return _ENDS.sub(r"\\x3c", f'"use strict";\n(() => {{\n{script}}})();\n')


def _wrapped(name: str) -> str:
    """A module as a function that is run once and gives what the module exports."""
    text = _text(f"page/{name}.js")
    given = ", ".join(match["what"] for match in _EXPORT.finditer(text))
    body = _EXPORT.sub(r"\g<kind> \g<what>", _IMPORT.sub(r"const \g<what> = $\g<name>;", text))
    return f"const ${name} = (() => {{\n{body}return {{ {given} }};\n}})();\n"


def _text(name: str) -> str:
    return packaged("explore", name).decode()


def _hash(script: str) -> str:
    return b64encode(sha256(script.encode()).digest()).decode()


def _held(json: str) -> str:
    """JSON as it may stand in an element of a page: it never ends it."""
    return json.replace("<", r"\u003c").replace("\u2028", r"\u2028").replace("\u2029", r"\u2029")
