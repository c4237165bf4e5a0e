"""Pruning: values of matrices that are left out, and heads, layers, experts and dimensions."""

from edgesym.pruning.choice import DENSITY, Pruning, is_pruning, pruned, read_pruning
from edgesym.pruning.removal import Removal, without
from edgesym.pruning.skip import Skip, skip_of
from edgesym.pruning.sparsity import Sparsity, sparse
from edgesym.pruning.storage import Storage, find_storage, storages

__all__ = [
    "DENSITY",
    "Pruning",
    "Removal",
    "Skip",
    "Sparsity",
    "Storage",
    "find_storage",
    "is_pruning",
    "pruned",
    "read_pruning",
    "skip_of",
    "sparse",
    "storages",
    "without",
]
