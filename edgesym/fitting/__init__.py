"""The fit of efficiencies to measured rows, class by class of devices."""
