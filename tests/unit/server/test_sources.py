"""Links to the places of the course behind an answer."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from learnflow_ext.contracts.help import Citation
from learnflow_ext.server.sources import MOST, read_in

LISTS = Citation(title="Lists", notebook="02-loops/loops and lists.ipynb", cell_id="a1")


async def there(path: str) -> bool:
    return True


async def test_a_link_leads_to_the_cell() -> None:
    line = await read_in([LISTS, LISTS], "py", "/user/ada/", there)
    assert line.strip() == (
        "Read it in your notebook: "
        "[Lists](/user/ada/lab/tree/py/02-loops/loops%20and%20lists.ipynb#cell-id=a1)"
    )


async def test_what_the_student_does_not_have_is_no_link() -> None:
    async def mine(path: str) -> bool:
        return path == "py/one.ipynb"

    one = Citation(title="One", notebook="one.ipynb")
    assert await read_in([LISTS], "py", "/", mine) == ""
    line = await read_in([LISTS, one], "py", "/", mine)
    assert line.endswith(": [One](/lab/tree/py/one.ipynb)")
    assert await read_in([one], "", "/", there) == "", "of no course, no notebook"
    assert await read_in([], "py", "/", there) == ""


async def test_a_few_links_are_enough() -> None:
    many = [Citation(title=f"T{count}", notebook="one.ipynb", cell_id=str(count)) for count in range(9)]
    assert (await read_in(many, "py", "/", there)).count("](") == MOST


@given(title=st.text(), notebook=st.text(), cell_id=st.text())
async def test_a_title_is_only_text(title: str, notebook: str, cell_id: str) -> None:
    citation = Citation(title=title, notebook=notebook, cell_id=cell_id)
    html = MarkdownIt().render(await read_in([citation], "py", "/", there))
    assert html.count("<a ") <= 1
    assert set(re.findall(r"<(\w+)", html)) <= {"p", "a"}
