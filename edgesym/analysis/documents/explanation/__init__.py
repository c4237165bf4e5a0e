"""Explanations as documents."""
