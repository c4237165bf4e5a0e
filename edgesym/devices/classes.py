"""Classes of devices: what a device has where its own file does not say."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cache
from typing import Any

from edgesym.data import shipped, stems
from edgesym.devices.figure import BY_DTYPE, FIGURES
from edgesym.errors import UnknownNameError

__all__ = ["class_names", "class_rows", "part_of", "with_class"]

FOLDER = "devices/classes"


def class_names() -> list[str]:
    """The classes that a device file may name."""
    return list(stems(FOLDER))


def class_rows(name: str) -> Mapping[str, Any]:
    """The file of a class, over that of the class which it names as its ``base``.

    Peaks of its own are in place of all those of the base.
    """
    return _merged(name)


@cache
def _merged(name: str) -> Mapping[str, Any]:
    own = shipped(FOLDER, name)
    if "base" not in own:
        return own
    return {**class_rows(own["base"]), **own}


def part_of(table: Mapping[str, Any]) -> str:
    """Whether a device file is of a ``cpu``, a ``gpu`` or an ``npu``, as its class says."""
    return str(class_rows(table["class"])["part"]) if "class" in table else ""


def with_class(table: Mapping[str, Any], origin: str) -> dict[str, Any]:
    """A device file with the rows of its ``class`` under its own.

    A row of the device is in place of that of the class; one for every dtype, of all that the
    class has by dtype. What the class says of a dtype that the device has no peak for is left out.

    Raises:
        UnknownNameError: ``class`` is no class.
    """
    if "class" not in table:
        return dict(table)
    name = table["class"]
    if name not in class_names():
        raise UnknownNameError(f"class of {origin}:", name, class_names())
    shared = class_rows(name)
    peaks = _peaks(shared.get("peak", {}), table.get("peak", {}))
    below = {word: row for word, row in shared.items() if word in (*FIGURES, "runtimes", "host")}
    merged = {**below, **table, **({"peak": peaks} if peaks else {})}
    for word in BY_DTYPE:
        if word in below:
            merged[word] = _by_dtype(below[word], table.get(word, {}), peaks)
    return merged


def _peaks(shared: Mapping[str, Any], own: Any) -> Any:
    """The peaks of the device, then those that its class computes from these."""
    if not isinstance(own, Mapping):
        return own
    peaks = dict(own)
    # one that is computed from a peak which the device does not have is not known
    while new := {d: r for d, r in shared.items() if d not in peaks and _needs(r) <= peaks.keys()}:
        peaks |= new
    return peaks


def _needs(row: Any) -> set[str]:
    """The dtypes of the peaks that a row of a class is computed from."""
    tree = ast.parse(str(row["value"]), mode="eval")
    found = (node for node in ast.walk(tree) if isinstance(node, ast.Attribute))
    return {node.attr for node in found if ast.unparse(node.value) == "peak"}


def _by_dtype(shared: Mapping[str, Any], own: Any, peaks: Any) -> Any:
    """The rows of a figure that may differ by dtype, the device's over the class's."""
    if not isinstance(own, Mapping) or "value" in own or not isinstance(peaks, Mapping):
        return own
    if peaks and peaks.keys() <= own.keys():
        return own
    kept = {k: v for k, v in shared.items() if not isinstance(v, Mapping) or k in peaks}
    return {**kept, **own}
