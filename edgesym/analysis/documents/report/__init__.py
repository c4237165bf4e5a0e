"""Reports: the context of their templates, and the files they make."""
