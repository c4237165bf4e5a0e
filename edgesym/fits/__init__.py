"""What devices reach in runtimes, as fitted to measured rows: coefficients by class."""

from edgesym.fits.fit import ClassFit, find_fit, fitted_classes, read_fit
from edgesym.fits.lookup import Fitted, fitted

__all__ = ["ClassFit", "Fitted", "find_fit", "fitted", "fitted_classes", "read_fit"]
