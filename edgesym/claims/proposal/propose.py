"""The claims that a paper seems to make."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import sympy

from edgesym.claims.assumptions import assume
from edgesym.claims.definitions import Definitions, definitions_of
from edgesym.claims.proposal.about import About, Around, Key, about, around
from edgesym.claims.proposal.evidence import Evidence, evidence_of
from edgesym.claims.proposal.lexicon import lexicon, table
from edgesym.claims.proposal.passage import quoted, words_of
from edgesym.claims.proposal.symbols import (
    Meaning,
    meanings_of,
    names_of_mathematics,
    symbols_in,
    with_lists_split,
)
from edgesym.domain import checked
from edgesym.errors import EdgesymError
from edgesym.notation import bind, read_equation
from edgesym.notation.chain import Chain, chain_of, lone_name
from edgesym.notation.tex import Paper, Printed, read_paper
from edgesym.notation.tex.structure import Passage
from edgesym.notation.tex.tokens import printed
from edgesym.symbols import TABLE, declared, describe, in_table

__all__ = ["Proposal", "Proposed", "propose"]

#: Assumptions that stand only where an equation has a symbol of such a layer.
_NEEDS = {
    "tensor parallel": ("tensor_parallel",),
    "sequence parallel": ("tensor_parallel",),
    "ZeRO stage 1": ("data_parallel", "devices"),
    "ZeRO stage 2": ("data_parallel", "devices"),
    "ZeRO stage 3": ("data_parallel", "devices"),
    "experts": ("experts", "experts_per_token", "expert_intermediate"),
    "latent attention": ("latent",),
    "sliding window": ("window",),
    "learned positions": ("positions",),
}


@dataclass(frozen=True, slots=True)
class Proposed:
    """An equation with what it seems to be of.

    Attributes:
        key: as the paper's equations are called.
        equation: as printed.
        place: its line.
        about: what it is of.
        symbols: the names on its right-hand side.
        own: symbols that stand for something else here.
        assumptions: what is assumed of it alone.
    """

    key: str
    equation: Printed
    place: str
    about: About
    symbols: tuple[str, ...]
    own: tuple[Meaning, ...] = ()
    assumptions: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """What a paper seems to claim.

    Attributes:
        source: the file.
        title: the paper's title; empty where it has none.
        symbols: of the names of the claims, those that stand for something outside the paper.
        definitions: names that the paper defines by an equation -> that, and its line.
        assumptions: what it assumes.
        claims: the equations.
        left_out: key or place of the others, and why.
        problems: what of the source could not be read.
    """

    source: Path
    title: str
    symbols: tuple[Meaning, ...]
    definitions: Mapping[str, tuple[str, str]]
    assumptions: tuple[Key, ...]
    claims: tuple[Proposed, ...]
    left_out: tuple[tuple[str, str], ...]
    problems: tuple[str, ...]


@checked
def propose(path: Path, *, inline: bool = False) -> Proposal:
    """The claims that a LaTeX source seems to make, each with its evidence.

    Args:
        path: the source.
        inline: whether equations in lines of text are proposed as well.

    Raises:
        ConfigError: the file cannot be read.
    """
    paper = with_lists_split(read_paper(path))
    names = names_of_mathematics(paper)
    shown = [printed(math.tokens)[0].strip() for math in paper.mathematics]
    evidence = evidence_of(paper, names, shown)
    defined = definitions_of(paper)
    near = around(paper)
    read, left_out = _readable(paper, names, evidence, defined, inline=inline)
    used = sorted({name for _, _, _, found in read for name in found})
    inner = _inner(defined, used, paper, names)
    spoken_of = _spoken(paper)
    meanings = meanings_of([*used, *inner], evidence, paper.where, spoken_of)
    words = {name: made.meaning for name, made in meanings.items()}
    definitions = _kept(defined, meanings, paper)
    claims: list[Proposed] = []
    stated: list[Key] = []
    led: dict[int, tuple[str, About]] = {}
    for equation in paper.equations.values():
        if equation.inline and not inline:
            stated += _of_line(equation, evidence, paper, meanings)
    for key, equation, chain, found in read:
        place = paper.where(equation.at)
        name = chain.named
        left = _meaning_of(name, evidence, paper)
        said_so = name in meanings and meanings[name].sure and words[name] in TABLE
        if left.partition(".")[0] in TABLE or said_so:
            word = words[name] if said_so else left
            assumed = _substitution(word, equation, meanings, place)
            stated += [assumed] if assumed else []
            left_out.append((key, f"{place}: it says what {chain.left} is"))
            continue
        own = [one for one in evidence if one.name == name] if name else []
        spoken = frozenset(_words(found, words, defined, names))
        said = about(chain, near.get(equation.number, Around()), own, paper.where, shown, spoken)
        if said.quantity is None:
            left_out.append((key, f"{place}: no words say what it is of"))
            continue
        said = _doubted(said, name, led.setdefault(equation.number, (name, said)))
        own_symbols = _own(said, found, meanings)
        claims.append(Proposed(key, equation, place, said, tuple(found), own_symbols))
    needed = {name for claim in claims for name in claim.symbols}
    needed |= set(_inner(defined, sorted(needed), paper, names))
    of_claims = {c.key: _words(c.symbols, words, defined, names) for c in claims}
    nearby = {c.key: near.get(c.equation.number, Around()) for c in claims}
    file_wide, alone = _assumptions(paper, shown, set(words.values()), stated, nearby, of_claims)
    for c in claims:
        said_already = {key.value for key in (*stated, *file_wide, *alone.get(c.key, ()))}
        implied = _implied(c, of_claims[c.key], nearby[c.key])
        alone.setdefault(c.key, []).extend(k for k in implied if k.value not in said_already)
    claims = [replace(c, assumptions=tuple(alone[c.key])) for c in claims]
    return Proposal(
        path,
        next((_plain(p.text, shown) for p in paper.passages if p.kind == "title"), ""),
        tuple(m for n, m in meanings.items() if n in needed and n not in definitions),
        {name: made for name, made in definitions.items() if name in needed},
        (*stated, *file_wide),
        tuple(claims),
        tuple(left_out),
        tuple(f"{paper.where(p.at)}: {p.what}" for p in paper.problems),
    )


def _doubted(said: About, name: str, first: tuple[str, About]) -> About:
    """What a line of a display is of: a guess, where the words are those of its first line.

    Lines of another letter are of something else mostly, and one sentence leads to all of them.

    Args:
        first: the name of the first line's left-hand side, and what it is of.
    """
    found, leading = said.quantity, first[1].quantity
    if found is None or leading is None or found.why != leading.why:
        return said
    letters = [re.split(r"[_^(]", each, maxsplit=1)[0] for each in (name, first[0])]
    if letters[0] == letters[1]:
        return said
    return replace(said, quantity=replace(found, sure=False))


_Read = tuple[str, Printed, Chain, list[str]]


def _readable(
    paper: Paper,
    names: Mapping[int, str],
    evidence: Sequence[Evidence],
    defined: Definitions,
    *,
    inline: bool,
) -> tuple[list[_Read], list[tuple[str, str]]]:
    """The equations that can be read with the names of the paper, and why others are left out."""
    known = list(dict.fromkeys([*(e.name for e in evidence), *names.values(), *defined.found]))[
        :300
    ]
    read: list[_Read] = []
    left: list[tuple[str, str]] = []
    for key, equation in paper.equations.items():
        if equation.inline and not inline:
            continue
        place = paper.where(equation.at)
        if equation.problem:
            left.append((key, f"{place}: {equation.problem}"))
            continue
        try:
            chain = chain_of(equation.text)
            found = symbols_in(equation.text, [name for name in known if name != chain.named])
        except EdgesymError as error:  # told among what is left
            left.append((key, f"{place}: {error}"))
            continue
        if not found or (len(found) == 1 and lone_name(chain.right) == found[0]):
            left.append((key, f"{place}: a number or a name alone"))
            continue
        read.append((key, equation, chain, found))
    return read, left


def _inner(
    defined: Definitions, used: Sequence[str], paper: Paper, names: Mapping[int, str]
) -> list[str]:
    """The names that the definitions of names use in turn."""
    known = list(dict.fromkeys([*names.values(), *defined.found]))[:300]
    found: list[str] = []
    left = [name for name in used if name in defined.found]
    seen = set(left)
    while left:
        name = left.pop()
        for _, _, equation in defined.found[name][:1]:
            try:
                inner = symbols_in(equation.text, [n for n in known if n != name])
            except EdgesymError:  # what cannot be read names nothing; it is left out below
                continue
            found += [n for n in inner if n not in found]
            left += [n for n in inner if n in defined.found and n not in seen]
            seen |= set(inner)
    return found


def _of_line(
    equation: Printed, evidence: Sequence[Evidence], paper: Paper, meanings: Mapping[str, Meaning]
) -> list[Key]:
    """What an equation in a line of text says of a symbol: ``d_ff = 4 d``."""
    try:
        name = chain_of(equation.text).named
    except EdgesymError:  # what cannot be read says nothing of a symbol
        return []
    word = meanings[name].meaning if name in meanings else _meaning_of(name, evidence, paper)
    found = _substitution(word, equation, meanings, paper.where(equation.at))
    return [found] if found and word in TABLE else []


def _words(
    found: Sequence[str],
    words: Mapping[str, str],
    defined: Definitions,
    names: Mapping[int, str],
) -> list[str]:
    """The words that the symbols of an equation, and of those it uses, stand for."""
    inner = _inner(defined, found, defined.paper, names)
    return [words[name] for name in (*found, *inner) if name in words]


def _meaning_of(name: str, evidence: Sequence[Evidence], paper: Paper) -> str:
    own = [one for one in evidence if one.name == name]
    if not name:
        return ""
    return meanings_of([name], own, paper.where)[name].meaning if own else ""


def _kept(
    defined: Definitions, meanings: Mapping[str, Meaning], paper: Paper
) -> dict[str, tuple[str, str]]:
    """Names that an equation defines, and that stand for no word of the table."""
    found: dict[str, tuple[str, str]] = {}
    for name, several in defined.found.items():
        made = meanings.get(name)
        if made is None or (made.meaning in TABLE and made.sure) or "*" in made.meaning:
            continue
        if made.meaning == "parameters" and made.sure:
            continue
        equation = several[0][2]
        found[name] = (equation.text, paper.where(equation.at))
    return found


def _substitution(
    word: str, equation: Printed, meanings: Mapping[str, Meaning], place: str
) -> Key | None:
    """``d_ff = 4 d`` as the assumption ``intermediate = 4*hidden``."""
    symbols = {name: made.meaning for name, made in meanings.items() if made.meaning != "?"}
    try:
        bound = bind(read_equation(equation.text, symbols), symbols)
        words = {s: declared(describe(s).word) for s in bound.free_symbols if in_table(s)}
        text = f"{word} = {sympy.sstr(bound.xreplace(words))}"
        assume(text)
    except EdgesymError:  # an assumption that is not understood is not proposed
        return None
    if bound.is_number or not words or declared(word) in words.values():
        return None
    sure = all(m.sure for n, m in meanings.items() if declared(n) in bound.free_symbols)
    return Key(text, sure, f"{place}: {equation.text}")


def _spoken(paper: Paper) -> set[str]:
    """What the words of a paper speak of, of all that symbols can stand for."""
    found: set[str] = set()
    for passage in paper.passages:
        texts = [word.text for word in words_of(passage)]
        found |= {said.meaning for said in lexicon().find(texts, ("meanings",))}
    return found


def _own(said: About, found: Sequence[str], meanings: Mapping[str, Meaning]) -> tuple[Meaning, ...]:
    """Symbols that stand for something else in this equation.

    ``training_flops`` is of an iteration: the tokens of a run are those of all its batches.
    """
    if said.quantity is None or said.quantity.value != "training_flops":
        return ()
    why = "the tokens that are trained on"
    return tuple(
        Meaning(name, "batch*context", meanings[name].sure, why)
        for name in found
        if name in meanings and meanings[name].meaning == "training_tokens"
    )


def _assumptions(
    paper: Paper,
    shown: Sequence[str],
    words: set[str],
    stated: Sequence[Key],
    nearby: Mapping[str, Around],
    spoken: Mapping[str, Sequence[str]],
) -> tuple[list[Key], dict[str, list[Key]]]:
    """What the text says that it assumes: of all equations, and of single ones.

    What is said in the sentence of an equation is of that one; a kind of layer is of those that
    have its symbols. Of two that contradict each other neither is proposed.
    """
    everywhere: dict[str, Key] = {}
    alone: dict[str, list[Key]] = {}
    for passage in paper.passages:
        for start, sentence in _sentences(passage):
            whole = words_of(sentence, whole=True)
            for said in lexicon(True).find([word.text for word in whole], ("assumptions",)):
                name = said.meaning
                place = paper.where(passage.place(start + whole[said.start].start))
                first, last = (
                    whole[max(0, said.start - 3)],
                    whole[min(said.end + 3, len(whole)) - 1],
                )
                key = Key(
                    name, False, f'{place}: "{quoted(sentence, first.start, last.end, shown)}"'
                )
                if name in _NEEDS:
                    at = [k for k, has in spoken.items() if set(_NEEDS[name]) & set(has)]
                elif passage.kind in ("text", "item"):
                    at = [k for k, near in nearby.items() if _within(sentence.text, near)]
                    at = at or ["*"]
                else:
                    at = ["*"]
                for where in at:
                    if where == "*":
                        everywhere.setdefault(name, key)
                    elif all(known.value != name for known in alone.setdefault(where, [])):
                        alone[where].append(key)
    if any(word.startswith("kv_heads") for word in words):
        drop = {"kv_heads = heads", "kv_heads = 1"}
    else:
        drop = set()
    if any(word.endswith("bytes_per_element") for word in words):
        drop.add("bytes_per_element = 2")
    kept = [key for name, key in everywhere.items() if name not in drop]
    wide = _consistent(kept, stated)
    known = {*drop, *(key.value for key in wide)}
    for where, keys in alone.items():
        new = [key for key in keys if key.value not in known]
        alone[where] = _consistent(new, [*stated, *wide])
    return wide, alone


def _implied(claim: Proposed, words: Sequence[str], near: Around) -> list[Key]:
    """What a claim can only mean: a number in bytes without a symbol of bytes, a grown cache."""
    found: list[Key] = []
    quantity = claim.about.quantity.value if claim.about.quantity else ""
    sized = any(word.endswith("bytes_per_element") for word in words)
    in_bytes = quantity in table()["behaviour"]["bytes"] and claim.about.unit is None
    said = re.search(
        r"\b(?:bytes|[KMGT]i?B)\b", f"{near.before} {near.behind} {claim.equation.text}"
    )
    if in_bytes and said and not sized:
        why = f"{claim.place}: bytes are spoken of, and no symbol says how many an element has"
        found.append(Key("bytes_per_element = 2", False, why))
    if quantity == "kv_cache_bytes" and {"prompt_tokens", "generated_tokens"} <= set(words):
        why = f"{claim.place}: the cache holds the prompt and what was generated"
        found.append(Key("context = prompt_tokens + generated_tokens", False, why))
    return found


def _consistent(keys: Sequence[Key], stated: Sequence[Key]) -> list[Key]:
    made = {key: assume(key.value) for key in (*stated, *keys)}
    return [
        key
        for key in keys
        if not any(made[key].contradicts(other) for k, other in made.items() if k is not key)
    ]


def _sentences(passage: Passage) -> Iterator[tuple[int, Passage]]:
    start = 0
    for match in re.finditer(r"[.!?](?=\s|$)|$", passage.text):
        text = passage.text[start : match.end()]
        if text.strip():
            yield start, replace(passage, text=text)
        start = match.end()


def _within(sentence: str, near: Around) -> bool:
    """Whether a sentence is the one that an equation stands in."""
    first = re.split(r"\u27e6", sentence.strip(), maxsplit=1)[0].strip()
    return (
        bool(first)
        and len(first) > 3
        and f"{near.earlier}{near.before}".startswith(first[:80])
        and ("\u27e6" in sentence)
    )


def _plain(text: str, shown: Sequence[str]) -> str:
    return quoted(Passage("title", text, 0), 0, len(text), shown)
