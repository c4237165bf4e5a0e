"""The packages: what is found under ``edgesym``, and the folder of templates beside it."""

from setuptools import find_packages, setup

setup(packages=[*find_packages(include=["edgesym", "edgesym.*"]), "edgesym.templates"])
