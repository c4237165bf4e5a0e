"""The symbols of a paper's equations, and what each most likely stands for."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from edgesym.claims.proposal.evidence import Evidence
from edgesym.claims.proposal.lexicon import spellings, table
from edgesym.notation import NotationError, read_equation
from edgesym.notation.arrange import arrange, pairs
from edgesym.notation.chain import chain_of, lone_name
from edgesym.notation.names import spelled
from edgesym.notation.scan import Piece, scan
from edgesym.notation.tex import Paper
from edgesym.notation.tex.structure import MATH, Math, Passage
from edgesym.notation.tex.tokens import Token, printed
from edgesym.notation.vocabulary import GREEK, UNITS
from edgesym.symbols import TABLE

__all__ = ["Meaning", "meanings_of", "names_of_mathematics", "symbols_in", "with_lists_split"]

_SURE, _AHEAD = 6.0, 1.5
_SPELLED, _GUESSED = 6.0, 1.0
_MOST = 60
_ONE_MATH = re.compile(r"\u27e6([0-9]+)\u27e7")
_LETTERS = re.compile(r"[A-Za-z]{2,4}\Z")
_BYTES = "bytes_per_element"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a symbol stands for.

    Attributes:
        name: as names are spelled.
        meaning: a formula over words, a quantity, or ``?``.
        sure: whether the paper says so, and nothing else.
        why: the words that say it, and where.
    """

    name: str
    meaning: str
    sure: bool
    why: str


def with_lists_split(paper: Paper) -> Paper:
    """A paper in which ``$L, H$`` in a line of text is two pieces of mathematics."""
    mathematics = [*paper.mathematics]
    split: dict[int, str] = {}
    for number, math in enumerate(paper.mathematics):
        parts = _parts(math)
        if math.inline and len(parts) > 1 and all(lone_name(_latex(part)) for part in parts):
            numbers = range(len(mathematics), len(mathematics) + len(parts))
            mathematics += [replace(math, tokens=tuple(part)) for part in parts]
            split[number] = ", ".join(MATH.format(new) for new in numbers)
    passages: list[Passage] = [
        replace(
            passage,
            text=_ONE_MATH.sub(lambda m: split.get(int(m[1]), m[0]), passage.text),
        )
        for passage in paper.passages
    ]
    return replace(paper, mathematics=tuple(mathematics), passages=tuple(passages))


def _parts(math: Math) -> list[list[Token]]:
    parts: list[list[Token]] = [[]]
    for token in math.tokens:
        if token.kind == "sign" and token.text == ",":
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _latex(tokens: Iterable[Token]) -> str:
    return printed(tokens)[0].strip()


def names_of_mathematics(paper: Paper) -> dict[int, str]:
    """Number of a piece of mathematics in a line of text -> the name that it is or defines."""
    found: dict[int, str] = {}
    for number, math in enumerate(paper.mathematics):
        if not math.inline or math.problem or len(math.tokens) > 60:
            continue
        text = _latex(math.tokens)
        name = lone_name(text)
        if not name:
            try:
                name = chain_of(text).named
            except NotationError:  # it names none
                name = ""
        if name:
            found[number] = name
    alone = set(found.values())
    return {
        number: name
        for number, name in found.items()
        if name in GREEK or not (_LETTERS.match(name) and set(name) <= alone)
    }


def symbols_in(text: str, known: Sequence[str]) -> list[str]:
    """The names on the right-hand side of an equation, those that are known first of all.

    Letters that stand side by side are factors, unless they are known as one name or are more
    than four.

    Raises:
        NotationError: it cannot be read, whatever is declared.
    """
    names = [*known, *_words_in(text, known)]
    for _ in range(_MOST):
        try:
            expression = read_equation(text, names)
        except NotationError as error:  # its name joins the symbols; any other error goes on
            new = error.undeclared
            if not new:
                raise
            upright = error.token.startswith("\\")  # a Greek letter, or a word in another font
            split = _LETTERS.match(new) and new not in spellings() and not upright
            added = [part for part in (new if split else [new]) if part not in names]
            if not added:
                raise
            names += added
            continue
        return sorted({found.name for found in expression.free_symbols})
    raise NotationError(f"more than {_MOST} symbols")


