"""A scenario: what is asked, as one value; a model in formats, on a device, in a run."""
