"""Published equations, read and put to use."""
