"""Closed forms and numbers for people: text, LaTeX, tables, diagrams, reports."""
