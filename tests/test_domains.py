"""Every public function takes what it says that it takes, and refuses everything else in words.

The functions are found by introspection: what :mod:`edgesym` and its packages list in ``__all__``,
and the modules of ``ALSO``. Each has an example below; a new one without an example fails here.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import warnings
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path

import click
import numpy as np
import pytest
import sympy

import edgesym
import edgesym.engine.evaluate
from edgesym import Queries, Run, Setup, find_device, load, verbs
from edgesym.cli.main import VERBS
from edgesym.domain import Count, Natural, Real, checked, held
from edgesym.errors import ConfigError, EdgesymError
from edgesym.symbols import symbol

#: Modules whose functions are public besides those of the packages.
ALSO = (
    *("units", "numbers", "override", "workload", "symbols", "ledger", "catalogue", "api"),
    *("engine.compile", "engine.evaluate", "engine.program", "algebra.prove"),
    *("algebra.elasticity", "algebra.leading", "analysis.estimate", "analysis.operators"),
    *("analysis.explanation.explain", "analysis.sensitivity", "analysis.inverse.solve"),
    *("analysis.inverse.optimum", "analysis.comparison.compare", "analysis.crossovers.passing"),
    *("analysis.sweep.sweep", "claims.claim", "claims.check", "document.plain", "document.latex"),
    *("graph.convention", "graph.training", "graph.kernels", "quantities.composition"),
    *("quantities.registry", "render.write", "scenario.setup", "architectures.locate", "domain"),
)
#: Public, and not for values that a researcher has: what is handed between rooms.
BETWEEN_ROOMS = {
    "edgesym.analysis.sweep.sweep.with_names": "makes the function that a sweep calls",
    "edgesym.analysis.sweep.sweep.run": "takes the job that job_of makes, checked there",
    "edgesym.architectures.locate.as_model": "is itself a door: it says what is no model",
    "edgesym.scenario.setup.as_setup": "is itself a door: it says what is no setup",
    "edgesym.claims.relations.related": "takes both sides of a claim, which check makes",
    "edgesym.compression.measured": "measures for minutes; its arguments are held",
    "edgesym.compression.measuring": "measures for minutes; its arguments are held",
    "edgesym.domain.checked": "is the door",
    "edgesym.domain.checked_but": "is the door",
    "edgesym.domain.domain_of": "is the door",
    "edgesym.domain.exact": "answers None for what is no number",
    "edgesym.domain.held": "is the door",
    "edgesym.numbers.refuse_twice": "takes names beside symbols that its callers look up",
    "edgesym.engine.evaluate.added_up": "is a step of evaluate",
    "edgesym.graph.convention.choices_in": "is a step of convention and of training",
    "edgesym.engine.evaluate.evaluator": "is a step of evaluate",
    "edgesym.engine.evaluate.has_columns": "is a step of evaluate",
    "edgesym.engine.evaluate.no_value": "makes the error of a symbol",
    "edgesym.quantities.registry.computed": "is what a quantity calls",
    "edgesym.quantities.registry.decided_by": "is the key of what is remembered",
    "edgesym.quantities.registry.quantity": "registers a function; who writes one sees it fail",
}


def public() -> dict[str, object]:
    """Every public function and every value of the top, by its full name."""
    packages = [m.name for m in pkgutil.walk_packages(edgesym.__path__, "edgesym.") if m.ispkg]
    found = {}
    for place in ["edgesym", *packages, *(f"edgesym.{name}" for name in ALSO)]:
        module = importlib.import_module(place)
        for name in edgesym._HOMES if place == "edgesym" else getattr(module, "__all__", ()):
            made = getattr(module, name)
            at_top = place == "edgesym" and inspect.isclass(made)
            if made is EdgesymError or getattr(made, "__module__", "") == "edgesym.verbs":
                continue  # the verbs have a test of their own
            if inspect.isroutine(made) or hasattr(made, "cache_info") or at_top:
                found.setdefault(id(made), (f"{place}.{name}", made))
    return dict(found.values())


FUNCTIONS = public()


@cache
def model():
    return load("llama-3.2-1b")


@cache
def setup():
    return Setup(model(), find_device("pi5"), Run(weights="q4_0"))


def _recipe():
    from edgesym.formats import find_recipe

    return find_recipe("q4_0")


def _facts():
    from edgesym.architectures.weights import facts_of

    return facts_of(model())


def _claim():
    return edgesym.Claim("4H^2", "parameters", {"H": "hidden"}, part="attention.query")


def _block():
    from edgesym.graph.convention import convention
    from edgesym.workload import phase

    return model().blocks(phase("decode"), convention())[0]


def _document():
    return verbs.conventions().document


H, b = symbol("hidden"), symbol("batch")
#: Function -> the arguments of a call of it that is right.
EXAMPLES = {
    "edgesym.Formula": lambda: {"name": "n", "unit": "B", "expression": H, "values": _frozen()},
    "edgesym.Model": lambda: {
        name: getattr(model(), name)
        for name in ("name", "architecture", "values", "structure", "origin", "sources", "content")
    },
    "edgesym.Queries": lambda: {"groups": ((8, 1, 2),), "source": 5},
    "edgesym.Run": lambda: {"batch": 2, "weights": "q4_0", "given": ((H, 64),), "context": 512},
    "edgesym.Setup": lambda: {"model": model(), "device": "pi5", "run": Run()},
    "edgesym.Claim": lambda: {"text": "4H^2", "quantity": "parameters", "symbols": {"H": "hidden"}},
    "edgesym.check": lambda: {"claim": _claim(), "search": False},
    "edgesym.crossings": lambda: {"setup": setup()},
    "edgesym.derive": lambda: {"model": model(), "quantity": "flops"},
    "edgesym.export": lambda: {"setup": setup(), "quantities": ["flops"], "inputs": ["context"]},
    "edgesym.find_device": lambda: {"name": "pi5"},
    "edgesym.graph_of": lambda: {"model": model()},
    "edgesym.ledger_of": lambda: {"model": model()},
    "edgesym.load": lambda: {"name": "llama-3.2-1b"},
    "edgesym.operator_table": lambda: {
        "model": model(),
        "queries": Queries.of([8], [1]),
        "formats": Run().formats(model()),
        "counting": Run().counting,
    },
    "edgesym.prove_equal": lambda: {"a": H + H, "b": 2 * H, "steps": 1000},
    "edgesym.read_equation": lambda: {"text": "2 H", "symbols": ["H"]},
    "edgesym.sweep": lambda: {
        "setup": setup(),
        "over": {"context": [64, 128]},
        "quantities": ["flops"],
        "top": 1,
        "by": "flops",
        "workers": 1,
    },
    "edgesym.symbol": lambda: {"word": "layers", "kind": "sliding"},
    "edgesym.formats.assign": lambda: {"recipe": _recipe(), "facts": _facts()},
    "edgesym.formats.find_format": lambda: {"name": "q4_0"},
    "edgesym.formats.find_recipe": lambda: {"name": "q4_0"},
    "edgesym.formats.format_of": lambda: {
        "recipe": _recipe(),
        "facts": _facts(),
        "weight": _facts().weights[0],
        "layer": 0,
    },
    "edgesym.formats.formats": dict,
    "edgesym.formats.metadata_bytes": lambda: {"container": "gguf", "vocab": 128256},
    "edgesym.formats.recipes": dict,
    "edgesym.formats.spelled": lambda: {"name": "Q4_0"},
    "edgesym.formats.stored_bytes": lambda: {"recipe": _recipe(), "facts": _facts()},
    "edgesym.formats.uniform": lambda: {"found": _recipe().main},
    "edgesym.pruning.find_storage": lambda: {"name": "bitmask"},
    "edgesym.pruning.is_pruning": lambda: {"text": "2:4"},
    "edgesym.pruning.pruned": lambda: {"model": model(), "text": "layers=4"},
    "edgesym.pruning.read_pruning": lambda: {"text": "2:4"},
    "edgesym.pruning.skip_of": lambda: {
        "sparsity": None,
        "device": "h200",
        "dtype": "fp16",
        "runtime": "fused",
    },
    "edgesym.pruning.sparse": lambda: {
        "assigned": setup().formats.assigned,
        "sparsity": Run(prune="2:4").pruning.sparsity,
        "facts": _facts(),
    },
    "edgesym.pruning.storages": dict,
    "edgesym.pruning.without": lambda: {"model": model(), "removals": ()},
    "edgesym.runtimes.find_runtime": lambda: {"name": "llama.cpp"},
    "edgesym.runtimes.runtime_names": dict,
    "edgesym.runtimes.runtime_of": lambda: {"name": "", "device": find_device("pi5")},
    "edgesym.devices.device_names": dict,
    "edgesym.devices.is_device": lambda: {"name": "pi5"},
    "edgesym.devices.is_figure": lambda: {"name": "peak.fp16"},
    "edgesym.fits.find_fit": lambda: {"device_class": "cortex-a76-board"},
    "edgesym.fits.fitted": lambda: {"device_class": "cortex-a76-board", "place": _place()},
    "edgesym.fits.fitted_classes": dict,
    "edgesym.fits.read_fit": lambda: {"path": Path(edgesym.__file__).parent / _FIT},
    "edgesym.notation.bind": lambda: {"expression": _declared(), "mapping": {"x": "hidden"}},
    "edgesym.notation.read": lambda: {"text": "2 H", "symbols": ["H"]},
    "edgesym.notation.tex.read_paper": lambda: {"path": _PAPER},
    "edgesym.claims.proposal.proposal_text": lambda: {"proposal": _proposal()},
    "edgesym.claims.proposal.propose": lambda: {"path": _PAPER},
    "edgesym.compression.find_sample": lambda: {"name": "distilbert"},
    "edgesym.compression.find_technique": lambda: {"name": _technique()},
    "edgesym.compression.measured_document": lambda: {
        "sample": _sample(),
        "rows": [],
        "memory": 10**9,
    },
    "edgesym.compression.measured_records": lambda: {"rows": []},
    "edgesym.compression.measured_section": lambda: {"rows": [], "memory": 10**9},
    "edgesym.compression.samples": dict,
    "edgesym.compression.techniques": dict,
    "edgesym.validation.read_corpus": lambda: {"path": _corpus()},
    "edgesym.validation.shipped_corpus": dict,
    "edgesym.validation.validate": lambda: {"rows": []},
    "edgesym.render.export.written": lambda: {"found": _exported(), "to": "python"},
    "edgesym.units.canonical": lambda: {"unit": "GiB"},
    "edgesym.units.count": lambda: {"text": "8k"},
    "edgesym.units.human": lambda: {"value": 8.0, "unit": "B", "digits": 3},
    "edgesym.units.human_spread": lambda: {"value": 8.0, "std": 1.0, "unit": "B"},
    "edgesym.units.parse": lambda: {"text": "8GB", "expected": "B"},
    "edgesym.units.refuse_long": lambda: {"text": "8GB"},
    "edgesym.units.to_base": lambda: {"value": 8.0, "unit": "GB", "expected": "B"},
    "edgesym.units.units_of": lambda: {"base": "s"},
    "edgesym.numbers.as_double": lambda: {"made": H, "number": 8},
    "edgesym.numbers.as_doubles": lambda: {"made": H, "column": [8, 16]},
    "edgesym.numbers.checked_column": lambda: {"made": H, "column": [8, 16]},
    "edgesym.numbers.checked_number": lambda: {"made": H, "value": 8},
    "edgesym.override.read_change": lambda: {"text": "2*x", "unit": "1", "is_it": "x".__eq__},
    "edgesym.workload.checking": lambda: {"step": _phase("decode")},
    "edgesym.workload.is_tokenwise": lambda: {"expression": H},
    "edgesym.workload.phase": lambda: {"name": "decode"},
    "edgesym.workload.step_values": lambda: {"batch": 2, "new": 1, "cached": 8, "source": 4},
    "edgesym.symbols.declared": lambda: {"name": "x"},
    "edgesym.symbols.describe": lambda: {"made": H},
    "edgesym.symbols.find": lambda: {"name": "hidden"},
    "edgesym.symbols.in_table": lambda: {"made": H},
    "edgesym.symbols.index": lambda: {"name": "i"},
    "edgesym.symbols.latex_names": lambda: {"expression": H},
    "edgesym.ledger.ledger": lambda: {"model": model()},
    "edgesym.catalogue.find_quantity": lambda: {"name": "flops"},
    "edgesym.engine.compile.compile_expression": lambda: {
        "expression": 2 * H,
        "unit": "1",
        "values": {H: 8},
    },
    "edgesym.engine.evaluate.evaluate": lambda: {"expression": 2 * H, "values": {H: 8}},
    "edgesym.engine.evaluate.symbols_of": lambda: {"expression": 2 * H},
    "edgesym.engine.program.program_of": lambda: {"outputs": [2 * H], "fixed": {H: 8}},
    "edgesym.algebra.elasticity.elasticities": lambda: {"expression": H**2, "values": {H: 8}},
    "edgesym.algebra.elasticity.interactions": lambda: {
        "expression": H * b,
        "values": {H: 8, b: 2},
        "symbols": [H, b],
    },
    "edgesym.algebra.elasticity.partials": lambda: {"expression": H**2, "values": {H: 8}},
    "edgesym.algebra.leading.leading": lambda: {"expression": H**2 + H, "growing": [H]},
    "edgesym.analysis.estimate.estimate": lambda: {"setup": setup()},
    "edgesym.analysis.estimate.as_counted": lambda: {"name": "flops", "value": 8.0},
    "edgesym.analysis.estimate.key_with_unit": lambda: {"name": "load_time"},
    "edgesym.analysis.explanation.explain.explain": lambda: {"setup": setup(), "name": "flops"},
    "edgesym.analysis.sensitivity.sensitivity": lambda: {"setup": setup(), "name": "flops"},
    "edgesym.analysis.inverse.solve.solve": lambda: {
        "setup": setup(),
        "unknown": "batch",
        "conditions": ["kv_cache_bytes <= 1GB"],
    },
    "edgesym.analysis.inverse.optimum.optimum": lambda: {
        "setup": setup(),
        "unknown": "batch",
        "objective": "tokens_per_second",
        "largest": True,
        "between": ("1", "8"),
    },
    "edgesym.analysis.comparison.compare.compare": lambda: {
        "names": ["a", "b"],
        "setups": [setup(), setup()],
        "quantities": ["flops"],
    },
    "edgesym.analysis.sweep.sweep.job_of": lambda: {"setup": setup(), "plan": _plan()},
    "edgesym.claims.claim.read_claims": lambda: {"source": _claims()},
    "edgesym.claims.claim.read_entries": lambda: {"source": _claims()},
    "edgesym.document.plain.plain": lambda: {"expression": H},
    "edgesym.document.latex.latex": lambda: {"expression": H},
    "edgesym.graph.convention.convention": lambda: {"text": "pytorch"},
    "edgesym.graph.convention.conventions": dict,
    "edgesym.graph.training.training": lambda: {"text": "zero=3"},
    "edgesym.graph.kernels.partition": lambda: {"block": _block(), "fusion": _fusion()},
    "edgesym.quantities.composition.find_composition": lambda: {"name": "max"},
    "edgesym.quantities.registry.quantities_in": lambda: {"definition": H},
    "edgesym.quantities.registry.tagged": lambda: {"tag": "estimate"},
    "edgesym.render.write.write": lambda: {"document": _document(), "medium": "text"},
    "edgesym.architectures.locate.find_config": lambda: {"name": "llama-3.2-1b"},
}
_FIT = "fits/data/cortex-a76-board.json"
_PAPER = Path(__file__).parent / "data" / "papers" / "missing.tex"


def _frozen():
    from edgesym.frozen import FrozenMap

    return FrozenMap({H: 8})


def _place():
    from edgesym.fits.lookup import Place

    return Place("llama.cpp-cpu", "fp32", "q4_0")


def _declared():
    from edgesym.symbols import declared

    return 2 * declared("x")


def _proposal():
    from edgesym.claims.proposal import Proposal

    return Proposal(Path("x.tex"), "", (), {}, (), (), (), ())


def _technique():
    from edgesym.compression import techniques

    return next(iter(techniques()))


def _sample():
    from edgesym.compression import find_sample

    return find_sample()


def _corpus():
    from edgesym.validation import shipped_corpus

    return shipped_corpus()


def _exported():
    from edgesym.analysis.exported import exported

    return exported(setup(), ["flops"], ["context"])


def _phase(name):
    from edgesym.workload import phase

    return phase(name)


def _plan():
    from edgesym.analysis.sweep.plan import Plan

    return Plan(over=({"context": "64,128"},), quantities=("flops",))


def _claims():
    return {"claim": [{"latex": "4H^2", "quantity": "parameters", "symbols": {"H": "hidden"}}]}


def _fusion():
    from edgesym.runtimes import find_runtime

    return find_runtime("fused").fusion


class Odd:
    """An object of no kind, which cannot be compared, hashed or shown."""

    __hash__ = None

    def __repr__(self):
        raise RuntimeError("no text")


#: What is no argument, or an argument in a guise: by the kind that it would be.
HOSTILE = {
    "none": [None],
    "text": ["8", "", "\0", "x" * 300, "../..", "\ud800"],
    "truth": [True, np.True_],
    "whole": [-1, 0, np.int64(5), np.uint8(5), 10**400, sympy.Integer(5), np.int64(-5), 1e308],
    "real": [np.float32(2.5), 2.5, Fraction(5, 2), Decimal("2.5"), -0.5],
    "no number": [float("nan"), float("inf"), Decimal("NaN"), Decimal("sNaN"), sympy.nan],
    "complex": [1j, np.complex64(1j), sympy.I],
    "list": [[], [8], ["8"], (), np.array([5]), np.array([["a"]]), {8}, [None], [True], range(3)],
    "array": [np.array(5), np.array("a")],
    "mapping": [{}, {"a": 1}, {8: 8}],
    "object": [Odd(), object(), b"8", ...],
}
#: Kind -> the words of annotations that let a value of it in.
LETS_IN = {
    "none": r"None",
    "text": r"\bstr\b|\bPath\b|Any|Model",
    "truth": r"bool|Any",
    "whole": r"\bint\b|float|Number|Count|Natural|Real|Expr|Basic|Any",
    "real": r"float|Number|Real|Any|Expr|Basic",
    "no number": r"Real|Any|Expr|Basic",
    "complex": r"Any|Expr|Basic",
    "list": r"Sequence|Iterable|Collection|tuple|list|Any",
    "array": r"Any",
    "mapping": r"Mapping|Iterable|Any|Values",
    "object": r"nothing",
}
#: Parameters that are annotated Any: the function says what it takes.
OWN = {
    "edgesym.numbers.as_double": {"number": "whole,real,no number"},
    "edgesym.numbers.as_doubles": {"column": "whole,real,list,array,no number"},
    "edgesym.numbers.checked_column": {"column": "whole,real,list,array"},
    "edgesym.numbers.checked_number": {"value": "whole,real"},
}


def calls():
    """Each argument of each public function, with everything hostile that there is."""
    for called in sorted(EXAMPLES):
        for name in inspect.signature(FUNCTIONS[called]).parameters:
            yield called, name


def outcome(called, arguments):
    """What a call comes to, or its error of edgesym; any other error is one of the test."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return FUNCTIONS[called](**arguments)


