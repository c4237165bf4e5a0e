"""Truth that is not ours: what transformers and PyTorch count, and how ours compares."""
