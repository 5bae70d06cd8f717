"""What a cell says, apart from its magics."""

from __future__ import annotations

import ast

import pytest
from learnflow_grading.trusted.names import undrawn


class TestUndrawn:
    @pytest.mark.parametrize("before", ["", "\n", "\n\n"])
    @pytest.mark.parametrize("after", ["", "  ", "\t"])
    def test_the_cell_is_left_as_it_stands(self, before: str, after: str) -> None:
        code = undrawn(f"{before}%%visualize{after}\ndef f():\n    return 1")
        (found,) = ast.parse(code).body
        assert isinstance(found, ast.FunctionDef)
        assert found.lineno == before.count("\n") + 2

    def test_alone_it_is_an_empty_cell(self) -> None:
        assert ast.parse(undrawn("%%visualize")).body == []

    @pytest.mark.parametrize(
        "code",
        ["", "x = 1", "x = 1\n%%visualize", "%%time\nx = 1", "%%visualizer\nx = 1", '"""\n%%visualize\n"""'],
    )
    def test_anything_else_is_not_touched(self, code: str) -> None:
        assert undrawn(code) == code
