"""Whether a submission needs libraries is told from its text, whatever the text is."""

from __future__ import annotations

import base64
from time import process_time

import pytest
from learnflow_grading.trusted.libraries import needs_libraries

HOSTILE = {
    "empty lines": "\n" * 300_000,
    "blanks": " " * 300_000,
    "blank lines": " \n" * 150_000,
    "a word and blanks": ("from" + " " * 1000) * 300,
    "dots": "from " + "a." * 150_000,
    "commas": "import " + "," * 300_000,
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_text_of_any_kind_is_read_in_no_time(what: str) -> None:
    began = process_time()
    text = HOSTILE[what]
    needs_libraries([text], {"a.py": base64.b64encode(text.encode()).decode()})
    assert process_time() - began < 3


def test_a_magic_is_one_behind_blanks_too() -> None:
    assert needs_libraries(["x = 1\n\n \t%matplotlib inline"], {})
    assert not needs_libraries(["x = 7\n\ny = x % 2"], {})


def test_a_folder_of_data_is_no_module() -> None:
    assert needs_libraries(["import numpy"], {"numpy/points.csv": ""})
    assert needs_libraries(["import pandas"], {"pandas": ""})
    assert not needs_libraries(["import shapes.round"], {"shapes/round.py": "", "shapes/__init__.py": ""})
