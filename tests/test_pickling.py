"""What is asked and answered survives pickle, also into a process that has made nothing yet."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys

import pytest

from edgesym import Run, Setup, derive, find_device, load, symbol
from edgesym.catalogue import REGISTRY, Case
from edgesym.document.latex import latex
from edgesym.symbols import declared, describe, in_table
from edgesym.workload import phase

WORDS = ("layers.sliding", "intermediate.14336", "expert_intermediate.x_y", "peak_flops")
SHARES = REGISTRY["kv_cache_bytes"].expression(Case(load("gemma-3-1b"), phase("decode")))
THINGS = {
    "symbols": tuple(symbol(word) for word in WORDS),
    "declared": declared("P"),
    "expression": SHARES,
    "formula": derive("gemma-3-1b", "step_time"),
    "compiled": derive("llama-3.1-8b", "kv_cache_bytes").compile(batch=3),
    "model": load("gemma-3-1b"),
    "run": Run(batch=3, given=((symbol("hidden"), 64),)),
    "setup": Setup(load("llama-3.2-1b"), find_device("raspberry-pi-5"), Run(batch=3)),
    "case": Case(load("llama-3.2-1b"), phase("prefill")),
    "quantity": REGISTRY["training_flops"],
}


def words(symbols):
    return sorted(describe(s).word for s in symbols)


#: How each is looked at: everything that a user sees of it.
LOOKS = {
    "symbols": lambda it: [[s.name, *map(str, (describe(s), latex(s)))] for s in it],
    "declared": lambda it: [in_table(it), it == symbol("peak_flops"), latex(it)],
    "expression": lambda it: [
        str(it),
        latex(it),
        sorted(describe(s).word for s in it.free_symbols),
    ],
    "formula": lambda it: [
        str(it),
        it._repr_latex_(),
        *sorted(describe(s).word for s in it.values),
    ],
    "compiled": lambda it: [it.unit, it(context=[1, 300], B_c=2).tolist()],
    "model": lambda it: [it._repr_markdown_(), it.fingerprint, str(derive(it, "memory_footprint"))],
    "run": lambda it: [it.batch, str(it.given)],
    "setup": lambda it: [it.describe(), it.number("flops"), float(it.number("step_time"))],
    "quantity": lambda it: [it.unit, it.meaning, it == REGISTRY[it.name]],
    "case": lambda it: str(REGISTRY["memory_traffic"].expression(it)),
}
#: What another process does: it reads the things before it has made any symbol, and looks.
ELSEWHERE = """
import json, pickle, sys
things = pickle.load(sys.stdin.buffer)
from tests.test_pickling import LOOKS, THINGS
seen = {name: LOOKS[name](thing) for name, thing in things.items()}
same = [name for name, thing in things.items() if thing == THINGS[name]]
values = [name for name in things if name != "setup"]  # a device has no hash yet
hashed = [name for name in values if hash(things[name]) == hash(THINGS[name])]
print(json.dumps([seen, same, hashed]))
"""


@pytest.fixture(scope="module")
def elsewhere():
    """What a fresh process sees of the things, which of them equal its own, and hash so."""
    ran = subprocess.run(
        [sys.executable, "-c", ELSEWHERE],
        input=pickle.dumps(THINGS),
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(ran.stdout)


@pytest.mark.parametrize("name", THINGS)
def test_a_thing_looks_the_same_in_a_fresh_process(name, elsewhere):
    seen, same, hashed = elsewhere
    assert seen[name] == json.loads(json.dumps(LOOKS[name](THINGS[name])))
    assert name in same
    assert name in hashed or name == "setup"


def test_a_symbol_is_described_where_nothing_was_made():
    made = pickle.dumps([symbol(word) for word in WORDS])
    code = (
        "import pickle, sys\nfrom edgesym.symbols import describe\n"
        "print(*(describe(s).word for s in pickle.load(sys.stdin.buffer)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], input=made, capture_output=True, check=True)
    assert ran.stdout.decode().split() == list(WORDS)
