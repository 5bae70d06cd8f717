"""Names of graded cells as people read them."""

from __future__ import annotations

import pytest

from learnflow_ext.contracts.grades import part_title


@pytest.mark.parametrize(
    ("name", "title"),
    [("test-long-words", "long words"), ("test_saving", "saving"), ("cell-7", "cell 7"), ("test-", "test-")],
)
def test_a_cells_name_is_read_as_words(name: str, title: str) -> None:
    assert part_title(name) == title
