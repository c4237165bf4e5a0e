"""Documents of verdicts on published equations, and of tables recomputed."""
