"""Names in another language: what a symbol, a quantity or a kernel is called there."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from edgesym.analysis.exported import Export
from edgesym.data import shipped
from edgesym.plain import clean

__all__ = ["Names", "identifier", "names_of", "reserved", "said"]

#: Letters that no decomposition turns into ASCII.
_SPELLED = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "\u0131": "i"}
)
_OTHER = re.compile(r"[^a-z0-9]+")
#: Letters of a name.
_LONGEST = 60


@dataclass(slots=True)
class Names:
    """The names of a file, each given once.

    Attributes:
        reserved: keywords of the language, and names that the file uses itself.
    """

    reserved: Collection[str]
    taken: set[str] = field(default_factory=set)

    def given(self, text: str) -> str:
        """A name that is free, as close to a text as can be."""
        wanted = identifier(text)
        if wanted in self.reserved:
            wanted += "_"
        made, count = wanted, 1
        while made in self.taken or made in self.reserved:
            count += 1
            made = f"{wanted}_{count}"
        self.taken.add(made)
        return made


def reserved(language: str) -> frozenset[str]:
    """Keywords of a language, and names that a file in it uses itself."""
    return frozenset(shipped("render/export", "keywords")[language]["words"].split())


def identifier(text: str) -> str:
    """A text as a name of ASCII letters, digits and underscores; it begins with a letter.

    >>> identifier("layers.größe"), identifier("2:4"), identifier("class; exit()")
    ('layers_grosse', 'n_2_4', 'class_exit')
    """
    plain = unicodedata.normalize("NFKD", text.lower().translate(_SPELLED))
    left = "".join(letter for letter in plain if not unicodedata.combining(letter))
    made = _OTHER.sub("_", left).strip("_")[:_LONGEST].strip("_")
    return made if made[:1].isalpha() else f"n_{made}".rstrip("_")


def said(text: str) -> str:
    r"""A text of a user's as it may stand in a comment of any language: one line, nothing hidden.

    Letters with accents stay; what is not printed, breaks a line, or turns the direction of
    writing becomes a space; what ends a comment in C, or continues it, or ends a script in a page
    is written otherwise.

    >>> said("a*/ b\nc")
    'a* / b c'
    >>> said("???/")
    '? ? ?/'
    """
    shown = clean(text).replace("\\", "/").replace("*/", "* /")
    return re.sub(r"\?(?=\?)|<(?=[/!])", r"\g<0> ", shown)


def names_of(found: Export, reserved: Collection[str]) -> tuple[Mapping[int, str], list[str]]:
    """The names of places of the tape, and of the outputs in their order.

    Inputs have their words, outputs their quantities; steps that compute a part by itself have
    its name, the others are named where they are written.
    """
    names = Names(reserved)
    places = {found.tape.inputs[one.symbol]: names.given(one.word) for one in found.inputs}
    outputs = [names.given(one.name) for one in found.outputs]
    steps = {step.place for step in found.tape.steps}
    for place, name in zip(found.results, outputs, strict=True):
        if place in steps:
            places.setdefault(place, name)
    for step in found.tape.steps:
        if step.place in found.called and step.place not in places:
            places[step.place] = names.given(found.called[step.place])
    return places, outputs
