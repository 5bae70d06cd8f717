"""Sandboxed Jupyter kernels: student code sees its folder, and nothing else of this machine."""
