"""What an equation is of: quantity, part, phase and so on, from the words around it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from edgesym.claims.proposal.evidence import Evidence
from edgesym.claims.proposal.lexicon import lexicon, plain_words, table
from edgesym.claims.proposal.passage import Word, quoted, words_of
from edgesym.notation.chain import Chain
from edgesym.notation.tex import Paper

__all__ = ["About", "Around", "Key", "about", "around"]

#: How much the words of a place weigh.
_LEFT, _NEAR, _FAR, _BEHIND, _EARLIER, _HEADING = 8.0, 6.0, 3.0, 2.0, 2.5, 3.0
_SURE, _AHEAD, _ALIKE, _THIRD = 6.0, 1.3, 0.8, 0.33
#: The left-hand side is a name of a quantity; the words behind are its unit; a subject; a detail.
_NAMED, _BASE, _UNIT, _SUBJECT, _DETAIL = 7.0, 4.0, 7.0, 2.0, 0.4
_END = re.compile(r"[.!?](?=\s)")
#: Characters of a passage that are looked at before an equation, and behind it.
_REACH = 1200
_SCRIPT = re.compile(r"(?<![_^({/])[_^({/]++([A-Za-z0-9+]+)")


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a proposed claim, with the words that it comes from."""

    value: str
    sure: bool
    why: str
    weight: float = 0.0


@dataclass(frozen=True, slots=True)
class Around:
    """The words around an equation.

    Attributes:
        before: those of its sentence, or of the one before; behind another display in it, if
            there is one. ``earlier`` are those before that display, ``behind`` those after it.
        heading: the headings that it stands under, the last first.
        at: where the sentence stands.
    """

    before: str = ""
    earlier: str = ""
    behind: str = ""
    headings: tuple[str, ...] = ()
    at: int = 0
    heading_at: int = 0


@dataclass(slots=True)
class _Votes:
    weights: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    why: dict[str, tuple[float, str]] = field(default_factory=dict)

    def add(self, value: str, weight: float, why: str) -> None:
        self.weights[value] += weight
        if weight > self.why.get(value, (0.0, ""))[0]:
            self.why[value] = (weight, why)

    def best(self) -> Key | None:
        if not self.weights:
            return None
        ranked = sorted(self.weights, key=lambda value: -self.weights[value])
        second = self.weights[ranked[1]] if len(ranked) > 1 else 0.0
        first = self.weights[ranked[0]]
        sure = first >= _SURE and first >= _AHEAD * second
        return Key(ranked[0], sure, self.why[ranked[0]][1], first)


@dataclass(frozen=True, slots=True)
class About:
    """What an equation is of; None where no word says it."""

    quantity: Key | None = None
    part: Key | None = None
    phase: Key | None = None
    per: Key | None = None
    unit: Key | None = None


def around(paper: Paper) -> dict[int, Around]:
    """Number of a piece of mathematics -> the words around it."""
    found: dict[int, Around] = {}
    headings: dict[int, tuple[str, int]] = {}
    last = ("", 0)
    for passage in paper.passages:
        if passage.kind in ("heading", "title"):
            depth = passage.depth
            headings = {d: h for d, h in headings.items() if d < depth}
            headings[depth] = (passage.text, passage.at)
            continue
        above = [text for _, (text, _) in sorted(headings.items(), reverse=True)]
        heading_at = max(headings.items())[1][1] if headings else 0
        for match in re.finditer(r"\u27e6([0-9]+)\u27e7", passage.text):
            before = passage.text[max(0, match.start() - _REACH) : match.start()]
            cuts = [m.end() for m in _END.finditer(before.rstrip())]
            start = cuts[-1] if cuts else 0
            sentence = before[start:].strip() or before[(cuts[-2:-1] or [0])[0] :].strip()
            if not re.sub(r"\u27e6[0-9]+\u27e7", "", sentence).strip():
                sentence = last[0]
            behind = passage.text[match.end() : match.end() + _REACH]
            stop = _END.search(behind)
            behind = behind[: stop.end()] if stop else behind
            at = passage.place(match.start())
            cut = _behind_display(paper, sentence)
            found[int(match[1])] = Around(
                before=sentence[cut:][-400:],
                earlier=sentence[:cut][-300:],
                behind=behind[:300],
                headings=tuple(above),
                at=at,
                heading_at=heading_at,
            )
        last = (passage.text[-400:], passage.at)
    return found


def _behind_display(paper: Paper, sentence: str) -> int:
    """Where a sentence goes on behind the last display in it; 0 if with fewer than three words."""
    cut = 0
    for match in re.finditer(r"\u27e6([0-9]+)\u27e7", sentence):
        if not paper.mathematics[int(match[1])].inline:
            cut = match.end()
    rest = re.sub(r"\u27e6[0-9]+\u27e7", "", sentence[cut:])
    return cut if len(re.findall(r"[A-Za-z]+", rest)) > 2 else 0