def _words_in(text: str, known: Sequence[str]) -> list[str]:
    r"""Names of several letters as they stand in a text: ``d_model``, ``seq\_len``, ``peak_flops``.

    Letters side by side are one where they are spelled as a word is, or have an index and are not
    all known as names of their own.
    """
    pieces = arrange(scan(text), text)
    closed = pairs(pieces, text)
    alone = {name for name in known if len(name) == 1}
    found: list[str] = []
    i = 0
    while i < len(pieces):
        end = _run_end(pieces, i)
        if end == i:
            i += 1
            continue
        word = spelled(pieces[i:end])
        indexed = end + 1 < len(pieces) and pieces[end].is_sign("_") and end + 1 in closed
        whole = len(word) > 2 and not set(word) <= alone and pieces[i].kind == "letter"
        if pieces[i].kind == "text" and word in UNITS:
            i = end
            continue
        if "_" in word or (word in spellings() and (len(word) > 2 or word.isupper())):
            found.append(word)
        elif indexed and not whole and pieces[i].kind == "letter":
            i = end - 1
        if indexed:
            found.append(spelled(pieces[i : closed[end + 1] + 1]))
        i = end
    return [name for name in dict.fromkeys(found) if lone_name(name) and name not in known]


def _run_end(pieces: Sequence[Piece], i: int) -> int:
    """Where letters that stand side by side end; upright text is one by itself."""
    if pieces[i].kind == "text":
        return i + 1
    end = i
    while end < len(pieces) and not (end > i and pieces[end].gap):
        escaped = end > i and pieces[end].kind == "command" and pieces[end].text == "_"
        if pieces[end].kind != "letter" and not escaped:
            break
        end += 1
    return end


def meanings_of(
    names: Iterable[str],
    evidence: Sequence[Evidence],
    where: Callable[[int], str],
    spoken: Collection[str] = (),
) -> dict[str, Meaning]:
    """What each name stands for, from all that is said of it, its spelling and its letter.

    Args:
        names: the names of the equations.
        evidence: what the paper says.
        where: place in the source -> how messages write it.
        spoken: what the paper speaks of at all, which a guess prefers.
    """
    said: dict[str, list[Evidence]] = defaultdict(list)
    for one in evidence:
        said[one.name].append(one)
    found = {name: _weighed(name, said.get(name, ()), where) for name in names}
    taken = {made.meaning for made in found.values() if made.meaning != "?"}
    for name, made in found.items():
        if made.meaning == "?" and not said.get(name):
            options = table()["letters"].get(name[:1] if "_" not in name else name, ())
            free = [word for word in options if word not in taken]
            free.sort(key=lambda word: word not in spoken)
            if free:
                why = f"a guess: {name} is often so called"
                found[name] = Meaning(name, free[0], False, why)
                taken.add(free[0])
    return _agreed(found)


def _weighed(name: str, said: Sequence[Evidence], where: Callable[[int], str]) -> Meaning:
    weights: dict[str, float] = defaultdict(float)
    best: dict[str, Evidence] = {}
    for one in said:
        weights[one.meaning] += one.score
        if one.meaning not in best or one.score > best[one.meaning].score:
            best[one.meaning] = one
    spelled = spellings().get(name) or spellings().get(name.lower())
    coarse = table()["refines"].get(spelled) if spelled else None
    if spelled:
        weights[spelled] += _SPELLED
    if spelled and coarse in weights:  # said in general, and spelled more exactly
        weights[spelled] += weights.pop(coarse)
        best[spelled] = best.pop(coarse)
    if not weights:
        return Meaning(name, "?", False, "nothing is said of it")
    ranked = sorted(weights, key=lambda meaning: (-weights[meaning], meaning == "?"))
    meaning = ranked[0]
    if meaning == "?" and len(ranked) > 1 and weights[ranked[1]] > 0.5 * weights["?"]:
        meaning = ranked[1]
    second = max((weights[other] for other in ranked if other != meaning), default=0.0)
    sure = weights[meaning] >= _SURE and weights[meaning] >= _AHEAD * second and meaning != "?"
    if meaning not in best:
        return Meaning(name, meaning, sure, f"spelled {name}")
    first = best[meaning]
    why = f'{where(first.at)}: "{first.words}"'
    if second and not sure:
        other = next(o for o in ranked if o != meaning)
        why += f"; or {other}?" if other != "?" else ""
    return Meaning(name, meaning, sure, why)


def _agreed(found: dict[str, Meaning]) -> dict[str, Meaning]:
    """Meanings that go together.

    One width of numbers alone is that of all of them, and a prompt without an output is the
    sequence.
    """
    widths = {made.meaning for made in found.values() if _BYTES in made.meaning}
    words = {made.meaning for made in found.values()}
    change: dict[str, str] = {}
    if len(widths) == 1 and widths != {_BYTES} and next(iter(widths)) in TABLE:
        change[next(iter(widths))] = _BYTES
    if "prompt_tokens" in words and not words & {"generated_tokens", "context"}:
        change["prompt_tokens"] = "context"
    return {
        name: replace(made, meaning=change.get(made.meaning, made.meaning))
        for name, made in found.items()
    }
