"""Evaluations per second of each backend, beside EdgeProfiler's loop and a copy of the same bytes.

A row is a full profile: ten quantities of llama-3.2-1b in 4 bits on a Raspberry Pi 5. All of a
table is timed in turns, and the least of several turns is taken.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.util import find_spec

import numpy as np

from benchmarks.edgeprofiler import loop
from benchmarks.timing import in_turns, table
from edgesym.architectures.locate import load
from edgesym.devices import find_device
from edgesym.engine.backends import CHUNK
from edgesym.engine.code import source_of
from edgesym.engine.fold import folded
from edgesym.engine.native import compiler
from edgesym.engine.program import Program, program_of
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup

QUANTITIES = (
    *("parameters", "flops", "weight_memory_bytes", "kv_cache_bytes", "memory_footprint"),
    *("time_per_output_token", "tokens_per_second", "time_to_first_token"),
    *("energy_per_token", "arithmetic_intensity"),
)
AXES = {
    "2 axes": ("context", "batch"),
    "6 axes": ("context", "batch", "hidden", "intermediate", "layers", "bandwidth"),
}
#: Times EdgeProfiler's loop, and microseconds a quantity, at least.
NUMPY, COMPILED, SCALAR = 70, 1000, 1.0
ROWS, LOOP, POINTS = 2**19, 2000, 200
Columns = list[np.ndarray]


def setup_of() -> Setup:
    run = Run(weights="q4_0", kernels="fused")
    return Setup(load("llama-3.2-1b"), find_device("raspberry-pi-5"), run)


def program_over(axes: tuple[str, ...]) -> Program:
    return setup_of().compile(QUANTITIES, axes).program


def columns_of(program: Program, rows: int) -> Columns:
    """Numbers of the size that each symbol has."""
    generator, values = np.random.default_rng(0), setup_of().values()
    return [float(values[made]) * generator.uniform(0.5, 2.0, rows) for made in program.symbols]


def chunks(program: Program, backend: str, chunk: int, threads: int = 1) -> Callable[[], object]:
    """Work on :data:`ROWS` rows, chunk by chunk, each over the one before."""
    kernel = program.kernel(backend, (True,) * len(program.symbols))
    columns = columns_of(program, chunk)
    pool = ThreadPoolExecutor(threads)

    def some(times: int) -> None:
        found = np.empty((len(QUANTITIES), chunk))
        for _ in range(times):
            kernel(columns, found)

    def work() -> None:
        list(pool.map(some, [ROWS // chunk // threads] * threads))

    return work if threads > 1 else partial(some, ROWS // chunk)


def copies(program: Program) -> Callable[[], object]:
    """A copy of as many bytes as a chunk's columns are read and written."""
    half = (len(program.symbols) + len(QUANTITIES)) * CHUNK // 2
    source, target = np.ones(half), np.empty(half)

    def work() -> None:
        for _ in range(ROWS // CHUNK):
            np.copyto(target, source)

    return work


def numba_chunks(program: Program) -> Callable[[], object]:
    """The same by numba: the steps in Python floats, in a loop that it compiles."""
    import numba

    tape = folded(program.tape)
    first, *lines = source_of(tape, "math").splitlines()
    names = first.partition("(")[2].rstrip("):").split(", ")
    body = [line for line in lines if not line.strip().startswith(("del ", "return "))]
    text = [f"def run({', '.join(f'c{name}' for name in names)}, found):"]
    text += [" for i in range(found.shape[1]):", *(f"    {n} = c{n}[i]" for n in names), *body]
    text += [f"    found[{row}, i] = y{row}" for row in range(len(QUANTITIES))]
    space: dict[str, object] = {"math": __import__("math")}
    exec("\n".join(text), space)  # noqa: S102 - our own text
    flags = {"contract", "nsz", "arcp", "nnan"}
    function = numba.njit(space["run"], nogil=True, fastmath=flags, error_model="numpy")
    columns, found = columns_of(program, CHUNK), np.empty((len(QUANTITIES), CHUNK))
    function(*columns, found)
    kernel = program.kernel("numpy", (True,) * len(names))
    truth = np.empty_like(found)
    kernel(columns, truth)
    assert np.allclose(found, truth, rtol=1e-12, atol=0)

    def work() -> None:
        for _ in range(ROWS // CHUNK):
            function(*columns, found)

    return work


def backends() -> list[str]:
    """Each backend; numba beside C where it is installed."""
    missed = []
    for title, axes in AXES.items():
        program = program_over(axes)
        point = {
            m: float(c[0]) for m, c in zip(program.symbols, columns_of(program, 1), strict=True)
        }
        work = {
            "EdgeProfiler's loop": (partial(loop, range(1, LOOP + 1)), LOOP),
            "exact": (partial(_points, program.exact, point), POINTS),
            "scalar": (partial(_points, program.floats, point), POINTS),
            "numpy": (chunks(program, "numpy", CHUNK), ROWS),
        }
        if compiler():
            work["c"] = (chunks(program, "c", CHUNK), ROWS)
            work["c, 2 threads"] = (chunks(program, "c", CHUNK, 2), ROWS)
        if find_spec("numba"):
            work["numba"] = (numba_chunks(program), ROWS)
        work["copy of the bytes"] = (copies(program), ROWS)
        times = in_turns({name: run for name, (run, _) in work.items()})
        each = {name: times[name] / count for name, (_, count) in work.items()}
        base, copy = each["EdgeProfiler's loop"], each["copy of the bytes"]
        rows = [
            (name, f"{1e-6 / t:,.4g}", f"{1e6 * t:.4g}", f"{base / t:,.0f}", f"{t / copy:,.1f}")
            for name, t in each.items()
        ]
        heads = (title, "M rows/s", "us a row", "x EdgeProfiler", "x copy")
        print(table(heads, rows))
        if title == "2 axes":
            best = min(each.get("c", 1.0), each.get("c, 2 threads", 1.0))
            missed += _missed("numpy", base / each["numpy"], NUMPY)
            missed += _missed("c", base / best, COMPILED)
            scalar = 1e6 * each["scalar"] / len(QUANTITIES)
            missed += [f"scalar {scalar:.2f} us a quantity > {SCALAR}"] if scalar > SCALAR else []
            print(f"scalar: {scalar:.2f} us a quantity\n")
    return missed


def _points(evaluate: Callable[[object], object], point: object) -> None:
    for _ in range(POINTS):
        evaluate(point)


def _missed(name: str, ratio: float, wanted: float) -> list[str]:
    return [f"{name} {ratio:,.0f} x EdgeProfiler < {wanted}"] if ratio < wanted else []


def chunk_sizes() -> list[str]:
    """What length of a column is best."""
    program = program_over(AXES["2 axes"])
    kinds = ["numpy", "c"] if compiler() else ["numpy"]
    sizes = [2**n for n in range(10, 17)]
    times = in_turns({(k, n): chunks(program, k, n) for k in kinds for n in sizes})
    rows = [(f"{n:,}", *(f"{ROWS / times[k, n] / 1e6:,.1f}" for k in kinds)) for n in sizes]
    print(table(("rows of a chunk", *(f"{kind}, M rows/s" for kind in kinds)), rows))
    return []


def folding() -> list[str]:
    """What gathering like terms gives, over the same steps as they come."""
    rows = []
    for title, axes in AXES.items():
        program = program_over(axes)
        plain = program_of(program.outputs, dict(program.fixed))
        tapes = {"as they come": program.tape, "gathered": folded(program.tape)}
        columns = columns_of(program, CHUNK)
        from edgesym.engine.backends import BACKENDS

        work = {}
        for kind in ["numpy", "c"] if compiler() else ["numpy"]:
            for name, tape in tapes.items():
                kernel = BACKENDS[kind].kernel(tape, (True,) * len(plain.symbols))
                found = np.empty((len(QUANTITIES), CHUNK))
                work[kind, name] = partial(_times, kernel, columns, found)
        times = in_turns(work)
        for kind in dict.fromkeys(kind for kind, _ in work):
            slow, fast = (ROWS / times[kind, name] / 1e6 for name in tapes)
            rows.append((f"{title}, {kind}", f"{slow:,.1f}", f"{fast:,.1f}", f"{fast / slow:.1f}"))
    print(table(("like terms", "as they come, M rows/s", "gathered, M rows/s", "ratio"), rows))
    return []


def _times(kernel: Callable[..., None], columns: Columns, found: np.ndarray) -> None:
    for _ in range(ROWS // CHUNK):
        kernel(columns, found)
