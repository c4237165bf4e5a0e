"""The report: models, how they run on devices, and how they compare, in one document."""
