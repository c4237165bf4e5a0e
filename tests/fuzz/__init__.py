"""Hostile and random inputs at every door of edgesym: ``python -m tests.fuzz``."""
