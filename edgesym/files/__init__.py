"""Files: every one that is read, within bounds, and every one that is written, whole or not."""
