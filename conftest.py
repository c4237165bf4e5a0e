"""What the doctests of a plain installation leave out: code that an extra is needed to import."""

import os
from importlib.util import find_spec

_NEEDING = (
    "edgesym/compression/libraries/*",
    "edgesym/measuring/libraries/*",
    "tests/data/traced/*",
    *(f"edgesym/tracing/{name}.py" for name in ("layers", "lift", "loops", "record", "run")),
    *(f"edgesym/tracing/{name}.py" for name in ("segments", "settle", "shims", "sizes", "trace")),
)
collect_ignore_glob = [] if find_spec("torch") else [*_NEEDING]

# no test is answered from what an earlier run kept on disk, nor keeps anything there
os.environ["EDGESYM_CACHE"] = "off"
