from __future__ import annotations

import os
from pathlib import Path

import pytest
from learnflow_kernels.removal import remove_tree


@pytest.mark.parametrize("levels", [3, 3000])
def test_however_deep(tmp_path: Path, levels: int) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("stays")
    root = tmp_path / "root"
    root.mkdir()
    (root / "link").symlink_to(tmp_path)
    above = os.open(root, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir("d", dir_fd=above)
        below = os.open("d", os.O_RDONLY, dir_fd=above)
        os.close(above)
        above = below
    os.close(above)
    assert remove_tree(root)
    assert not root.exists()
    assert outside.read_text() == "stays"
    assert remove_tree(root), "fine when it is gone"
