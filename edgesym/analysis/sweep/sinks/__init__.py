"""Where the rows of a sweep go: a file that grows, can be left, and gone on with."""
