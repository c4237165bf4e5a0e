r"""The equations that a display prints: rows that go on, labels, cases, several in a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from edgesym.notation.tex.environments import CONTINUING, DISPLAYS, INNER, ROWS
from edgesym.notation.tex.structure import Math
from edgesym.notation.tex.tokens import Token, printed
from edgesym.notation.vocabulary import OPERATORS, RELATIONS

__all__ = ["Printed", "equations_of"]

_RELATIONS = frozenset(RELATIONS)
_STARTS = _RELATIONS | (frozenset(OPERATORS) - {"%", "^", "**", "-", "\u2212"})
_ENDS = _STARTS | {"-"}
_OPENING, _CLOSING = frozenset(("(", "[", "{", "lbrace")), frozenset((")", "]", "}", "rbrace"))
#: Words that begin a remark on the equation before.
_REMARKS = ("where", "for", "if", "with", "when", "given", "such", "otherwise", "in", "per", "s.t")
#: Tokens of an equation, beyond which no reader goes.
_LONGEST = 6000
_DEEPEST = 4
#: Commands that say the size of a bracket.
_SIZED = (
    *("left", "right", "mathrel", "mathbin"),
    *("big", "Big", "bigg", "Bigg", "bigl", "bigr", "Bigl", "Bigr"),
)
_TEXTS = ("text", "mbox", "textrm", "mathrm")
#: Commands that show nothing of their group.
_UNSEEN = ("phantom", "hphantom", "vphantom", "hspace", "mspace", "vspace", "hskip", "kern")
_CASES = ("cases", "dcases", "rcases", "numcases")


@dataclass(frozen=True, slots=True)
class Printed:
    r"""An equation as a paper prints it, macros put in.

    Attributes:
        text: LaTeX on one line.
        at: where it begins in the source.
        places: of each character of the text, its place in the source.
        label: of ``\label``; the empty text if it has none.
        tag: of ``\tag``.
        group: the label of the subequations that it is one of.
        condition: of cases, when it holds.
        inline: whether it stands in a line of text.
        number: which mathematics of the paper it stands in.
        problem: why it is not read, if it is not.
    """

    text: str
    at: int
    places: tuple[int, ...] = ()
    label: str = ""
    tag: str = ""
    group: str = ""
    condition: str = ""
    inline: bool = False
    number: int = 0
    problem: str = ""

    def place(self, position: int) -> int:
        """The place in the source of a character of the text."""
        return self.places[min(position, len(self.places) - 1)] if self.places else self.at


def equations_of(math: Math, number: int = 0) -> list[Printed]:
    r"""The equations of a display, or of mathematics in a line.

    A row that begins with a relation or an operator goes on from the row before, and so does one
    behind an open bracket or an operator; each label is of what is printed up to it.

    >>> from edgesym.notation.tex.structure import structure_of
    >>> from edgesym.notation.tex.tokens import tokens_of
    >>> source = r"\begin{align} N &= a \\ &+ b \label{n} \\ M &= c, \quad P = d \end{align}"
    >>> (math,) = structure_of(list(tokens_of(source))).mathematics
    >>> [(found.label, found.text) for found in equations_of(math)]
    [('n', 'N = a + b'), ('', 'M = c'), ('', 'P = d')]
    """
    if math.problem:
        text = printed(math.tokens[:12])[0].strip()
        return [Printed(text, math.at, number=number, problem=math.problem, inline=math.inline)]
    name = math.environment.removesuffix("*")
    tokens = math.tokens
    if name == "eqnarray":  # three columns of one equation, where others have two of each
        tokens = tuple(t._replace(kind="space", text=" ") if t.text == "&" else t for t in tokens)
    found = list(_of(tokens, rows=name in ROWS, one=name not in ROWS))
    return [
        replace(one, group=math.group, number=number, inline=math.inline, at=one.at or math.at)
        for one in found
    ]


def _of(tokens: Sequence[Token], *, rows: bool, one: bool, within: int = 0) -> Iterator[Printed]:
    """The equations of tokens; ``rows`` says whether a row is an equation, ``one`` that all are."""
    inner = _inner(tokens, within)
    if inner is not None:
        yield from inner
        return
    joined: list[Token] = []
    labels: list[_Label] = []
    spare, depth = ("", ""), 0
    for part in _rows(tokens):
        row, label, tag = _labelled(part)
        if not any(token.kind != "space" for token in row):
            spare = label or spare[0], tag or spare[1]
            continue
        short = len(joined) + 100 * len(labels) < _LONGEST
        start = len(joined)
        if joined and short and (one or _goes_on(joined, row, depth)):
            first = next((i for i, t in enumerate(row) if t.kind != "space" and not _space(t)), 0)
            joined += [Token("space", " ", row[0].at), *row[first:]]
            depth += _depth(row)
        else:
            yield from _finished(joined, labels)
            joined, labels, depth, start = list(row), [], _depth(row), 0
        if label or tag:
            labels.append((label, tag, start))
    if spare != ("", "") and not any(label for label, _, _ in labels):
        labels.append((*spare, len(joined)))
    yield from _finished(joined, labels)


#: A label, a tag, and where the row begins that has them.
_Label = tuple[str, str, int]


def _finished(joined: list[Token], labels: Sequence[_Label]) -> Iterator[Printed]:
    """What is joined: once for each label, up to the row of the next one."""
    named = [one for one in labels if one[0]]
    if len(named) < 2:
        label = named[0][0] if named else ""
        tag = next((tag for _, tag, _ in reversed(labels) if tag), "")
        yield from _split(joined, label, tag) if joined else ()
        return
    ends = [*(start for _, _, start in named[1:]), len(joined)]
    for (label, tag, _), end in zip(named, ends, strict=True):
        yield from _split(joined[:end], label, tag)


def _rows(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    r"""What ``\\`` parts, outside of braces and of environments within."""
    row: list[Token] = []
    depth, i, marks = 0, 0, 0
    while i < len(tokens):
        token = tokens[i]
        depth += token.opens() - token.closes()
        depth += token.is_command("begin") - token.is_command("end")
        if token.is_command("intertext", "shortintertext") and not depth:
            yield row
            row, i = [], _group(tokens, i + 1)[1]
            continue
        if token.is_command("\\", "cr", "newline", "\\*") and not depth:
            yield row
            row, i, marks = [], _spaced(tokens, i + 1), 0
            continue
        if token.kind == "sign" and token.text == "&" and not depth:
            marks += 1  # each second one parts two columns
            token = token._replace(
                kind="space" if marks % 2 else "command", text=" " if marks % 2 else "quad"
            )
        row.append(token)
        i += 1
    yield row


def _spaced(tokens: Sequence[Token], i: int) -> int:
    r"""Where the row begins behind the ``[2pt]`` or star of ``\\``."""
    if i < len(tokens) and tokens[i].text == "*":
        i += 1
    if i < len(tokens) and tokens[i].text == "[":
        for j in range(i, min(i + 12, len(tokens))):
            if tokens[j].text == "]":
                return j + 1
    return i


def _group(tokens: Sequence[Token], i: int) -> tuple[list[Token], int]:
    """The group that begins at a place, without braces, and where it ends."""
    while i < len(tokens) and tokens[i].kind == "space":
        i += 1
    if i >= len(tokens) or not tokens[i].opens():
        return [], i
    depth, first = 0, i
    while i < len(tokens):
        depth += tokens[i].opens() - tokens[i].closes()
        if not depth:
            return list(tokens[first + 1 : i]), i + 1
        i += 1
    return list(tokens[first + 1 :]), i


def _labelled(row: Sequence[Token]) -> tuple[list[Token], str, str]:
    """A row without its label and tag, and these."""
    kept: list[Token] = []
    found = {"label": "", "tag": ""}
    i = 0
    while i < len(row):
        token = row[i]
        if token.is_command("label", "tag", "tag*"):
            group, i = _group(row, i + 1)
            name = token.text.removesuffix("*")
            found[name] = printed(group)[0].strip().strip("$") or found[name]
            continue
        i += 1
        if token.is_command(*_UNSEEN):
            i = _group(row, i)[1]
        elif not token.is_command("nonumber", "notag", "displaystyle"):
            kept.append(token)
    return kept, found["label"], found["tag"]


def _inner(tokens: Sequence[Token], within: int) -> list[Printed] | None:
    """The equations of an environment within: cases, aligned rows; None where there is none."""
    for i, token in enumerate(tokens):
        if not token.is_command("begin"):
            continue
        named, start = _group(tokens, i + 1)
        name = "".join(t.text for t in named)
        end = _end(tokens, start, name)
        before, body = list(tokens[:i]), list(tokens[start:end])
        after = list(tokens[_group(tokens, end + 1)[1] :])
        if within > _DEEPEST:
            what = f"environments nested more than {_DEEPEST} deep"
            return [Printed(f"\\begin{{{name}}}", token.at, problem=what)]
        if name.removesuffix("*") in _CASES:
            return _cases(before, body, after)
        if name in INNER:
            if name.startswith("alignedat"):
                body = body[_group(body, 0)[1] :]
            if body and body[0].text == "[":
                body = body[_spaced(body, 0) :]
            rest, label, tag = _labelled([*before, *after])
            whole = [*before, *body, *after] if name in CONTINUING or _said(rest) else body
            one = name in CONTINUING
            found = list(_of(whole, rows=True, one=one, within=within + 1))
            return [replace(f, label=f.label or label, tag=f.tag or tag) for f in found]
        if name in DISPLAYS:
            return None
        text, places = printed(tokens)
        problem = f"\\begin{{{name}}} within an equation is not read"
        _, label, tag = _labelled(tokens)
        return [Printed(text.strip(), token.at, tuple(places), label, tag, problem=problem)]
    return None


def _said(tokens: Sequence[Token]) -> bool:
    """Whether anything but brackets and punctuation stands there."""
    passed = {".", ",", ";", "left", "right", "{", "}", "lbrace", "rbrace", "["}
    return any(t.kind != "space" and t.text not in passed for t in tokens)


def _end(tokens: Sequence[Token], i: int, name: str) -> int:
    depth = 1
    while i < len(tokens):
        if tokens[i].is_command("begin", "end"):
            depth += 1 if tokens[i].text == "begin" else -1
            if not depth:
                return i
        i += 1
    return i


def _cases(before: list[Token], body: list[Token], after: list[Token]) -> list[Printed]:
    r"""An equation of each case, with its condition."""
    found: list[Printed] = []
    rest, label, tag = _labelled([*before, *after])
    left = rest[: len(_labelled(before)[0])]
    depth = 0
    row: list[Token] = []
    rows: list[list[Token]] = []
    for token in body:
        depth += (
            token.opens() - token.closes() + token.is_command("begin") - token.is_command("end")
        )
        if token.is_command("\\") and not depth:
            rows.append(row)
            row = []
        else:
            row.append(token)
    rows.append(row)
    for row in rows:
        ends = next((i for i, t in enumerate(row) if t.kind == "sign" and t.text == "&"), len(row))
        value, condition = row[:ends], row[ends + 1 :]
        if any(t.kind != "space" for t in value):
            said = " ".join(printed(condition)[0].split()).strip(" ,.")
            (one,) = _split([*left, *value], label, tag, several=False)
            found.append(replace(one, condition=said))
    return found


def _depth(tokens: Sequence[Token]) -> int:
    """How many brackets stay open."""
    depth = 0
    for token in tokens:
        if token.kind in ("sign", "command"):
            depth += (token.text in _OPENING) - (token.text in _CLOSING)
    return depth


def _goes_on(before: Sequence[Token], row: Sequence[Token], depth: int) -> bool:
    """Whether a row continues what stands before it, with so many brackets open."""
    said = [token for token in row if token.kind != "space" and not _gap(token)]
    last = [token for token in before[-12:] if token.kind != "space" and not _gap(token)]
    while said and said[0].opens() and len(said) > 1 and said[1].closes():
        said = said[2:]
    if not said or not last:
        return True
    if depth > 0 or said[0].text in _CLOSING or last[-1].text in _ENDS:
        return True
    if said[0].text in _STARTS:
        return True
    return said[0].text in ("-", "\u2212") and not any(t.text in _RELATIONS for t in said)


def _space(token: Token) -> bool:
    """Whether a command only makes space."""
    return token.kind == "command" and token.text in ("quad", "qquad", *",;:! ", "hfill")


def _gap(token: Token) -> bool:
    """Whether a command only makes space, or says the size of a bracket."""
    return _space(token) or (token.kind == "command" and token.text in _SIZED)


def _split(
    tokens: Sequence[Token], label: str, tag: str, *, several: bool = True
) -> Iterator[Printed]:
    """One equation, or those that commas and words part in a row."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for i, token in enumerate(tokens):
        if token.kind in ("sign", "command"):
            depth += (token.text in _OPENING) - (token.text in _CLOSING)
        parting = token.text in (",", ";", "quad", "qquad") or _and(tokens, i)
        related = several and parting and any(t.text in _RELATIONS for t in parts[-1])
        if related and not depth and _equation_follows(tokens, i + 1):
            words = (j for j, t in enumerate(parts[-1]) if t.is_command(*_TEXTS))
            if token.closes():
                del parts[-1][max(words, default=len(parts[-1])) :]
            parts.append([])
            continue
        parts[-1].append(token)
    for part in parts:
        made = _made(part)
        if made is not None:
            yield replace(made, label=label, tag=tag)


