"""Our side of a claim: the quantity, from the graph of the reference decoder, part by part."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from importlib import resources

import sympy

from edgesym.algebra.polynomial import terms_at_most
from edgesym.architectures.locate import load
from edgesym.architectures.model import Model
from edgesym.architectures.reader import read_model
from edgesym.catalogue import REGISTRY, Case, Quantity, find_quantity
from edgesym.claims.assumptions import Assumption, formula, substitution
from edgesym.errors import UnknownNameError
from edgesym.expression import read
from edgesym.graph.convention import Convention, convention
from edgesym.graph.training import Training
from edgesym.symbols import TABLE, symbol
from edgesym.workload import phase

__all__ = ["PER", "PHASES", "Part", "Subject", "decoder", "derive", "names_of", "total"]

#: Phase of a claim -> phase of the workload.
PHASES = {"forward": "prefill", "prefill": "prefill", "training": "prefill", "decode": "decode"}
#: What an amount can be of.
PER = ("model", "token", "sequence", "layer", "device", "iteration", "step")
_BYTES = tuple(word for word in TABLE if word.endswith("_bytes_per_element"))
_LAYERS = "decoder"
#: Longer sums of monomials are left in brackets.
_MOST_TERMS = 2_000
#: Quantities of a forward pass, which training multiplies.
_FORWARD = ("flops", "flops_per_token")
#: Quantities that are formulas over others, and so have the parts of those.
_COMPOSED = {
    "memory_footprint": "weight_storage_bytes + kv_cache_bytes + activation_bytes",
    "storage_bytes": "weight_storage_bytes + kv_cache_bytes",
    "arithmetic_intensity": "flops/memory_traffic",
}


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the graph and what it contributes.

    Attributes:
        name: dotted name, such as ``attention.scores``.
        block: kind of block it is in; empty where the quantity has no parts.
        amount: its contribution, in the unit of the quantity.
    """

    name: str
    block: str
    amount: sympy.Expr


@dataclass(frozen=True, slots=True)
class Subject:
    """What an equation speaks of.

    Attributes:
        quantity: a name of the registry, or a formula over such names and words.
        part: parts of the model, joined by ``+``; ``*`` for all.
        phase: a key of :data:`PHASES`.
        per: some of :data:`PER`, joined by ``+``.
        unit: ``elements`` to count bytes at one each.
        one_format: whether all tensors have the same bytes per element.
        model: a card to derive it for, in place of the reference decoder; options of assumptions
            then change nothing.
    """

    quantity: str
    part: str = "*"
    phase: str = "forward"
    per: str = "model"
    unit: str = ""
    one_format: bool = False
    model: str = ""


@cache
def decoder(options: tuple[tuple[str, bool], ...] = ()) -> Model:
    """The reference decoder, with options of ``shared/decoder.toml``."""
    file = resources.files("edgesym").joinpath("claims", "shared", "decoder.toml")
    name = "reference decoder"
    return read_model(dict(options), name=name, origin=name, architecture=str(file))


def names_of(text: str) -> list[str]:
    """The quantities that a formula over quantities and words names.

    Raises:
        ExpressionError: it is no such formula; the unknown name is in the text.
    """
    return sorted(s.name for s in _placed(text).free_symbols if isinstance(s, sympy.Dummy))


@cache
def _placed(text: str) -> sympy.Expr:
    """The formula of a quantity, the quantities in it as placeholders."""
    words = {word: symbol(word) for word in TABLE}
    functions = {"max": sympy.Max, "min": sympy.Min}
    whole = _COMPOSED.get(text.strip(), text)
    return sympy.sympify(read(whole, {**words, **_places()}, functions), strict=True)


@cache
def _places() -> dict[str, sympy.Dummy]:
    return {name: sympy.Dummy(name, positive=True) for name in REGISTRY}


def derive(subject: Subject, assumptions: tuple[Assumption, ...] = ()) -> tuple[Part, ...]:
    """The parts of what an equation speaks of, under assumptions; ours is their sum.

    >>> from edgesym.claims.assumptions import assume
    >>> plain = (assume("plain feed-forward"), assume("intermediate = 4*hidden"))
    >>> [p.amount for p in derive(Subject("flops", "feed_forward", per="token"), plain)]
    [8*H**2*L, 8*H**2*L]

    Raises:
        EdgesymError: the quantity, part, phase or assumptions do not make sense together.
    """
    return _derived(subject, assumptions)


@lru_cache(maxsize=4096)
def _derived(subject: Subject, assumptions: tuple[Assumption, ...]) -> tuple[Part, ...]:
    placed = _placed(subject.quantity)
    places = [place for place in _places().values() if place in placed.free_symbols]
    parts: list[Part] = []
    slopes = {place: sympy.diff(placed, place) for place in places}
    if any(slope.free_symbols & set(places) for slope in slopes.values()):
        totals = {p: total(_of_quantity(p.name, subject, assumptions)) for p in places}
        parts.append(Part(subject.quantity, "", placed.xreplace(totals)))
    else:
        rest = _expanded(placed - sympy.Add(*(s * p for p, s in slopes.items())))
        for place, slope in slopes.items():
            found = _of_quantity(place.name, subject, assumptions)
            parts += [replace(part, amount=slope * part.amount) for part in found]
        if rest != 0:
            parts.append(Part(subject.quantity, "", rest))
    values = substitution(assumptions)
    if subject.unit == "elements" or any(a.per == "elements" for a in assumptions):
        values |= {symbol(word): sympy.Integer(1) for word in (*_BYTES, "bytes_per_element")}
    elif subject.one_format or symbol("bytes_per_element") in values:
        one = symbol("bytes_per_element")
        values = {**{symbol(word): values.get(one, one) for word in _BYTES}, **values}
    made = (replace(p, amount=_expanded(p.amount.xreplace(values))) for p in parts)
    return tuple(part for part in made if part.amount != 0)


