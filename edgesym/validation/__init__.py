"""Predicted beside measured: rows of published or own measurements, and how far we are off."""

from edgesym.validation.corpus import Measurement, read_corpus, shipped_corpus
from edgesym.validation.validate import Outcome, Validation, validate

__all__ = ["Measurement", "Outcome", "Validation", "read_corpus", "shipped_corpus", "validate"]
