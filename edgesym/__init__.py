"""edgesym: what transformer inference costs, as closed forms.

>>> import edgesym
>>> model = edgesym.load("llama-3.2-1b")
>>> edgesym.derive(model, "kv_cache_bytes")
kv_cache_bytes [B] = 2*B_c*D*K*L*S*b
"""

from importlib import import_module
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
    "compare": "edgesym.analysis.comparison.compare",
    "crossings": "edgesym.analysis.crossovers.passing",
    "derive": "edgesym.api",
    "estimate": "edgesym.analysis.estimate",
    "explain": "edgesym.analysis.explanation.explain",
    "export": "edgesym.render.export",
    "find_device": "edgesym.devices",
    "graph_of": "edgesym.api",
    "ledger_of": "edgesym.api",
    "load": "edgesym.architectures.locate",
    "operator_table": "edgesym.analysis.operators",
    "prove_equal": "edgesym.algebra.prove",
    "read_equation": "edgesym.notation",
    "sensitivity": "edgesym.analysis.sensitivity",
    "solve": "edgesym.analysis.inverse.solve",
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
    if name not in _HOMES:
        raise AttributeError(f"module 'edgesym' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
