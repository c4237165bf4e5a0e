"""A device file to fill in."""

from __future__ import annotations

import json

from edgesym.devices.classes import class_names, class_rows
from edgesym.devices.figure import FIGURES
from edgesym.symbols import TABLE
from edgesym.units import UNITS

__all__ = ["template"]

#: What no class can say of a device, with the unit that people write it in.
_OWN = {
    "peak.fp32": "GFLOP/s",
    "memory_size": "GiB",
    "memory_bandwidth": "GB/s",
    "power_limit": "W",
}


def template(name: str) -> str:
    """A device file with comments, in which every ``?`` is to be filled in.

    Nothing is made up: read as it is, it is refused at the first ``?``.

    >>> print(template("My board").splitlines()[2])
    name = "My board"
    """
    classes = [f"#   {each:<20} {class_rows(each)['summary']}" for each in class_names()]
    return "\n".join(
        (
            "# A device for edgesym: fill in each ?, then give this file as --device.",
            "# edgesym devices raspberry-pi-5 shows a complete one, docs/devices.md the keys.",
            f"name = {json.dumps(name, ensure_ascii=False)}",
            'summary = ""',
            "# Needed are a class, a peak and memory_bandwidth. Any other table that is left",
            "# out is taken from the class, with the range of its devices:",
            *classes,
            'class = "?"',
            '# host = "..."  # the device that is the processor beside it, where there is one',
            '# runtimes = ["llama.cpp-cuda"]  # what runs on it, the usual first; or as the class',
            "",
            *(line for word, unit in _OWN.items() for line in _table(word, unit, "")),
            "# The figures of the class, where this device is known better. More peaks as well:",
            "# [peak.fp16], [peak.bf16], [peak.int8], each dense (no sparsity), of the unit that",
            "# multiplies matrices; [compute_utilisation.int8] is that of one dtype.",
            "",
            *(
                line
                for word in FIGURES
                if word not in _OWN
                for line in _table(word, _unit(word), "# ")
            ),
        )
    )


def _table(word: str, unit: str, mark: str) -> list[str]:
    """The lines of a figure; with a mark, commented out."""
    entry = TABLE["peak_flops" if word.startswith("peak.") else word]
    return [
        f"{mark}[{word}]  # {entry.meaning}",
        f'{mark}value = "?"  # a number, or arithmetic: "4 * 2.4 * 16"',
        f'{mark}unit = "{unit}"',
        f"{mark}# std = ..., or range = [..., ...]: how far it may lie from that",
        f'{mark}kind = "stated"  # by the vendor; or measured, derived, inherited, assumed',
        f'{mark}condition = ""  # what it holds for',
        f'{mark}source = "?"',
        "",
    ]


def _unit(word: str) -> str:
    """The unit that a figure is in, as it may be written in a file."""
    base = TABLE[word].unit
    return base if base in UNITS else "1"
