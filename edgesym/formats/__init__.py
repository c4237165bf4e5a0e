"""Number formats: how a block is laid out, and which weight is stored in which."""

from edgesym.formats.assign import Assigned, assign, format_of, stored_bytes
from edgesym.formats.chosen import TOKEN_BYTES, Formats
from edgesym.formats.layout import Format, find_format, formats, spelled
from edgesym.formats.metadata import METADATA, metadata_bytes
from edgesym.formats.recipe import MAIN, OWN, Recipe, Rule, find_recipe, recipes, uniform
from edgesym.formats.weight import Facts, Weight

__all__ = [
    "MAIN",
    "METADATA",
    "OWN",
    "TOKEN_BYTES",
    "Assigned",
    "Facts",
    "Format",
    "Formats",
    "Recipe",
    "Rule",
    "Weight",
    "assign",
    "find_format",
    "find_recipe",
    "format_of",
    "formats",
    "metadata_bytes",
    "recipes",
    "spelled",
    "stored_bytes",
    "uniform",
]
