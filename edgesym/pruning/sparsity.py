"""Values left out of matrices: what is stored and read of the weights of a model then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import sympy

from edgesym.domain import checked
from edgesym.errors import ConfigError
from edgesym.formats import Assigned, Facts, Weight
from edgesym.frozen import FrozenMap
from edgesym.graph.meaning import MATRICES, Group
from edgesym.graph.width import Kept
from edgesym.pruning.storage import Storage
from edgesym.symbols import symbol

__all__ = ["DENSITY", "PRUNED", "Sparsity", "sparse", "written"]

#: The fraction of the values of a pruned matrix that are kept.
DENSITY = symbol("density")
#: What is pruned unless a user says otherwise: matrices of layers, and not tables, head, router.
#: Source: SparseGPT (Frantar and Alistarh 2023, arXiv:2301.00774) and Wanda (Sun et al. 2023,
#: arXiv:2306.11695) prune all linear layers but embeddings and head.
PRUNED = MATRICES


@dataclass(frozen=True, slots=True)
class Sparsity:
    """A fraction of the values of matrices that is kept, and how that is stored.

    Attributes:
        density: the fraction kept, above 0 and at most 1; N/M of N:M.
        storage: how the values kept are stored.
        pattern: N and M, where N of every M values of a row are kept.
        groups: the groups of weights that are pruned.
    """

    density: Fraction
    storage: Storage
    pattern: tuple[int, int] | None = None
    groups: tuple[Group, ...] = PRUNED

    def __str__(self) -> str:
        """As a user writes it: ``2:4:index``, ``0.3:bitmask@expert``."""
        kept = written(self.density) if self.pattern is None else "{}:{}".format(*self.pattern)
        where = "" if self.groups == PRUNED else f"@{'+'.join(self.groups)}"
        return f"{kept}:{self.storage.name}{where}"

    @property
    def where(self) -> str:
        """The weights that are pruned, in words."""
        if self.groups == PRUNED:
            return "matrices of layers"
        return f"{', '.join(group.replace('_', ' ') for group in self.groups)} weights"

    def kept(self, weight: Weight) -> Kept:
        """What is left of a weight, per element of it.

        stored (width + each) + beside bytes, where stored is rho, each what goes with a value
        kept, and beside the bits of a mask, of groups, and (rows + 1) / (rows row) pointers.

        Raises:
            ConfigError: a row of it is no multiple of M, or longer than its storage can hold.
        """
        n, m = self.pattern or (0, 1)
        held, name = self.storage, weight.names[0][1]
        if weight.row % m:
            raise ConfigError(
                f"prune {self}: {name} has rows of {weight.row} values, no multiple of {m}; choose "
                f"an M that divides {weight.row}, other groups (@...), or a density"
            )
        if held.longest_row and weight.row > held.longest_row:
            raise ConfigError(
                f"prune {self}: {name} has rows of {weight.row} values, and {held.name} holds rows "
                f"of {held.longest_row} at most; choose csr"
            )
        one = sympy.Integer(1)
        if held.whole:
            return Kept(DENSITY, one, sympy.S.Zero, sympy.S.Zero)
        per = {of: _rational(held.bytes(of, n, m)) for of in _PLACES}
        _, rows, row = weight.extents
        beside = per["element"] + per["group"] / m + per["row"] / row + per["matrix"] / (rows * row)
        return Kept(DENSITY, DENSITY, per["value"], beside)


_PLACES = ("element", "value", "group", "row", "matrix")


def _rational(number: Fraction) -> sympy.Rational:
    return sympy.Rational(number.numerator, number.denominator)


def written(number: Fraction) -> str:
    """A fraction as a decimal where it is one, and else with its denominator.

    >>> written(Fraction(3, 10)), written(Fraction(1, 3))
    ('0.3', '1/3')
    """
    decimal = f"{float(number):.12g}"
    return decimal if Fraction(decimal) == number else str(number)


@checked
def sparse(assigned: Assigned, sparsity: Sparsity, facts: Facts) -> Assigned:
    """The widths of a model's weights under a recipe, with values left out of its matrices.

    Raises:
        ConfigError: no weight is of a group that is pruned; a row is no multiple of M.
    """
    kept = dict(_kept(sparsity, facts))
    if not kept:
        groups = ", ".join(sparsity.groups)
        there = ", ".join(sorted({weight.group for weight in facts.weights}))
        raise ConfigError(f"prune {sparsity}: no weight is of group {groups}; there are {there}")
    widths = replace(assigned.widths, kept=FrozenMap(kept))
    return Assigned(widths, FrozenMap({**assigned.values, DENSITY: sparsity.density}))


def _kept(sparsity: Sparsity, facts: Facts) -> Iterator[tuple[tuple[str, str], Kept]]:
    """What is left of every weight that is pruned, by block and tensor."""
    for weight in facts.weights:
        if weight.group in sparsity.groups:
            kept = sparsity.kept(weight)
            yield from ((name, kept) for name in weight.names)
