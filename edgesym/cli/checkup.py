"""What ``edgesym doctor`` tries: that formulas, checking and the cache work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import perf_counter

from edgesym.errors import EdgesymError

__all__ = ["Check", "tried"]

_MODEL, _CONTEXT = "llama-3.2-1b", 256


@dataclass(frozen=True, slots=True)
class Check:
    """Something that was tried.

    Attributes:
        what: should hold.
        found: what came out.
        seconds: that it took.
        problem: why it does not hold; empty where it does.
    """

    what: str
    found: str
    seconds: float
    problem: str = ""


def tried() -> Iterator[Check]:
    """Each check, tried."""
    for what, run in _TRIED.items():
        began = perf_counter()
        try:
            found, problem = run(), ""
        except (EdgesymError, OSError, ArithmeticError, ValueError) as error:  # its row tells it
            found, problem = "", str(error)
        yield Check(what, found, perf_counter() - began, problem)


def _sum() -> str:
    """A closed form is the sum of the operators that it was made of."""
    from edgesym.analysis.operators import operator_table
    from edgesym.api import derive
    from edgesym.architectures.locate import load
    from edgesym.graph.convention import convention
    from edgesym.scenario.run import Run
    from edgesym.workload import Queries

    model = load(_MODEL)
    form = derive(model, "flops").evaluate(batch=1, context=_CONTEXT)
    queries = Queries.of((_CONTEXT - 1,), (1,), None)
    rows = operator_table(model, queries, Run().formats(model), convention("default"))
    if form != rows.totals["flops"]:
        raise ArithmeticError(f"{form:,} by the closed form, {rows.totals['flops']:,} by operators")
    return f"{_MODEL} at a context of {_CONTEXT}: {form:,} FLOP both ways"


def _verdict() -> str:
    """A true equation is exact, and one that is wrong by a factor is wrong."""
    from edgesym.claims.check import check
    from edgesym.claims.claim import Claim

    names = {"n": "batch", "L": "layers", "K": "kv_heads", "D": "head_dim", "S": "context"}
    names["c"] = "cache_bytes_per_element"
    told = []
    for factor, expected in ((2, "exact"), (3, "wrong")):
        text = f"{factor}*c*n*L*K*D*S"
        found = check(Claim(text, "kv_cache_bytes", names, "plain")).verdict
        if found != expected:
            raise ArithmeticError(f"kv_cache_bytes = {text} is {found}, not {expected}")
        told.append(f"{text} is {found}")
    return f"kv_cache_bytes: {', '.join(told)}"


def _keeping() -> str:
    """The cache gives back what it was given."""
    import tempfile
    from pathlib import Path

    from edgesym.store.entry import About
    from edgesym.store.store import Store, find_store

    if find_store() is None:
        return "turned off"
    with tempfile.TemporaryDirectory() as folder:
        store, about = Store(Path(folder) / "cache"), About("0" * 64, "doctor", "none", "0")
        if not store.keep(about, {"kept": 1}) or store.find(about.key) != {"kept": 1}:
            raise OSError(f"nothing can be kept in {folder}")
    return "kept and found"


_TRIED: dict[str, Callable[[], str]] = {
    "a closed form is the sum of its operators": _sum,
    "a true equation is exact, a wrong one is not": _verdict,
    "what is kept is found again": _keeping,
}
