"""The dataflow graph: tensors, operations and their cost rules, blocks, kernels, liveness."""
