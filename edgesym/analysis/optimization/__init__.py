"""Which way of making a model smaller suits a device: techniques, candidates, the best of them."""
