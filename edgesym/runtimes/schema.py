"""What a runtime file may hold: docs/runtimes.md says what it means."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from edgesym.devices.schema import Row, RowOrDtypes
from edgesym.filetypes import Line, Name, Number, Stated, Table, Text, formed

__all__ = ["RuntimeFile"]

Kernel = Annotated[
    str,
    formed(r"[A-Za-z_]\w*", 100, "a plain name: letters, digits and _, such as attention"),
]
Purposes = Annotated[
    list[Name], Meta(min_length=1, description='a list of purposes, such as ["gate", "up"]')
]
Many = Annotated[
    int,
    Meta(
        ge=1,
        le=2**20,
        description=f"a whole number from 1 to {2**20}; leave the line out where there is none",
    ),
]


Launches = Annotated[
    int | Line,
    Meta(
        description='a whole number up to 1000, or a fraction as text, such as "1/2" where two '
        "operations are started as one"
    ),
]


class Reached(Table, kw_only=True):
    """Efficiencies."""

    compute_utilisation: RowOrDtypes = {}
    memory_utilisation: Row | None = None
    launch_overhead: Row | None = None


class Figures(Reached, kw_only=True):
    """Efficiencies, and what a step costs besides."""

    handover_overhead: Row | None = None
    sequence_overhead: Row | None = None


class Efficiency(Reached, kw_only=True):
    """Efficiencies of a kernel."""

    kernel: Kernel
    purposes: Purposes


class Fuse(Table):
    """Operations that run as one kernel."""

    kernel: Kernel
    purposes: Purposes
    source: Stated
    chain: bool = True
    siblings: bool = False


class Absorb(Table):
    """Operations that a kernel takes along."""

    purposes: Purposes
    source: Stated
    into: Purposes = []


class Memory(Table):
    """What lies in memory beside weights and cache."""

    source: Text = ""
    activations: Line = ""
    mask: Line = ""
    tokens: Many = 1
    inputs: bool = False
    cache_page: Many = 1
    table: bool = False
    copied: list[Line] = []
    made_by: Purposes = []
    read_by: Purposes = []
    entries: bool = False
    outlive: bool = False
    appended: bool = False
    embedded: bool = False
    routed: Many = 1


class Places(Table):
    """How layers are left to other places."""

    source: Text = ""
    runs: Line = ""
    last: bool = False
    head: bool = False
    copies_from: Many = 1


class RuntimeFile(Table):
    """The whole file; one with a base leaves out what it has from it."""

    name: Line = ""
    summary: Text = ""
    source: Text = ""
    base: Line = ""
    backends: bool = False
    whole: bool = False
    as_written: bool = False
    fuse: list[Fuse] = []
    absorb: list[Absorb] = []
    launches: dict[Name, Launches] = {}
    arithmetic: dict[Name, list[Name]] = {}
    figures: Figures | None = None
    efficiency: list[Efficiency] = []
    memory: Memory | None = None
    formats: list[Line] = []
    most_rows: Many = 1
    rest: Line = ""
    composition: Line = ""
    smoothness: Number = 1
    queued: bool = False
    places: Places | None = None
