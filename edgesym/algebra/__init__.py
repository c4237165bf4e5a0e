"""Algebra on closed forms: bringing them to shape, differentiating them."""
