"""Tests of devices: files, names, rows and figures."""
