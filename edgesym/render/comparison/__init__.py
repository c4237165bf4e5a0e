"""Comparisons as text, Markdown, JSON and CSV."""
