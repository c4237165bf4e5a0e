"""The explorer: closed forms as a page that evaluates them, and one that checks equations."""
