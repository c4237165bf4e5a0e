"""What needs the libraries of the extra ``measure``: PyTorch, llama.cpp, gguf.

Only :mod:`edgesym.measuring.worker`, and the same of :mod:`edgesym.compression`, import what is in
here, in a process of its own.
"""
