"""What was derived before, kept on disk as data: where, what it stands on, how much at most."""
