"""Comparisons as documents."""
