"""The libraries that compress, each behind the same two steps: make the files, run them.

Only :mod:`edgesym.compression.worker` imports what is in here, in a process of its own.
"""
