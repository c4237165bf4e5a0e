"""What computes a sweep: threads of this process, or the workers of a Dask cluster."""
