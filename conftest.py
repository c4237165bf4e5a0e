"""What the doctests of a plain installation leave out: code that an extra is needed to import."""

import gc
import os
from importlib.util import find_spec

import pytest

_NEEDING = (
    "edgesym/compression/libraries/*",
    "edgesym/measuring/libraries/*",
    "examples/modules/*",
    "tests/data/bad_modules/*",
    "tests/data/own_model/*",
    "tests/data/own_operators/*",
    "tests/data/traced/*",
    *(f"edgesym/tracing/{name}.py" for name in ("failed", "in_place", "layers", "lift")),
    *(f"edgesym/tracing/{name}.py" for name in ("loops", "module", "operators", "picked")),
    *(f"edgesym/tracing/{name}.py" for name in ("ranges", "record", "recurrent", "results", "run")),
    *(f"edgesym/tracing/{name}.py" for name in ("segments", "settle", "shims", "sizes", "trace")),
    *(f"edgesym/tracing/{name}.py" for name in ("training", "values")),
)
collect_ignore_glob = [] if find_spec("torch") else [*_NEEDING]

# no test is answered from what an earlier run kept on disk, nor keeps anything there
os.environ["EDGESYM_CACHE"] = "off"

# what sympy worked out for one test serves the next: with its own thousand entries a function
# it forgets most of it in between
os.environ.setdefault("SYMPY_CACHE_SIZE", "200000")

# what is collected stays until the end: no garbage is looked for among it
gc.disable()


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session):  # noqa: ANN001, ANN201, D103 - a hook of pytest's
    gc.freeze()
    gc.enable()
