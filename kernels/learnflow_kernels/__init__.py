"""Jupyter kernels that student code cannot break out of."""
