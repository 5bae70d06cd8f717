"""The kernel's own magics: `%%visualize`. An IPython extension; what it needs is imported when it is used."""

from __future__ import annotations

from typing import Any


def load_ipython_extension(shell: Any) -> None:
    """Called by IPython when the kernel starts."""

    def visualize(line: str, cell: str) -> None:
        """Run this cell, and step through what happened: its frames, names and objects."""
        from learnflow_kernels.stepper import show

        show(shell, cell)

    shell.register_magic_function(visualize, magic_kind="cell", magic_name="visualize")
