"""The machine at hand, measured: its figures, and models that run on it for real.

Figures become a device file (:mod:`.calibration`), runs rows of measurements (:mod:`.measure`), and
both together say why a model is as fast as it is (:mod:`.diagnosis`). Whatever is timed runs in a
process of its own; only those processes import the libraries of the extra ``measure``.
"""
