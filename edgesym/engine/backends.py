"""What runs a tape at many points: one table, one kind of function.

A kernel takes an array for each input, which broadcast to one shape, and writes the value of each
closed form to a row of ``found``, whose other axes have that shape.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edgesym.engine.code import function_of
from edgesym.engine.native import native_function
from edgesym.engine.point import point_of
from edgesym.engine.tape import Tape
from edgesym.errors import UnknownNameError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["BACKENDS", "CHUNK", "Backend", "Kernel", "find_backend"]

Kernel = Callable[[Sequence["NDArray[Any]"], "NDArray[Any]"], None]

#: Rows that are computed at once: a column of doubles of this length stays in cache. Of 1,024 to
#: 32,768 it measures best (``python -m benchmarks backends``); from 16,384 on each column is
#: fetched anew from the system.
CHUNK = 8192


@dataclass(frozen=True, slots=True)
class Backend:
    """A way to run a tape.

    Attributes:
        kernel: the kernel of a tape, and of which inputs vary.
        meaning: what it is, in a line.
        is_exact: whether whole numbers and fractions stay what they are; the rows are of objects.
    """

    kernel: Callable[[Tape, tuple[bool, ...]], Kernel]
    meaning: str
    is_exact: bool = False


def _exact(tape: Tape, varying: tuple[bool, ...]) -> Kernel:
    """Each point in Python's whole numbers and fractions."""

    def point(*given: Any) -> tuple[Any, ...]:
        return point_of(tape, given).results

    return _one_by_one(point)


def _math(tape: Tape, varying: tuple[bool, ...]) -> Kernel:
    """Each point in Python's floats."""
    return _one_by_one(function_of(tape, "math"))


def _one_by_one(function: Callable[..., tuple[Any, ...]]) -> Kernel:
    import numpy as np

    def kernel(columns: Sequence[NDArray[Any]], found: NDArray[Any]) -> None:
        shape = found.shape[1:]
        rows = zip(*(np.broadcast_to(c, shape).reshape(-1).tolist() for c in columns), strict=True)
        flat = found.reshape(len(found), -1)
        for place in range(flat.shape[1]):
            flat[:, place] = function(*next(rows)) if columns else function()

    return kernel


def _numpy(tape: Tape, varying: tuple[bool, ...]) -> Kernel:
    """A chunk of columns in NumPy, what depends on few axes on those alone."""
    import numpy as np

    function = function_of(tape, "numpy")

    def kernel(columns: Sequence[NDArray[Any]], found: NDArray[Any]) -> None:
        with np.errstate(all="ignore"):
            for row, result in zip(found, function(*columns), strict=True):
                row[...] = result

    return kernel


def _native(tape: Tape, varying: tuple[bool, ...]) -> Kernel:
    """Machine code, row by row."""
    import numpy as np

    run = native_function(tape, varying)

    def kernel(columns: Sequence[NDArray[Any]], found: NDArray[Any]) -> None:
        shape = found.shape[1:]

        def whole(column: NDArray[Any]) -> NDArray[Any]:
            """A column with a number of its own for each row."""
            if column.shape == shape and column.flags.c_contiguous:
                return column
            return np.ascontiguousarray(np.broadcast_to(column, shape))

        pairs = zip(columns, varying, strict=True)
        flat = [whole(column) if varies else column for column, varies in pairs]
        run(flat, found if found.ndim == 2 else found.reshape(len(found), -1))

    return kernel


#: Every backend by name; those in double precision agree to 1e-12 with the exact one.
BACKENDS = {
    "numpy": Backend(_numpy, "NumPy columns, in chunks that stay in cache"),
    "c": Backend(_native, "machine code, by way of the system's C compiler"),
    "math": Backend(_math, "Python floats, point by point"),
    "exact": Backend(_exact, "whole numbers and fractions of any size", is_exact=True),
}


def find_backend(name: str) -> Backend:
    """The backend of that name.

    Raises:
        UnknownNameError: there is none.
    """
    if name not in BACKENDS:
        raise UnknownNameError("backend", name, BACKENDS)
    return BACKENDS[name]
