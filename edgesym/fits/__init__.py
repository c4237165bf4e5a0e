"""What devices reach with runtimes, as fitted to measured rows: coefficients by class of devices."""

from edgesym.fits.fit import ClassFit, find_fit, fitted_classes, read_fit
from edgesym.fits.lookup import Fitted, fitted

__all__ = ["ClassFit", "Fitted", "find_fit", "fitted", "fitted_classes", "read_fit"]
