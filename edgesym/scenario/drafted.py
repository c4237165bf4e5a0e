"""What drafts tokens for the model of a setup: another model, a block of its own, or a look-up."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

import sympy

from edgesym.architectures.locate import as_model
from edgesym.architectures.model import Model
from edgesym.errors import ConfigError
from edgesym.frozen import FrozenMap
from edgesym.memo import memo
from edgesym.numbers import Number
from edgesym.quantities.case import Drafting
from edgesym.scenario.run import Run
from edgesym.symbols import describe, symbol

__all__ = [
    "DRAFT",
    "DRAFTED",
    "LOOKUP",
    "MTP",
    "draft_of",
    "drafting_of",
    "labels_of_draft",
    "numbers_of_draft",
]

#: The kind of the symbols of a draft: L of the draft is L_draft.
DRAFT = "draft"
#: Drafts that are no other model: a block of the model's own, and what was said before.
MTP, LOOKUP = "mtp", "lookup"
#: Rows by which the vocabularies of a model and its draft may differ, as by padding: llama.cpp,
#: common/speculative.cpp, SPEC_VOCAB_MAX_SIZE_DIFFERENCE.
_MOST_PADDING = 128
_REMEMBERED = 256
#: What is said of a draft besides.
DRAFTED = _GAMMA, _ALPHA = symbol("draft_tokens"), symbol("acceptance")
_VOCAB, _MODULES = symbol("vocab"), symbol("mtp_layers")


@lru_cache(maxsize=_REMEMBERED)
def draft_of(setup: Any) -> Any:
    """The setup of the draft; none where no model drafts.

    It runs as the model does, with weights in the format that is named behind a colon, and by
    default in that of the model's.

    Raises:
        ConfigError: a draft with another vocabulary, or a model without a block that drafts.
        UnknownNameError: no such model, or no such format.
    """
    run = setup.run
    if run.draft in ("", LOOKUP):
        return None
    alone = replace(run, draft="", draft_tokens=None, acceptance=None, prune="", given=())
    if run.draft == MTP:
        return replace(setup, model=_own_block(setup.model), run=alone)
    name, _, weights = run.draft.rpartition(":")
    name, weights = (name, weights) if name else (run.draft, run.weights)
    draft = as_model(name, "--draft")
    _refuse_others(setup.model, draft)
    return replace(setup, model=draft, run=replace(alone, weights=weights))


@memo(key=lambda setup: setup.shape, size=_REMEMBERED)
def drafting_of(setup: Any) -> Drafting | None:
    """How tokens are drafted; none where a step makes one token.

    The draft's closed forms are in symbols of its own where it differs from the model: of another
    model the extents and formats, and figures that it does not share with the model it drafts for.
    """
    if not setup.run.draft:
        return None
    draft = draft_of(setup)
    if draft is None:
        return Drafting()
    modules = _MODULES if setup.run.draft == MTP else sympy.S.One
    case = draft.case("decode")
    # sequences are scheduled once for all that a step drafts and checks
    figures = {w: f for w, f in case.runtime.figures.items() if w != "sequence_overhead"}
    case = replace(case, runtime=replace(case.runtime, figures=FrozenMap(figures)))
    return Drafting(case, _own(setup, draft), modules)


def labels_of_draft(run: Run) -> dict[str, Any]:
    """What a run says of drafts, by name."""
    said = {"draft": run.draft, "draft_tokens": run.draft_tokens, "acceptance": run.acceptance}
    return {name: value for name, value in said.items() if run.draft and value is not None}


def numbers_of_draft(setup: Any) -> dict[sympy.Symbol, Number]:
    """The numbers of drafting: how many tokens, how many accepted, and those of the draft."""
    run = setup.run
    said = {_GAMMA: run.draft_tokens, _ALPHA: run.acceptance}
    found = {made: number for made, number in said.items() if number is not None}
    draft, drafting = draft_of(setup), drafting_of(setup)
    if draft is None or drafting is None:
        return found
    numbers, own = draft.values(), drafting.own
    return {**found, **{own.get(s, s): numbers[s] for s in numbers if s in own or s == _MODULES}}


def _own(setup: Any, draft: Any) -> FrozenMap[sympy.Symbol, sympy.Symbol]:
    """The symbols of a draft that are not the model's."""
    run = replace(setup.run, draft="", draft_tokens=None, acceptance=None, given=())
    model = replace(setup, run=run)
    ours, theirs = model.figures(), draft.figures()
    numbers, others = model.values(), draft.values()
    apart = ("model", "format") if setup.run.draft != MTP else ()

    def is_own(made: sympy.Symbol) -> bool:
        if made in theirs:
            return bool(ours.get(made) != theirs[made])
        scope = describe(made).scope
        differs = bool(numbers.get(made) != others[made])
        return scope in apart or (scope != "workload" and differs)

    names = (made for made in others if made != _MODULES and is_own(made))
    return FrozenMap((made, _named(made)) for made in names)


def _named(made: sympy.Symbol) -> sympy.Symbol:
    word, _, kind = describe(made).word.partition(".")
    return symbol(word, f"{DRAFT}_{kind}" if kind else DRAFT)


def _refuse_others(model: Model, draft: Model) -> None:
    """Refuse a draft whose tokens are not the model's, and encoders.

    Raises:
        ConfigError: naming both.
    """
    for one in (model, draft):
        if any(plan.over != "new" for plan in one.plans):
            raise ConfigError(
                f"draft: {one.name} has an encoder; drafts are covered for models that decode alone"
            )
    rows = [one.values.get(_VOCAB, 0) for one in (model, draft)]
    if abs(rows[0] - rows[1]) > _MOST_PADDING:
        raise ConfigError(
            f"draft: {draft.name} has a vocabulary of {rows[1]:,} tokens and {model.name} one of "
            f"{rows[0]:,}; what is drafted are tokens of the model, so choose a draft of its "
            f"family (up to {_MOST_PADDING} rows of padding may differ)"
        )


def _own_block(model: Model) -> Model:
    """The block of a model that predicts further tokens, as a model.

    Raises:
        ConfigError: it has none.
    """
    if model.ahead is None:
        raise ConfigError(
            f"draft = {MTP}: the config of {model.name} says of no block that predicts further "
            "tokens, or edgesym does not know how its architecture "
            f"({model.architecture}) builds it; name another model, or {LOOKUP}"
        )
    return model.ahead
