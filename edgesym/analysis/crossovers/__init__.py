"""Where one quantity passes another, and what a step waits for on either side."""
