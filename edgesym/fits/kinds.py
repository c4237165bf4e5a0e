"""Kinds of number formats, as far as kernels for them reach unlike shares of a machine."""

from __future__ import annotations

__all__ = ["kind_of"]

#: Beginning of a format's name -> its kind. The first that fits decides.
_KINDS = (
    ("q8", "8-bit blocks"),
    ("q4_0", "4-bit blocks"),
    ("q4_1", "4-bit blocks"),
    ("q5_", "4-bit blocks"),
    ("iq4_nl", "4-bit blocks"),
    ("iq", "lattices"),
    ("q", "super-blocks"),
    ("mxfp", "microscaling"),
    ("nvfp", "microscaling"),
    ("fp8", "8-bit"),
    ("int8", "8-bit"),
    ("w8", "8-bit"),
    ("i8", "8-bit"),
    ("mlx_8", "8-bit"),
    ("fp", "float"),
    ("bf", "float"),
    ("f", "float"),
    ("tf", "float"),
    ("tq", "ternary"),
    ("bitnet", "ternary"),
)


def kind_of(weights: str) -> str:
    """The kind of a format of weights; ``4-bit`` for whatever else there is.

    >>> kind_of("q4_k"), kind_of("iq2_xs"), kind_of("fp16"), kind_of("awq")
    ('super-blocks', 'lattices', 'float', '4-bit')
    """
    return next((kind for start, kind in _KINDS if weights.startswith(start)), "4-bit")
