"""Calibration: what this machine sustains, as a device file.

Each step measures one thing in a process of its own and leaves rates: bandwidth
(:mod:`.bandwidth`), products (:mod:`.products`), storage (:mod:`.storage`), launches
(:mod:`.launches`). :mod:`.calibrate` runs them, :mod:`.device_file` writes what they found.
"""
