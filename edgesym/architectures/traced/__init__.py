"""Models out of a PyTorch module's own code: its blocks, where they hold, and their files."""
