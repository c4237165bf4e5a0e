"""What the doctests of a plain installation leave out: code that an extra is needed to import."""

from importlib.util import find_spec

_NEEDING = ("edgesym/compression/libraries/*", "edgesym/measuring/libraries/*")
collect_ignore_glob = [] if find_spec("torch") else [*_NEEDING]
