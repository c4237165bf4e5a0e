r"""The sides of an equation and the relations between them, before any of them is read."""

from __future__ import annotations

import re
from dataclasses import dataclass

from edgesym.notation.arrange import arrange, pairs, relations
from edgesym.notation.errors import NotationError
from edgesym.notation.names import Names
from edgesym.notation.reader import without_remarks
from edgesym.notation.scan import scan
from edgesym.notation.vocabulary import RELATIONS

__all__ = ["Chain", "Relation", "chain_of", "lone_name"]

#: What is spelled as a name may be, and is a ratio or a difference: F/L, but not FLOPs/token.
_RATIO = re.compile(r"[^/_^-]{1,2}[/-]|[^_^]*[/-][^/-]{0,2}\Z")


@dataclass(frozen=True, slots=True)
class Relation:
    r"""A relation between two sides.

    Attributes:
        kind: a value of :data:`edgesym.notation.vocabulary.RELATIONS`: ``=``, ``approx``,
            ``propto``, ``<=``, ``>=``.
        sign: as it is printed, without backslash: ``\simeq`` is ``simeq``.
        start: the place in the text.
    """

    kind: str
    sign: str
    start: int


@dataclass(frozen=True, slots=True)
class Chain:
    r"""``a = b \approx c`` as three sides and two relations; an expression is one side.

    ``sides[i]`` and ``sides[i + 1]`` stand left and right of ``relations[i]``. A side is text
    that :func:`edgesym.notation.read` reads by itself; an order of growth is a property of a side
    (``\mathcal{O}(n^2)``: ``read(side).order``), whatever relation stands before it.
    """

    text: str
    sides: tuple[str, ...]
    relations: tuple[Relation, ...] = ()

    @property
    def left(self) -> str:
        """What stands left of the first relation; the empty text if there is none."""
        return self.sides[0] if self.relations else ""

    @property
    def right(self) -> str:
        """What stands right of the last relation, or the expression."""
        return self.sides[-1]

    @property
    def named(self) -> str:
        r"""The name that the left side is, as :class:`~edgesym.notation.names.Names` spells it.

        It is empty where the left side is anything but one name.
        """
        return lone_name(self.left)


def chain_of(text: str, notation: str = "latex") -> Chain:
    r"""The sides of an equation and what relates them.

    >>> chain = chain_of(r"M_{kv} = 2 L H \approx 3\,\text{GB}")
    >>> chain.sides, [relation.kind for relation in chain.relations], chain.named
    (('M_{kv}', '2 L H', '3\\,\\text{GB}'), ['=', 'approx'], 'M_kv')
    >>> chain_of(r"T \propto n^2").relations[0].kind
    'propto'

    Raises:
        NotationError: it cannot be read so far; nothing stands on a side.
    """
    latex = notation == "latex"
    pieces = [p for p in scan(text, latex=latex) if not p.is_sign("$")]
    pieces = without_remarks(arrange(pieces, text) if latex else pieces, text)
    at = relations(pieces, pairs(pieces, text))
    found = tuple(Relation(RELATIONS[pieces[i].text], pieces[i].text, pieces[i].start) for i in at)
    starts = [0, *(pieces[i].end for i in at)]
    ends = [*(relation.start for relation in found), pieces[-1].end if pieces else 0]
    sides = tuple(
        text[start:end].strip().strip("&").strip() for start, end in zip(starts, ends, strict=True)
    )
    for i, side in enumerate(sides[1:]):
        if not side:
            raise NotationError("nothing stands behind it", text, found[i].start, found[i].sign)
    return Chain(text, sides, found)


def lone_name(text: str) -> str:
    r"""The name that a text is, spelled as names are; empty where it is anything else.

    >>> lone_name(r"C_{\text{attn}}"), lone_name("2 C"), lone_name(r"\mathrm{FLOPs}_{fwd}(b, s)")
    ('C_attn', '', 'FLOPs_fwd(b,s)')
    """
    text = text.strip()
    try:
        names, pieces = Names.of([text]), arrange(scan(text), text)
    except NotationError:  # it is no lone name
        return ""
    found = names.at(pieces, 0) if pieces else None
    spelling = next(iter(names.by_spelling))
    whole = found is not None and found[1] == len(pieces)
    return spelling if whole and not _RATIO.match(spelling) else ""
