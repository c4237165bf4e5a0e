"""Runtimes: what runs together, what is launched, and in what it is computed, kept in data."""

from edgesym.runtimes.chosen import runtime_of
from edgesym.runtimes.memory import Memory
from edgesym.runtimes.read import find_runtime, runtime_names
from edgesym.runtimes.runtime import Runtime

__all__ = ["Memory", "Runtime", "find_runtime", "runtime_names", "runtime_of"]
