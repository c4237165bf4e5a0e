"""edgesym: what transformer inference costs, as closed forms.

>>> import edgesym
>>> model = edgesym.load("llama-3.2-1b")
>>> edgesym.derive(model, "kv_cache_bytes")
kv_cache_bytes [B] = 2*B_c*D*K*L*S*b

Every verb of the command line is a function with the words of its options, here where no other
name is in its place, and in :mod:`edgesym.verbs`:

>>> edgesym.crossover("llama-3.2-1b", device="pi5", weights="q4_0").data["model"]
'llama-3.2-1b'
"""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

#: Name -> module it lives in; a module is imported when a name of it is used first.
_HOMES = {
    "Claim": "edgesym.claims.claim",
    "EdgesymError": "edgesym.errors",
    "Formula": "edgesym.api",
    "Model": "edgesym.architectures.model",
    "Queries": "edgesym.workload",
    "REGISTRY": "edgesym.catalogue",
    "Run": "edgesym.scenario.run",
    "Setup": "edgesym.scenario.setup",
    "check": "edgesym.claims.check",
    "compare": "edgesym.verbs",
    "crossings": "edgesym.analysis.crossovers.passing",
    "derive": "edgesym.api",
    "estimate": "edgesym.verbs",
    "explain": "edgesym.verbs",
    "export": "edgesym.render.export",
    "find_device": "edgesym.devices",
    "graph_of": "edgesym.api",
    "ledger_of": "edgesym.api",
    "load": "edgesym.architectures.locate",
    "operator_table": "edgesym.analysis.operators",
    "prove_equal": "edgesym.algebra.prove",
    "read_equation": "edgesym.notation",
    "sensitivity": "edgesym.verbs",
    "solve": "edgesym.verbs",
    "sweep": "edgesym.analysis.sweep.sweep",
    "symbol": "edgesym.symbols",
}

__all__ = [
    "REGISTRY",
    "EdgesymError",
    "Formula",
    "Model",
    "Queries",
    "Run",
    "Setup",
    "check",
    "compare",
    "crossings",
    "derive",
    "estimate",
    "explain",
    "export",
    "find_device",
    "graph_of",
    "ledger_of",
    "load",
    "operator_table",
    "prove_equal",
    "read_equation",
    "sensitivity",
    "solve",
    "sweep",
    "symbol",
]


def __getattr__(name: str) -> Any:
    value, home = None, _HOMES.get(name)
    if home is None and not name.startswith("_") and find_spec(f"edgesym.{name}") is None:
        home = "edgesym.verbs"  # the verb of that name, if there is one
    if home is not None:
        value = getattr(import_module(home), name, None)
    if value is None:
        raise AttributeError(f"module 'edgesym' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
