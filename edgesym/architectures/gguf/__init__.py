"""A .gguf file as a model: its header, its dimensions, and the type of every tensor."""
