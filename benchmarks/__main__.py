"""Figures of speed: ``python -m benchmarks``, or a section: ``python -m benchmarks large``."""

import sys

from benchmarks.estimate import warm
from benchmarks.evaluators import backends, chunk_sizes, folding
from benchmarks.growth import cold, derivations, growth
from benchmarks.sweeps import large, sweeps

SECTIONS = {
    "backends": backends,
    "chunks": chunk_sizes,
    "folding": folding,
    "sweeps": sweeps,
    "large": large,
    "cold": cold,
    "warm": warm,
    "derivations": derivations,
    "growth": growth,
}


def main() -> None:
    asked = sys.argv[1:] or list(SECTIONS)
    unknown = set(asked) - SECTIONS.keys()
    if unknown:
        sys.exit(f"unknown section {min(unknown)!r}; known: {', '.join(SECTIONS)}")
    missed = [text for name in asked for text in SECTIONS[name]()]
    print("missed: " + "; ".join(missed) if missed else "all as wanted")


if __name__ == "__main__":
    main()