def about(
    chain: Chain,
    near: Around,
    evidence: Sequence[Evidence],
    where: Callable[[int], str],
    shown: Sequence[str],
    words: frozenset[str],
) -> About:
    """What an equation is of.

    Args:
        chain: the equation.
        near: the words around it.
        evidence: what the paper says of its left-hand side.
        where: place -> how messages write it.
        shown: each piece of mathematics as a quotation shows it.
        words: what its symbols stand for.
    """
    quantity, part, phase, per = _Votes(), _Votes(), _Votes(), _Votes()
    left = chain.left
    _of_left(chain, evidence, where, quantity, part, phase, per)
    sentences = ((near.before, _NEAR), (near.behind, _BEHIND), (near.earlier, _EARLIER))
    for text, weight in sentences:
        _of_text(text, weight, where(near.at), shown, quantity, part, phase, per, left)
    for depth, heading in enumerate(near.headings[:2]):
        place = where(near.heading_at)
        weight = _HEADING - depth
        _of_text(heading, weight, place, shown, quantity, part, phase, per, left)
    return _settled(quantity.best(), part, phase.best(), per, near, words)


def _of_left(
    chain: Chain,
    evidence: Sequence[Evidence],
    where: Callable[[int], str],
    quantity: _Votes,
    part: _Votes,
    phase: _Votes,
    per: _Votes,
) -> None:
    """What the left-hand side says: by its spelling, and by what the paper says of it."""
    name = chain.named
    shown = chain.left
    for one in evidence:
        if one.meaning in table()["quantities"]:
            quantity.add(one.meaning, min(one.score, _LEFT), f'{where(one.at)}: "{one.words}"')
        _side_words(one.words, _FAR, f'{where(one.at)}: "{one.words}"', part, phase, per)
    base = re.split(r"[_^(]", name, maxsplit=1)[0] if name else ""
    for word, spellings in table()["quantity_names"].items():
        if name in spellings:
            quantity.add(word, _NAMED if len(name) > 1 else 2.0, f"its name, {shown}")
        elif base and base in spellings and word not in quantity.weights:
            quantity.add(word, _BASE if len(base) > 1 else 1.5, f"its name, {shown}")
    scripts = " ".join(_SCRIPT.findall(name)) or ""
    for row in table()["named"]:
        for word, several in row["scripts"].items():
            if base in row["base"] and set(scripts.split()) & set(several):
                quantity.add(word, _NAMED, f"its name, {shown}")
    words = plain_words(re.sub(r"[_^(){}/]", " ", name or shown.replace("\\", " ")), whole=True)
    named = bool(quantity.weights)
    for said in () if named else lexicon().find([w for w in words if w], ("quantities",)):
        quantity.add(said.meaning, _LEFT, f"its name, {shown}")
    spelled_out = " ".join(word for word in words if word)
    if scripts or "_" in name:
        _side_words(f"{spelled_out} ; {scripts}", _LEFT, f"its name, {shown}", part, phase, per)
    if re.search(r"/\s*(\\text\{)?(token|tok)\b", shown):
        per.add("token", _LEFT, f"its name, {shown}")
    for script in scripts.split():
        for value, several in table()["scripts"].items():
            if script in several:
                part.add(value, _LEFT + 1, f"its name, {shown}")


def _side_words(
    text: str, weight: float, why: str, part: _Votes, phase: _Votes, per: _Votes
) -> None:
    words = plain_words(text, whole=True)
    for votes, kind in ((part, "parts"), (phase, "phases"), (per, "per")):
        for said in lexicon(True).find(words, (kind,)):
            votes.add(said.meaning, weight, why)


def _of_text(
    text: str,
    weight: float,
    place: str,
    shown: Sequence[str],
    quantity: _Votes,
    part: _Votes,
    phase: _Votes,
    per: _Votes,
    left: str,
) -> None:
    """What words say; those nearest to the equation weigh most."""
    from edgesym.notation.tex.structure import Passage

    passage = Passage("text", text, 0)
    words = words_of(passage)
    texts = [word.text for word in words]
    heard = lexicon().find(texts, ("quantities",))
    heaviest: dict[str, tuple[float, str]] = {}
    for said in heard:
        nearest = said is (heard[-1] if weight == _NEAR else heard[0])
        quote = _quote(passage, words, said.start, said.end, shown)
        weighs = weight if nearest else weight / 2
        if weight == _BEHIND and said.start <= 1 and said.meaning in table()["behaviour"]["units"]:
            weighs = _UNIT
        if said.start and texts[said.start - 1] in table()["grammar"]["from"]:
            weighs *= _DETAIL
        elif any(text in table()["grammar"]["verbs"] for text in texts[said.end : said.end + 2]):
            weighs += _SUBJECT
        if weighs > heaviest.get(said.meaning, (0.0, ""))[0]:
            heaviest[said.meaning] = (weighs, f'{place}: "{quote}"')
    for meaning, (weighs, why) in heaviest.items():
        quantity.add(meaning, weighs, why)
    if weight == _BEHIND:  # what a further clause says is of something else
        passage = Passage("text", re.split(r"[,;:]", text, maxsplit=1)[0], 0)
    whole = words_of(passage, whole=True)
    texts = [word.text for word in whole]
    for votes, kind in ((part, "parts"), (phase, "phases"), (per, "per")):
        found = lexicon(True).find(texts, (kind,))
        families = {_FAMILY.match(said.meaning)[0] for said in found}  # type: ignore[index]
        for said in found:
            if (
                votes is part
                and said.start
                and texts[said.start - 1] in table()["grammar"]["without"]
            ):
                continue
            nearest = said is (found[-1] if weight == _NEAR else found[0])
            nearest &= votes is not part or len(families) == 1 or said.meaning == "*"
            quote = _quote(passage, whole, said.start, said.end, shown)
            votes.add(said.meaning, weight if nearest else weight / 2, f'{place}: "{quote}"')


