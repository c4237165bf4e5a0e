"""Inverse questions: the values of a symbol at which conditions on quantities hold."""
