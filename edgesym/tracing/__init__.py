"""Closed forms out of a PyTorch module's own code: run once on symbols, recorded and lifted.

Needs the extra ``oracle``; :mod:`edgesym.tracing.fields` and :mod:`edgesym.tracing.proof` alone do
without. What comes out is a model like any other (:mod:`edgesym.architectures.traced`).
"""
