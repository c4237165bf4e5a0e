"""Classes of devices: what a device has where its own file does not say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgesym.data import shipped, stems
from edgesym.devices.figure import BY_DTYPE, FIGURES
from edgesym.errors import ConfigError, UnknownNameError

__all__ = ["class_names", "with_class"]

FOLDER = "devices/classes"


def class_names() -> list[str]:
    """The classes that a device file may name."""
    return list(stems(FOLDER))


def with_class(table: Mapping[str, Any], origin: str) -> dict[str, Any]:
    """A device file with the rows of its ``class`` under its own.

    A row of the device is in place of that of the class; one for every dtype, of all that the
    class has by dtype. What the class says of a dtype that the device has no peak for is left out.

    Raises:
        ConfigError, UnknownNameError: ``class`` is no class.
    """
    if "class" not in table:
        return dict(table)
    name = table["class"]
    if not isinstance(name, str):
        raise ConfigError(f"{origin}: class {name!r} must be the name of a class, in quotes")
    if name not in class_names():
        raise UnknownNameError(f"class of {origin}:", name, class_names())
    shared = shipped(FOLDER, name)
    peaks = _peaks(shared.get("peak", {}), table.get("peak", {}))
    below = {word: row for word, row in shared.items() if word in (*FIGURES, "runtimes")}
    merged = {**below, **table, **({"peak": peaks} if peaks else {})}
    for word in BY_DTYPE:
        if word in below:
            merged[word] = _by_dtype(below[word], table.get(word, {}), peaks)
    return merged


def _peaks(shared: Mapping[str, Any], own: Any) -> Any:
    """The peaks of the device, then those that its class adds."""
    return {**own, **shared, **own} if isinstance(own, Mapping) else own


def _by_dtype(shared: Mapping[str, Any], own: Any, peaks: Any) -> Any:
    """The rows of a figure that may differ by dtype, the device's over the class's."""
    if not isinstance(own, Mapping) or "value" in own or not isinstance(peaks, Mapping):
        return own
    kept = {k: v for k, v in shared.items() if not isinstance(v, Mapping) or k in peaks}
    return {**kept, **own}