def _expanded(amount: sympy.Expr) -> sympy.Expr:
    """A sum of monomials, where there are not too many: a quantity to the power 32 stays as is."""
    return sympy.expand(amount) if terms_at_most(amount) <= _MOST_TERMS else amount


def total(parts: tuple[Part, ...]) -> sympy.Expr:
    """The sum of the parts."""
    return sympy.Add(*(part.amount for part in parts))


def _of_quantity(
    name: str, subject: Subject, assumptions: tuple[Assumption, ...]
) -> tuple[Part, ...]:
    """The parts of one quantity: all but the substitutions of the assumptions applied."""
    for assumption in assumptions:
        for replaced, text in assumption.replace:
            if replaced == name:
                return (Part(name, "", formula(text)),)
    options = tuple(sorted({pair for a in assumptions for pair in a.option}))
    choices = dict(pair for a in assumptions for pair in a.convention)
    counting = replace(convention("pytorch"), **choices)
    if subject.phase not in PHASES:
        raise UnknownNameError("phase of a claim", subject.phase, PHASES)
    when = PHASES[subject.phase]
    way = Training(**dict(pair for a in assumptions for pair in a.training))
    parts: list[Part] = []
    for wanted in subject.part.split("+"):
        parts += _raw(name, subject.model or options, counting, when, wanted.strip(), way)
    for assumption in assumptions:
        parts = [p for p in parts if not any(fnmatchcase(p.name, g) for g in assumption.without)]
        for part_name, factor in assumption.times:
            parts = [_scaled(p, factor) if p.name == part_name else p for p in parts]
        if assumption.factor and name in _FORWARD:
            inner = assumption.repeated or assumption.factor
            parts = [_scaled(p, inner if p.block == _LAYERS else assumption.factor) for p in parts]
    if subject.phase == "training" and name in _FORWARD:
        factored = any(a.factor for a in assumptions)
        parts = parts if factored else [_scaled(p, "3") for p in parts]
    pers = [*subject.per.split("+"), *(a.per for a in assumptions)]
    for per in pers:
        parts = _per(per.strip(), parts, name, when)
    return tuple(parts)


def _scaled(part: Part, factor: str) -> Part:
    return replace(part, amount=sympy.Rational(factor) * part.amount)


def _per(per: str, parts: list[Part], quantity: str, when: str) -> list[Part]:
    work = phase(when)
    match per:
        case "layer" if quantity.endswith("_per_layer"):
            return parts
        case "layer":
            kept = [p for p in parts if p.block in ("", _LAYERS)]
            return [replace(p, amount=p.amount / symbol("layers")) for p in kept]
        case "sequence":
            return [replace(p, amount=p.amount / work.batch) for p in parts]
        case "token":
            held = quantity in ("kv_cache_bytes", "storage_bytes")
            tokens = work.batch * work.context if held else work.tokens
            already = quantity.endswith("_per_token")
            return parts if already else [replace(p, amount=p.amount / tokens) for p in parts]
        case "model" | "device" | "iteration" | "step" | "elements" | "":
            return parts
    raise UnknownNameError("what a claim is per:", per, PER)


@lru_cache(maxsize=1024)
def _raw(
    name: str,
    of: str | tuple[tuple[str, bool], ...],
    counting: Convention,
    when: str,
    wanted: str,
    way: Training,
) -> tuple[Part, ...]:
    """The parts of a quantity of the reference decoder, before assumptions on their amounts."""
    found = find_quantity(name)
    model = load(of) if isinstance(of, str) else decoder(of)
    case = Case(model, phase(when), counting, part=wanted, training=way)
    try:
        whole = found.expression(case)
    except UnknownNameError:
        counted = replace(counting, elementwise="counted")
        if counting == counted:
            raise
        return _raw(name, of, counted, when, wanted, way)  # a part of element-wise work alone
    if not found.of_part or whole.has(sympy.Max, sympy.Min):
        return (Part(name, "", whole),)
    blocks = {
        operation.part: block.name
        for block in model.blocks(case.workload, counting)
        for operation in block.operations
    }
    parts = tuple(
        Part(part, block, _alone(found, replace(case, part=part)))
        for part, block in blocks.items()
        if any(fnmatchcase(part, pattern) for pattern in (wanted, f"{wanted}.*"))
    )
    parts = tuple(part for part in parts if part.amount != 0)
    if sympy.expand(total(parts) - whole) != 0:
        return (Part(name, "", whole),)
    return parts


def _alone(quantity: Quantity, case: Case) -> sympy.Expr:
    """The quantity of one part; nothing where it has none of it."""
    try:
        return quantity.expression(case)
    except UnknownNameError:
        return sympy.S.Zero
