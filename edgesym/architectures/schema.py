"""What an architecture file may hold: docs/adding-an-architecture.md says what it means.

Files of towers and of what joins them to a text are the package's alone (docs/towers.md).
"""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from edgesym.filetypes import Formula, Line, Number, Part, Scalar, Table, Text

__all__ = ["Architecture", "JoinedFile", "TowerFile"]

Keys = Annotated[list[Line], Meta(max_length=10_000, description="a list of names of keys")]


class Field(Table):
    """A value of a config: where it stands, and what it is where it does not."""

    key: Line | list[Line] = []
    default: Any = None
    null: Any = None
    nested: Any = None
    used: bool | Formula = True
    only: list[Any] = []
    least: Number = 0
    multiple: Line = ""
    per_layer: bool = False


class Step(Table):
    """A step of a block that is more than a layer."""

    part: Part = ""
    residual: Steps = []
    aside: Steps = []
    skipped: Steps = []
    parallel: Annotated[list[Steps], Meta(min_length=1, description="a list of branches")] = []
    when: Formula = ""
    then: Steps = []
    otherwise: Steps = []


Steps = Part | Step | list[Part | Step]
#: A layer by name, and its options, which the function of the layer declares.
Layer = dict[Part, Scalar | list[Part | Step]]


class Slot(Table):
    """What differs from layer to layer."""

    each: Formula = ""
    kinds: dict[Part, Layer] = {}
    extents: dict[Part, dict[Part, Formula]] = {}


class Ahead(Table):
    """The block that predicts further tokens."""

    modules: Formula = "0"
    labels: dict[Part, Formula] = {}


class Architecture(Table):
    """The whole file; one that extends another leaves out what it takes over."""

    model_types: Annotated[list[Line], Meta(min_length=1, description="a list of names")] = []
    source: Text = ""
    extends: Part = ""
    classes: Keys = []
    marks: dict[Line, Keys] = {}
    headed: Keys = []
    cosmetic: Keys = []
    elementwise: Keys = []
    symbols: dict[Part, Field] = {}
    options: dict[Part, Field] = {}
    layers: dict[Part, Layer] = {}
    slots: dict[Part, Slot] = {}
    blocks: dict[Part, Steps] = {}
    repeats: Annotated[dict[Part, Part], Meta(min_length=1)] = {}
    entries: dict[Part, list[Part]] = {}
    over: dict[Part, Formula] = {}
    mtp: Ahead | None = None


class Stack(Table):
    """Blocks beside the text, and what an image or a piece of audio is to them."""

    cosmetic: Keys = []
    symbols: dict[Part, Field] = {}
    options: dict[Part, Field] = {}
    layers: dict[Part, Layer] = {}
    slots: dict[Part, Slot] = {}
    blocks: dict[Part, Steps] = {}
    repeats: dict[Part, Part] = {}
    entries: dict[Part, list[Part]] = {}
    sizes: dict[Part, Formula] = {}
    over: Part = ""


class TowerFile(Stack):
    """A tower."""

    model_types: list[Line] = []
    source: Text = ""
    extends: Part = ""


class Medium(Stack):
    """The tower that a multimodal architecture has, and the projector behind it."""

    config: list[Line] = []
    tower: Line = ""
    also: Keys = []
    absent: dict[Line, Any] = {}
    called: dict[Line, dict[Line, Any]] = {}


class JoinedFile(Table):
    """A multimodal architecture."""

    source: Text
    model_types: list[Line] = []
    classes: list[Line] = []
    marks: Keys = []
    extends: Part = ""
    text: Line = ""
    texts: dict[Line, Line] = {}
    image: Medium | None = None
    audio: Medium | None = None
