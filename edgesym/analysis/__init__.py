"""Answers about a setup: what it costs, what changes that, what fits, where it turns."""
