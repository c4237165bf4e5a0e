"""What operations, weights and axes are for.

Fusion, efficiency, training, dropout, sharding and number formats read what is said here,
never the spelling of a name. A layer that nobody has seen says it of its own operations.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from edgesym.errors import UnknownNameError

__all__ = [
    "ATTENTION_CORE",
    "ATTENTION_PROJECTIONS",
    "FAMILY_GROUP",
    "MATRICES",
    "Group",
    "Purpose",
    "named",
]

Meaning = TypeVar("Meaning", bound=StrEnum)


class Purpose(StrEnum):
    """What an operation is for."""

    # the residual stream, and what lies around every layer
    EMBEDDING = "embedding"
    NORM = "norm"
    RESIDUAL = "residual"
    HEAD = "head"
    # attention
    QUERY = "query"
    KEY = "key"
    VALUE = "value"
    OUTPUT = "output"
    ROTARY = "rotary"
    CACHE_WRITE = "cache_write"
    JOIN = "join"
    SCORES = "scores"
    SCORE_MODIFIER = "score_modifier"
    SOFTMAX = "softmax"
    VALUES = "values"
    INDEX = "index"
    OPENING = "opening"
    # feed-forward layers and experts
    GATE = "gate"
    UP = "up"
    ACTIVATION = "activation"
    PRODUCT = "product"
    DOWN = "down"
    ROUTER = "router"
    SCORING = "scoring"
    COMBINE = "combine"
    # recurrences and convolutions
    SCAN_INPUT = "scan_input"
    SCAN_STEP = "scan_step"
    SCAN = "scan"
    SCAN_OUTPUT = "scan_output"
    CONVOLUTION = "convolution"
    CONVOLUTION_ACTIVATION = "convolution_activation"
    # what any layer may hold
    PROJECTION = "projection"
    MIXING = "mixing"
    BIAS = "bias"
    ELEMENTWISE = "elementwise"
    SCALE = "scale"
    COPY = "copy"
    VIEW = "view"


#: Attention from its scores to the product with its values: what grows with the context, and
#: what FlashAttention runs as one (Dao et al. 2022, arXiv:2205.14135, algorithm 1).
ATTENTION_CORE = frozenset(
    (Purpose.JOIN, Purpose.SCORES, Purpose.SCORE_MODIFIER, Purpose.SOFTMAX, Purpose.VALUES)
)
#: Products with the weights of attention.
ATTENTION_PROJECTIONS = frozenset(
    (
        *(Purpose.QUERY, Purpose.KEY, Purpose.VALUE, Purpose.OUTPUT),
        *(Purpose.INDEX, Purpose.OPENING),
    )
)


class Group(StrEnum):
    """What a weight is, as number formats and pruning tell weights apart."""

    LINEAR = "linear"
    EXPERT = "expert"
    SHARED_EXPERT = "shared_expert"
    ROUTER = "router"
    EMBEDDING = "embedding"
    POSITION = "position"
    HEAD = "head"
    CONVOLUTION = "convolution"
    NORM = "norm"
    BIAS = "bias"
    VECTOR = "vector"
    SCAN = "scan"


#: The matrices of layers, and not tables, head and router.
MATRICES = (Group.LINEAR, Group.EXPERT, Group.SHARED_EXPERT)

#: What a weight is where the layer does not say: it follows from the operation that reads it.
FAMILY_GROUP: dict[str, Group] = {
    "contraction": Group.LINEAR,
    "pointwise": Group.VECTOR,
    "normalisation": Group.NORM,
    "reduction": Group.VECTOR,
    "lookup": Group.EMBEDDING,
    "scan": Group.SCAN,
    "append": Group.VECTOR,
    "copy": Group.VECTOR,
    "view": Group.LINEAR,
    "custom": Group.LINEAR,
}


def named(kind: type[Meaning], name: object, where: str) -> Meaning:
    """The purpose or the group that a data file or a user names.

    >>> named(Group, "linear", "a rule")
    <Group.LINEAR: 'linear'>

    Raises:
        UnknownNameError: with the nearest names.
    """
    try:
        return kind(str(name))
    except ValueError:
        known = [str(member) for member in kind]
        what = f"{kind.__name__.lower()} in {where}:"
        raise UnknownNameError(what, str(name), known) from None
