"""Setups side by side: the difference of closed forms, and where one overtakes the other."""
