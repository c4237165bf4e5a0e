"""Our side of a claim: the quantity, from the graph of the reference decoder, part by part."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from importlib import resources
from typing import Any

import sympy

from edgesym.algebra.expansion import expanded
from edgesym.algebra.once import replaced
from edgesym.algebra.polynomial import terms_at_most
from edgesym.architectures.locate import load
from edgesym.architectures.model import Model
from edgesym.architectures.reader import read_model
from edgesym.catalogue import Case, Quantity, find_quantity
from edgesym.claims.asked import Asked, placed
from edgesym.claims.assumptions import Assumption, assume, formula, in_order, substitution
from edgesym.claims.optimum import ArgMin, Minimum, optimised
from edgesym.claims.ratio import reduced
from edgesym.errors import UnknownNameError
from edgesym.formats import TOKEN_BYTES
from edgesym.graph.convention import Convention, convention
from edgesym.graph.tensor import BYTES, Role
from edgesym.graph.training import Training
from edgesym.graph.width import UNIFORM
from edgesym.notation.bounds import weight
from edgesym.scenario.run import Run, stored
from edgesym.symbols import TABLE, symbol
from edgesym.workload import Workload, phase

__all__ = [
    "PER",
    "PHASES",
    "Part",
    "Subject",
    "decoder",
    "derivations",
    "derive",
    "names_of",
    "step_words",
    "total",
]

#: Phase of a claim -> its step: all tokens at once, one more, or T of S.
PHASES = {
    **dict.fromkeys(("forward", "prefill", "training"), phase("prefill")),
    "decode": phase("decode"),
    "step": replace(phase("step"), cached=symbol("context") - symbol("new_tokens")),
}
#: What an amount can be of.
PER = ("model", "token", "sequence", "layer", "head", "device", "iteration", "step")
_BYTES = tuple(word for word in TABLE if word.endswith("_bytes_per_element"))
#: Longer sums of monomials are left in brackets.
_MOST_TERMS = 2_000
#: Symbols and operations of all forms that are derived to find an assumption. The FLOPs of a
#: forward pass have 39, the time of a step 444: each of the vocabulary is tried of both.
_MOST_DERIVED = 36_000
#: Blocks that are no layers.
_OUTSIDE = ("embedding", "head")
#: Quantities of a forward pass, which training multiplies.
_FORWARD = ("flops", "flops_per_token")


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
        weights: a recipe of number formats for the weights of that card.
    """

    quantity: str
    part: str = "*"
    phase: str = "forward"
    per: str = "model"
    unit: str = ""
    one_format: bool = False
    model: str = ""
    weights: str = ""


@cache
def decoder(options: tuple[tuple[str, Any], ...] = ()) -> Model:
    """The reference decoder, with options of ``shared/decoder.toml``."""
    file = resources.files("edgesym").joinpath("claims", "shared", "decoder.toml")
    name = "reference decoder"
    return read_model(dict(options), name=name, origin=name, architecture=str(file))


def names_of(text: str) -> list[str]:
    """The quantities that a formula over quantities and words names.

    Raises:
        ExpressionError: it is no such formula; the unknown name is in the text.
    """
    return sorted({wanted.name for _, wanted in placed(text).places})


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
    formula = placed(subject.quantity)
    made = formula.expression
    parts: list[Part] = []
    places = [place for place, _ in formula.places]
    slopes = {place: sympy.diff(made, place) for place in places}
    optimum = made.has(ArgMin, Minimum)
    joined = optimum or any(slope.free_symbols & set(places) for slope in slopes.values())
    if joined:
        totals = {p: total(_asked_of(wanted, subject, assumptions)) for p, wanted in formula.places}
        whole = replaced(made, totals)
        parts.append(Part(subject.quantity, "", optimised(whole) if optimum else whole))
    else:
        rest = _expanded(made - sympy.Add(*(s * p for p, s in slopes.items())))
        for place, wanted in formula.places:
            found = _asked_of(wanted, subject, assumptions)
            parts += [replace(part, amount=slopes[place] * part.amount) for part in found]
        if rest != 0:
            parts.append(Part(subject.quantity, "", rest))
    values = substitution(assumptions)
    if subject.unit == "elements" or any(a.per == "elements" for a in assumptions):
        values |= {symbol(word): sympy.Integer(1) for word in (*_BYTES, "bytes_per_element")}
    elif subject.one_format or symbol("bytes_per_element") in values:
        one = symbol("bytes_per_element")
        values = {**{symbol(word): values.get(one, one) for word in _BYTES}, **values}
    values = {**step_words(subject.phase), **values}

    def settled(amount: sympy.Expr) -> sympy.Expr:
        put = replaced(amount, values)
        return in_order(_expanded(reduced(put) if joined else put), assumptions)

    made_of = (replace(part, amount=settled(part.amount)) for part in parts)
    return tuple(part for part in made_of if part.amount != 0)


def _expanded(amount: sympy.Expr) -> sympy.Expr:
    """A sum of monomials, where there are not too many: a quantity to the power 32 stays as is."""
    return expanded(amount) if terms_at_most(amount) <= _MOST_TERMS else amount


def derivations(*forms: sympy.Expr) -> int:
    """Under how many further assumptions forms may be derived again: of long ones under fewer.

    >>> derivations(symbol("hidden") * symbol("layers")) > 1_000
    True
    """
    return _MOST_DERIVED // (1 + sum(weight(form).nodes for form in forms))


