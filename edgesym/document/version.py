"""Which edgesym answered."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

__all__ = ["edgesym_version"]


def edgesym_version() -> str:
    """The version of the package, or ``unknown`` where it is not installed.

    >>> edgesym_version() != ""
    True
    """
    try:
        return version("edgesym")
    except PackageNotFoundError:  # run from its source
        return "unknown"
