"""Numbers: exact evaluation, and compiled functions of columns."""
