"""``edgesym plot``: a file for each kind of picture."""