def test_every_public_function_has_an_example():
    told = {*EXAMPLES, *BETWEEN_ROOMS}
    assert sorted(FUNCTIONS.keys() - told) == []
    assert sorted(told - FUNCTIONS.keys()) == []


@pytest.mark.parametrize("called", sorted(EXAMPLES))
def test_the_example_is_right(called):
    if EXAMPLES[called]().get("path") == _PAPER:
        with pytest.raises(EdgesymError, match="missing"):
            outcome(called, EXAMPLES[called]())
    else:
        outcome(called, EXAMPLES[called]())


@pytest.mark.parametrize(("called", "name"), list(calls()))
def test_what_an_argument_cannot_be_is_refused_in_words(called, name, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    parameter = inspect.signature(FUNCTIONS[called]).parameters[name]
    said = str(parameter.annotation)
    own = OWN.get(called, {}).get(name)
    for kind, value in hostile():
        if value is parameter.default:
            continue
        lets_in = kind in own.split(",") if own else re.search(LETS_IN[kind], said)
        said_so = error_of(called, {**EXAMPLES[called](), name: value})
        assert said_so or lets_in, f"{called}: {name} = {type(value)} passed"
        assert len(said_so or "") < 2000


def hostile():
    """Every value with its kind."""
    return [(kind, value) for kind, values in HOSTILE.items() for value in values]


def error_of(called, arguments):
    """What edgesym says of a call that it refuses; None where it answers."""
    try:
        outcome(called, arguments)
    except EdgesymError as error:
        return str(error)
    return None


#: Guises of a whole number that are that number.
GUISES = (np.int64, np.int32, np.uint8, np.float64, float, sympy.Integer, Fraction, Decimal)
WHOLE = [
    ("edgesym.Run", "batch", 8),
    ("edgesym.Run", "context", 200),
    ("edgesym.Queries", "source", 5),
    ("edgesym.formats.metadata_bytes", "vocab", 200),
    ("edgesym.workload.step_values", "cached", 100),
    ("edgesym.units.human", "value", 100),
    ("edgesym.numbers.checked_number", "value", 100),
    ("edgesym.sweep", "workers", 2),
]


@pytest.mark.parametrize("guise", GUISES)
@pytest.mark.parametrize(("called", "name", "number"), WHOLE)
def test_a_whole_number_is_the_same_in_every_guise(called, name, number, guise):
    plain, other = (
        outcome(called, {**EXAMPLES[called](), name: given}) for given in (number, guise(number))
    )
    if called != "edgesym.sweep":
        assert repr(plain) == repr(other)
    else:
        assert plain.columns.keys() == other.columns.keys()


@pytest.mark.parametrize("guise", GUISES)
def test_numbers_of_symbols_do_not_wrap_around(guise):
    kv = edgesym.derive("llama-3.1-8b", "flops")
    given = {"batch": 100, "context": 250}
    wide = kv.evaluate(**{word: guise(n) for word, n in given.items()})
    assert wide == kv.evaluate(**given) > 2**40
    assert type(wide) is int
    if not issubclass(guise, float):  # which is taken for what it is, in double precision
        assert edgesym.engine.evaluate.evaluate(H**9 + b, {H: guise(200), b: 1}) == 200**9 + 1


@pytest.mark.parametrize("method", ["evaluate", "compile", "elasticities"])
def test_a_formula_refuses_what_is_no_number_of_its_symbols(method):
    kv = edgesym.derive("llama-3.1-8b", "kv_cache_bytes")
    for kind, value in hostile():
        if kind not in ("whole", "real"):
            with pytest.raises(EdgesymError, match="batch"):
                getattr(kv, method)(context=100, cache_bytes_per_element=2, batch=value)


def test_a_compiled_formula_refuses_columns_of_what_is_no_number():
    kv = edgesym.derive("llama-3.1-8b", "kv_cache_bytes").compile(context=100)
    for kind, value in hostile():
        if kind not in ("whole", "real", "list", "array"):
            with pytest.raises(EdgesymError, match="batch"):
                kv(cache_bytes_per_element=2, batch=value)


#: Method of a setup -> the argument that is tried, and one that is right.
METHODS = {
    "expression": {"name": "flops"},
    "known": {"names": ["flops"]},
    "number": {"name": "flops"},
    "program": {"names": ["flops"]},
    "compile": {"quantities": ["flops"], "axes": ["context"]},
    "case": {"name": "decode"},
}


@pytest.mark.parametrize(
    ("method", "name"), [(m, n) for m, given in METHODS.items() for n in given]
)
def test_a_method_of_a_setup_refuses_what_is_no_name(method, name):
    for kind, value in hostile():
        if kind in ("list", "mapping") and name in ("names", "quantities", "axes"):
            continue
        with pytest.raises(EdgesymError):
            getattr(setup(), method)(**{**METHODS[method], name: value})


def words():
    """Each verb with each of its words."""
    for verb in VERBS:
        command = importlib.import_module(f"edgesym.cli.{verb}").command
        if not isinstance(command, click.Group):
            for word, param in verbs._words(command).items():
                yield pytest.param(verb, command, word, param, id=f"{verb}-{word}")


@pytest.mark.parametrize(("verb", "command", "word", "param"), list(words()))
def test_a_word_of_a_verb_is_typed_as_meant_or_refused(verb, command, word, param):
    typed = getattr(param, "is_flag", False)
    for kind, value in hostile():
        given, refused = typed_or_refused(verb, command, word, value)
        if refused:
            assert word in refused
            continue
        numbers = kind in ("whole", "real") and not typed
        named = kind in ("text", "none", "list", "mapping")
        assert numbers or named or value is True or (typed and kind == "truth")
        if kind == "whole" and numbers and isinstance(value, np.integer | sympy.Integer):
            assert given[-1].rpartition("=")[2] == str(int(value))


def typed_or_refused(verb, command, word, value):
    """A word with its value as typed, or what is said of it."""
    try:
        return verbs._typed(verb, command, [], {word: value}), ""
    except ConfigError as error:
        return [], str(error)


@pytest.mark.parametrize("verb", ["estimate", "explain", "solve", "report", "table"])
@pytest.mark.parametrize(
    ("word", "value"),
    [("context", "8.5"), ("context", float("nan")), ("batch", True), ("weights", 8), ("batch", -1)],
)
def test_a_verb_refuses_what_its_words_cannot_be(verb, word, value):
    asked = {"explain": ["flops"], "solve": []}.get(verb, [])
    known = verbs._words(importlib.import_module(f"edgesym.cli.{verb}").command)
    with pytest.raises(EdgesymError):
        getattr(verbs, verb)(*asked, "llama-3.2-1b", **{word: value}, **_device(known))


def _device(known):
    return {"device": "pi5"} if "device" in known else {}


@checked
def _taken(whole: Count, share: Real, names: tuple[str, ...] = (), also: Natural | None = None):
    return whole, share, names, also


def test_a_door_names_the_function_the_argument_the_value_and_what_is_allowed():
    with pytest.raises(
        ConfigError, match=r"^_taken: whole = 0 must be a whole number of 1 or more$"
    ):
        _taken(0, 0.5)
    with pytest.raises(ConfigError, match=r"names = \['a', 8\] must be .* each entry text: 8 is"):
        _taken(1, 0.5, ["a", 8])
    with pytest.raises(ConfigError, match="also = -1 must be a whole number of 0 or more or None"):
        _taken(1, 0.5, also=-1)
    assert _taken(np.int8(3), np.float32(0.5), np.array(["a"])) == (3, 0.5, ("a",), None)
    assert held("f", "x", Path("a"), str) == "a"
