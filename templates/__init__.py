"""The frames of documents: what stands around the body that a writer makes."""