def total(parts: tuple[Part, ...]) -> sympy.Expr:
    """The sum of the parts."""
    return sympy.Add(*(part.amount for part in parts))


def step_words(phase: str) -> dict[sympy.Symbol, sympy.Expr]:
    """What new and cached tokens are in the phase of a claim, in terms of the context.

    >>> step_words("decode")
    {T: 1, C: S - 1}
    """
    work = _workload(phase)
    words = {symbol("new_tokens"): work.new, symbol("cached_tokens"): work.cached}
    return {s: value for s, value in words.items() if s != value}


def _workload(phase: str) -> Workload:
    if phase not in PHASES:
        raise UnknownNameError("phase of a claim", phase, PHASES)
    return PHASES[phase]


def _asked_of(
    wanted: Asked, subject: Subject, assumptions: tuple[Assumption, ...]
) -> tuple[Part, ...]:
    """The parts of one quantity of a formula, under what is said of it alone."""
    keys = ("part", "phase", "per", "model", "weights")
    own = {key: getattr(wanted, key) for key in keys if getattr(wanted, key)}
    about = replace(subject, **own)
    more = tuple(assume(text) for text in wanted.assumptions)
    kept = tuple(a for a in assumptions if not any(a.contradicts(b) for b in more))
    found = _of_quantity(wanted.name, about, (*kept, *more))
    if not more and about == subject:
        return found
    values = {**step_words(about.phase), **substitution((*kept, *more))}
    if wanted.model:
        values = {**_numbers_of(wanted.model, wanted.weights), **values}
    return tuple(replace(p, amount=replaced(p.amount, values)) for p in found)


def _numbers_of(model: str, weights: str) -> dict[sympy.Symbol, sympy.Expr]:
    """The dimensions of a card, and the bytes per element of its weights under a recipe."""
    card = load(model)
    found: dict[sympy.Symbol, Any] = {**card.values, BYTES[Role.TOKEN]: TOKEN_BYTES}
    if weights:
        formats = Run(weights=weights).formats(card)
        found |= {BYTES[Role.WEIGHT]: formats.weights.bytes_per_element, **formats.assigned.values}
    return {s: sympy.sympify(value) for s, value in found.items()}


def _of_quantity(
    name: str, subject: Subject, assumptions: tuple[Assumption, ...]
) -> tuple[Part, ...]:
    """The parts of one quantity: all but the substitutions of the assumptions applied."""
    for assumption in assumptions:
        for instead_of, text in assumption.replace:
            if instead_of == name:
                return (Part(name, "", formula(text)),)
    options = tuple(sorted({pair for a in assumptions for pair in a.option}))
    choices = dict(pair for a in assumptions for pair in a.convention)
    counting = replace(convention("pytorch"), **choices)
    when = _workload(subject.phase)
    way = Training(**dict(pair for a in assumptions for pair in a.training))
    parts: list[Part] = []
    for wanted in subject.part.split("+"):
        of = (subject.model, subject.weights) if subject.model else options
        parts += _raw(name, of, counting, when, wanted.strip(), way)
    for assumption in assumptions:
        parts = [p for p in parts if not any(fnmatchcase(p.name, g) for g in assumption.without)]
        for part_name, factor in assumption.times:
            parts = [_scaled(p, factor) if p.name == part_name else p for p in parts]
        if assumption.factor and name in _FORWARD:
            inner = assumption.repeated or assumption.factor
            parts = [_scaled(p, inner if _in_layers(p) else assumption.factor) for p in parts]
    if subject.phase == "training" and name in _FORWARD:
        factored = any(a.factor for a in assumptions)
        parts = parts if factored else [_scaled(p, "3") for p in parts]
    pers = [*subject.per.split("+"), *(a.per for a in assumptions)]
    for per in pers:
        parts = _per(per.strip(), parts, name, when)
    return tuple(parts)


def _in_layers(part: Part) -> bool:
    return part.block not in ("", *_OUTSIDE)


def _scaled(part: Part, factor: str) -> Part:
    return replace(part, amount=sympy.Rational(factor) * part.amount)


def _per(per: str, parts: list[Part], quantity: str, work: Workload) -> list[Part]:
    match per:
        case "layer" if quantity.endswith("_per_layer"):
            return parts
        case "layer":
            kept = [p for p in parts if p.block not in _OUTSIDE]
            return [replace(p, amount=p.amount / symbol("layers")) for p in kept]
        case "head":
            return [replace(p, amount=p.amount / symbol("heads")) for p in parts]
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
    of: tuple[str, str] | tuple[tuple[str, Any], ...],
    counting: Convention,
    when: Workload,
    wanted: str,
    way: Training,
) -> tuple[Part, ...]:
    """The parts of a quantity of the reference decoder, before assumptions on their amounts."""
    found = find_quantity(name)
    match of:
        case (str(card), str(weights)):
            model, widths = stored(load(card), weights, "")
        case _:
            model, widths = decoder(of), UNIFORM
    case = Case(model, when, counting, part=wanted, training=way, widths=widths)
    try:
        whole = found.expression(case)
    except UnknownNameError:  # a part of element-wise work alone; else raised
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
    if expanded(total(parts) - whole) != 0:
        return (Part(name, "", whole),)
    return parts


def _alone(quantity: Quantity, case: Case) -> sympy.Expr:
    """The quantity of one part; nothing where it has none of it."""
    try:
        return quantity.expression(case)
    except UnknownNameError:  # a part that has none of it has 0
        return sympy.S.Zero
