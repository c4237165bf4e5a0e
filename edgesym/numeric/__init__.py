"""Numbers: exact evaluation, compiled functions, operator tables, estimates."""
