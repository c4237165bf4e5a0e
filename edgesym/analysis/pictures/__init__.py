"""Pictures as answers: the numbers that are drawn."""
