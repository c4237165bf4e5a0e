"""Compression for real: a model built, made smaller by the libraries that do it, and measured.

The models have random weights: bytes and times are those of the real model, the errors are not.
The libraries are in the extra ``compress``, and only the processes that measure import them.
"""

from edgesym.compression.document import measured_document, measured_records, measured_section
from edgesym.compression.measurement import measured, measuring
from edgesym.compression.outcome import Comparison, Difference, Outcome
from edgesym.compression.sample import Sample, find_sample, samples
from edgesym.compression.technique import Technique, find_technique, techniques
from edgesym.measuring.latency import Latency

__all__ = [
    "Comparison",
    "Difference",
    "Latency",
    "Outcome",
    "Sample",
    "Technique",
    "find_sample",
    "find_technique",
    "measured",
    "measured_document",
    "measured_records",
    "measured_section",
    "measuring",
    "samples",
    "techniques",
]