def _quote(
    passage: object, words: Sequence[Word], start: int, end: int, shown: Sequence[str]
) -> str:
    first, last = words[max(0, start - 4)], words[min(end + 2, len(words)) - 1]
    return quoted(passage, first.start, last.end, shown)  # type: ignore[arg-type]


def _settled(
    quantity: Key | None,
    parts: _Votes,
    phase: Key | None,
    pers: _Votes,
    near: Around,
    words: frozenset[str],
) -> About:
    """The keys put together: what one says of another."""
    part, per = parts.best(), pers.best()
    if phase and phase.value == "training" and phase.weight < _NEAR:
        phase = None  # a heading alone: of training speak many that count forward passes
    if part and part.value != "*":
        part = _together(part, parts)
    per = _both(per, pers)
    if per and "layer" in per.value and "layers" in words:
        rest = per.value.replace(" + layer", "").replace("layer", "")
        per = Key(rest, per.sure, per.why) if rest else None
    if per and per.value == "token" and "batch" in words:
        per = None
    if part and part.value == "*":
        part = None
    if quantity:
        if quantity.value == "flops_per_token":
            per = Key("token", quantity.sure, quantity.why)
            quantity = Key("flops", quantity.sure, quantity.why)
        name = quantity.value
        if name == "activation_memory" and pers.weights.get("layer") and "layers" not in words:
            name = "activation_memory_per_layer"
            quantity = Key(name, quantity.sure, quantity.why)
        if name == "activation_memory_per_layer" and per and "layer" in per.value:
            per = None
        if name.startswith("activation_memory") or (phase and phase.value == "forward"):
            phase = None
        trained = phase is not None and phase.value == "training"
        if name == "flops" and trained and "training_tokens" in words:
            quantity, phase = Key("training_flops", quantity.sure, quantity.why), None
        elif name == "training_flops" and "training_tokens" not in words:
            quantity, phase = (
                Key("flops", quantity.sure, quantity.why),
                Key("training", quantity.sure, quantity.why),
            )
        elif name == "training_flops":
            phase = None
        if name in table()["behaviour"]["whole"]:
            part = None
        if name in table()["behaviour"]["still"]:
            phase = None
        if name.endswith("_per_token") or name == "time_per_output_token":
            per = None
    unit = None
    if (
        quantity
        and quantity.value in table()["behaviour"]["bytes"]
        and not any("bytes_per_" in word for word in words)
    ):
        said = plain_words(f"{near.before} {near.behind}", whole=True)
        if "element" in said or "scalar" in said:
            unit = Key("elements", True, "the words around it")
    return About(quantity, part, phase, per, unit)


def _together(part: Key, votes: _Votes) -> Key:
    """A part, the more exact of one family, or the sum of two that the words speak of alike."""
    first = votes.weights[part.value]
    near = [
        v for v, w in votes.weights.items() if w >= _ALIKE * first and v not in ("*", part.value)
    ]
    family = part.value.partition(".")[0]
    exact = [v for v, w in votes.weights.items() if v.startswith(f"{family}.") and w > first / 3]
    if exact and "." not in part.value:
        return Key(exact[0], False, votes.why[exact[0]][1])
    others = [v for v in near if not v.startswith(family) and "." not in v]
    if others and "." not in part.value:
        whole = [name for name in _ORDER if name in (part.value, *others)]
        return Key(" + ".join(whole), False, part.why)
    return part


def _both(per: Key | None, votes: _Votes) -> Key | None:
    """Per layer and per token or sequence, where the words say both."""
    layer, other = votes.weights.get("layer", 0.0), per
    if per and per.value == "layer":
        rest = {v: w for v, w in votes.weights.items() if v in ("token", "sequence")}
        name = max(rest, key=lambda v: rest[v], default="")
        if not name or rest[name] < _THIRD * layer:
            return per
        return Key(f"{name} + layer", False, per.why)
    said = other is not None and other.value in ("token", "sequence")
    if other and said and layer >= _THIRD * votes.weights[other.value]:
        return Key(f"{other.value} + layer", False, other.why)
    return per


_FAMILY = re.compile(r"[a-z_*]+")
#: Parts in the order of a model.
_ORDER = ("embedding", "attention", "feed_forward", "experts", "head")
