"""What it means that a model's code could not be traced, in a line for its author."""

from __future__ import annotations

import re

from torch._subclasses.fake_tensor import (
    DataDependentOutputException,
    DynamicOutputShapeException,
    UnsupportedOperatorException,
)
from torch.fx.experimental.symbolic_shapes import GuardOnDataDependentSymNode

from edgesym.tracing.guard import BYTES
from edgesym.tracing.sizes import is_own, short

__all__ = ["told"]

#: What the first line of torch's errors holds of itself and nobody else needs.
_NOISE = re.compile(r"(?<!\s)\s*\((?:unhinted|Size-like symbols): .*")
_WHOLE = 300


def told(error: BaseException) -> str:
    """The line of the author's code that an error came from, what happened there, and a remedy."""
    where = _line(error)
    return f"{where}: {_meaning(error)}" if where else _meaning(error)


def _meaning(error: BaseException) -> str:
    if isinstance(error, MemoryError):
        return (
            f"the code takes more than the {BYTES // 2**30} GiB of memory that it gets while it is "
            "traced; tensors are without values and take none, so make them with torch"
        )
    if isinstance(
        error,
        GuardOnDataDependentSymNode | DataDependentOutputException | DynamicOutputShapeException,
    ):
        return (
            "what runs here depends on the values of a tensor, and there are none, only shapes; "
            "write it without a branch, a loop or an index on values (torch.where, a product with "
            "a mask, all experts on all tokens)"
        )
    if isinstance(error, UnsupportedOperatorException):
        return _unknown(str(error.func))
    text = _NOISE.sub("", str(error).strip().partition("\n")[0])
    found = re.search(
        r"no fake impl registered for (\S+)|Missing implementation.*?(\w+::\w+)", text
    )
    if found:
        return _unknown(found[1] or found[2])
    return f"{type(error).__name__}: {text[:_WHOLE]}" if text else type(error).__name__


def _unknown(name: str) -> str:
    return (
        f"the custom operator {name} has no kernel for tensors without values; register one with "
        f"torch.library.register_fake, which says what shape comes out, or say it with --op "
        f"'{name.partition('.')[0]}: (EXTENT, ...)'"
    )


def _line(error: BaseException) -> str:
    """File and line of the innermost frame of the author's code."""
    found, at = "", error.__traceback__
    while at is not None:
        if is_own(at.tb_frame.f_code.co_filename):
            found = f"{short(at.tb_frame.f_code.co_filename)}:{at.tb_lineno}"
        at = at.tb_next
    return found
