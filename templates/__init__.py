"""Templates of the reports: Markdown and LaTeX."""
