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
    "Case": "edgesym.quantities",
    "Claim": "edgesym.claims.claim",
    "EdgesymError": "edgesym.errors",
    "Estimate": "edgesym.analysis.estimate",
    "Formats": "edgesym.formats",
    "Formula": "edgesym.api",
    "Model": "edgesym.architectures.model",
    "Queries": "edgesym.workload",
    "REGISTRY": "edgesym.quantities",
    "Run": "edgesym.analysis.setup",
    "Setup": "edgesym.analysis.setup",
    "bind": "edgesym.notation",
    "check": "edgesym.claims.check",
    "derive": "edgesym.api",
    "estimate": "edgesym.analysis.estimate",
    "find_device": "edgesym.devices",
    "graph_of": "edgesym.api",
    "ledger_of": "edgesym.api",
    "load": "edgesym.architectures.locate",
    "operator_table": "edgesym.analysis.operators",
    "prove_equal": "edgesym.algebra.prove",
    "read_equation": "edgesym.notation",
    "symbol": "edgesym.symbols",
}

__all__ = [
    "REGISTRY",
    "Case",
    "Claim",
    "EdgesymError",
    "Estimate",
    "Formats",
    "Formula",
    "Model",
    "Queries",
    "Run",
    "Setup",
    "bind",
    "check",
    "derive",
    "estimate",
    "find_device",
    "graph_of",
    "ledger_of",
    "load",
    "operator_table",
    "prove_equal",
    "read_equation",
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
