"""What a model is made of: data files, and the one reader that turns a config into a model."""
