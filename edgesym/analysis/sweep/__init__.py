"""Sweeps: quantities at every combination of axes, streamed, filtered, ranked."""
