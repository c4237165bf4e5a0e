"""A tape as machine code, by way of C and the system's compiler.

What is given as one number is read once, what is given as a column row by row; the compiler
makes vector instructions of the loop. The code lies in a folder of the process's own while it is
loaded, and nowhere after.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from os import environ
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgesym.engine.code import Target, Writer
from edgesym.engine.tape import Tape
from edgesym.errors import ConfigError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["C", "c_source", "compiler", "native_function"]

#: How operations are written in C.
C = Target(
    {
        "maximum": "larger({0}, {1})",
        "minimum": "smaller({0}, {1})",
        "remainder": "remains({0}, {1})",
        "floor": "times({0}, {1})",
        "ceiling": "(-times(-({0}), {1}))",
        "log": "log({0})",
        "power_sum": "series({0}, {1})",
    },
    power="pow({0}, {1})",
    root="sqrt({0})",
    infinity="INFINITY",
    whole=False,
)
#: Compilers that are looked for, after what the variable CC names.
_COMPILERS = ("cc", "gcc", "clang")
#: Given up are signs of zero, traps, errno, and the last digit of a quotient by what others are
#: divided by too; the order of operations is not.
_FLAGS = (
    *("-O3", "-march=native", "-mprefer-vector-width=512"),
    *("-fno-math-errno", "-fno-trapping-math", "-fno-signed-zeros", "-freciprocal-math"),
)
_SECONDS = 120

#: A quotient rounded down is corrected by its exact remainder: 1/0.1 is 9 times 0.1 and a rest,
#: as Python and NumPy have it.
_HEAD = """\
#include <math.h>
static inline double larger(double a, double b) { return a > b ? a : b; }
static inline double smaller(double a, double b) { return a < b ? a : b; }
static inline double times(double a, double b) {
    double n = floor(a / b);
    double rest = fma(-n, b, a);
    n = (b > 0 ? rest < 0 : rest > 0) ? n - 1 : n;
    return (b > 0 ? rest >= b : rest <= b) ? n + 1 : n;
}
static inline double remains(double a, double b) { return fma(-times(a, b), b, a); }
static inline double series(double a, double n) {
    return a == 1 ? n : (1 - pow(a, n)) / (1 - a);
}
void run(long rows, const double *const *in, double *const *out) {
"""


def c_source(tape: Tape, varying: Sequence[bool]) -> str:
    """The function in C: inputs by place, those that vary as columns.

    >>> from edgesym.engine.tape import tape_of
    >>> from edgesym.symbols import symbol
    >>> H, I = symbol("hidden"), symbol("intermediate")
    >>> print(c_source(tape_of([H**2, I], {}), [False, True]).partition("out) {")[2].strip())
    const double x0 = *in[0];
        const double *restrict c3 = in[1];
        double *restrict o0 = out[0];
        double *restrict o1 = out[1];
        #pragma GCC ivdep
        for (long i = 0; i < rows; i++) {
            const double x3 = c3[i];
            const double y0 = pow(x0, 2.0);
            const double y1 = x3;
            o0[i] = y0;
            o1[i] = y1;
        }
    }
    """
    places = list(tape.inputs.values())
    ones, columns = [], []
    for at, (place, varies) in enumerate(zip(places, varying, strict=True)):
        if varies:
            ones.append(f"const double *restrict c{place} = in[{at}];")
            columns.append(f"const double x{place} = c{place}[i];")
        else:
            ones.append(f"const double x{place} = *in[{at}];")
    rows = range(len(tape.results))
    ones += [f"double *restrict o{row} = out[{row}];" for row in rows]
    steps = [f"const double {name} = {text};" for name, text, _ in Writer(tape, C).lines]
    body = [*columns, *steps, *(f"o{row}[i] = y{row};" for row in rows)]
    lines = [f"    {line}\n" for line in ones]
    lines += ["    #pragma GCC ivdep\n    for (long i = 0; i < rows; i++) {\n"]
    lines += [f"        {line}\n" for line in body]
    return _HEAD + "".join(lines) + "    }\n}\n"


def compiler() -> str | None:
    """The C compiler of this system; none where there is none."""
    wanted = (environ.get("CC", ""), *_COMPILERS)
    return next((found for name in wanted if name and (found := shutil.which(name))), None)


Native = Callable[[Sequence["NDArray[np.float64]"], "NDArray[np.float64]"], None]


def native_function(tape: Tape, varying: Sequence[bool]) -> Native:
    """The tape as a function of contiguous columns, or numbers, and of the rows it writes to.

    Raises:
        ConfigError: there is no compiler, or it fails.
    """
    run = _loaded(c_source(tape, varying))
    places = len(tape.inputs)
    pointers, results = ctypes.c_void_p * max(places, 1), ctypes.c_void_p * len(tape.results)

    def called(columns: Sequence[NDArray[np.float64]], found: NDArray[np.float64]) -> None:
        given = pointers(*[column.__array_interface__["data"][0] for column in columns])
        start, step = found.__array_interface__["data"][0], found.strides[0]
        rows = range(start, start + step * len(found), step)
        run(found.shape[1], given, results(*rows))

    return called


def _loaded(source: str) -> Any:
    """The function of a source, compiled and loaded; it lets other threads run meanwhile."""
    command = compiler()
    if command is None:
        raise ConfigError(
            "backend c: no C compiler was found (CC, cc, gcc or clang); install one, or take the "
            "backend numpy"
        )
    with tempfile.TemporaryDirectory(prefix="edgesym-") as folder:
        text, library = Path(folder, "run.c"), Path(folder, "run.so")
        text.write_text(source, encoding="utf-8")
        arguments = [command, *_FLAGS, "-shared", "-fPIC", "-o", str(library), str(text), "-lm"]
        try:
            made = subprocess.run(  # noqa: S603 (a compiler of the system, on text of our own)
                arguments, capture_output=True, text=True, timeout=_SECONDS, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ConfigError(f"backend c: {command} cannot be run: {error}") from error
        if made.returncode:
            said = next(iter(made.stderr.strip().splitlines()), "no message")
            raise ConfigError(f"backend c: {command} failed ({said}); take the backend numpy")
        run = ctypes.CDLL(str(library)).run
    run.argtypes = (ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p)
    run.restype = None
    return run
