"""What the doctests of a plain installation leave out: code that an extra is needed to import."""

import os
from importlib.util import find_spec

_NEEDING = (
    "edgesym/compression/libraries/*",
    "edgesym/measuring/libraries/*",
    *(f"edgesym/tracing/{name}.py" for name in ("layers", "record", "run", "segments", "settle")),
    *(f"edgesym/tracing/{name}.py" for name in ("shims", "sizes", "trace")),
)
collect_ignore_glob = [] if find_spec("torch") else [*_NEEDING]

# no test is answered from what an earlier run kept on disk, nor keeps anything there
os.environ["EDGESYM_CACHE"] = "off"