def _and(tokens: Sequence[Token], i: int) -> bool:
    r"""Whether ``\text{and}`` ends here, which parts two equations."""
    if not tokens[i].closes() or i < 3:
        return False
    return any(t.kind == "word" and t.text == "and" for t in tokens[max(0, i - 3) : i]) and any(
        t.is_command(*_TEXTS) for t in tokens[max(0, i - 6) : i]
    )


def _equation_follows(tokens: Sequence[Token], i: int) -> bool:
    """Whether a name and a relation follow, and no remark, before the next comma."""
    depth, seen = 0, False
    for j in range(i, len(tokens)):
        token = tokens[j]
        if token.kind in ("sign", "command"):
            depth += (token.text in _OPENING) - (token.text in _CLOSING)
        if not depth and token.text in _RELATIONS:
            return seen
        if token.kind == "word" and token.text.lower() in _REMARKS:
            return False
        if not depth and token.text in (",", ";", "quad", "qquad") and seen:
            return False
        seen = seen or token.kind == "word" or (token.kind == "command" and not _gap(token))
    return False


def _made(tokens: Sequence[Token]) -> Printed | None:
    """An equation of its tokens, without space and punctuation around it."""
    said = [i for i, t in enumerate(tokens) if t.kind != "space" and not _space(t)]
    tokens = tokens[said[0] : said[-1] + 1] if said else ()
    broken = next((token for token in tokens if token.kind == "broken"), None)
    kept = [token for token in tokens if token.kind != "broken"]
    text, places = printed(kept)
    start, end = len(text) - len(text.lstrip()), len(text.rstrip(" .,;"))
    if end <= start:
        if broken is None:
            return None
        return Printed("", broken.at, problem=broken.text)
    at = places[start]
    problem = broken.text if broken else ""
    return Printed(text[start:end], at, tuple(places[start:end]), problem=problem)
