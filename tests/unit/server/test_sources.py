"""Links to the places of the course behind an answer."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from learnflow_ext.contracts.help import Citation
from learnflow_ext.server.sources import MOST, Places, places

LISTS = Citation(title="Loops: Lists", notebook="02-loops/loops and lists.ipynb", cell_id="a1")
AT = "/user/ada/lab/tree/py/02-loops/loops%20and%20lists.ipynb#cell-id=a1"
NAMES = Citation(title="First steps: Names", notebook="01.ipynb")


async def there(path: str) -> bool:
    return True


class TestAnAnswerThatNamesItsPlace:
    @pytest.mark.parametrize(
        ("said", "linked"),
        [
            ("Read again: *Lists* in *Loops*.", f"Read again: [*Lists* in *Loops*]({AT})."),
            ("See also *Lists*.", f"See also [*Lists*]({AT})."),
        ],
    )
    async def test_has_the_link_in_those_words_and_nothing_is_said_twice(
        self, said: str, linked: str
    ) -> None:
        found = await places([LISTS, LISTS], "py", "/user/ada/", there)
        assert found.linked(said) == linked
        assert found.rest() == ""

    async def test_has_it_once(self) -> None:
        found = await places([LISTS], "py", "/user/ada/", there)
        assert found.linked("Begin with *Lists*.").count("](") == 1
        assert found.linked("Again: *Lists* in *Loops*.") == "Again: *Lists* in *Loops*."

    async def test_of_two_alike_each_has_its_own(self) -> None:
        other = Citation(title="More: Lists", notebook="03.ipynb")
        found = await places([LISTS, other], "py", "/", there)
        text = found.linked("Read again: *Lists* in *Loops* and *Lists* in *More*.")
        html = MarkdownIt().render(text)
        assert re.findall(r'href="([^"#]+)', html) == [
            "/lab/tree/py/02-loops/loops%20and%20lists.ipynb",
            "/lab/tree/py/03.ipynb",
        ]

    async def test_has_no_link_within_a_link(self) -> None:
        """The beginning of a notebook has its heading, and other places name that notebook."""
        top = Citation(title="First steps: First steps", notebook="01.ipynb", cell_id="top")
        found = await places([NAMES, top], "py", "/", there)
        text = found.linked("This is from *Names* in *First steps*. See also *First steps*.")
        assert text == (
            "This is from [*Names* in *First steps*](/lab/tree/py/01.ipynb). "
            "See also [*First steps*](/lab/tree/py/01.ipynb#cell-id=top)."
        )

    async def test_keeps_its_heading_as_it_is(self) -> None:
        """An answer comes in pieces, and the first is its heading."""
        found = await places([NAMES], "py", "/", there)
        assert found.linked("**Names**") == "**Names**"
        said = found.linked("This is from *Names* in *First steps*.")
        assert said == "This is from [*Names* in *First steps*](/lab/tree/py/01.ipynb)."

    async def test_has_no_picture(self) -> None:
        found = await places([NAMES], "py", "/", there)
        assert "![" not in found.linked("Look!*Names*")
        assert found.rest().count("](") == 1

    async def test_whose_heading_has_a_colon_too(self) -> None:
        found = await places([Citation(title="A: b: c", notebook="1.ipynb")], "py", "/", there)
        assert found.linked("*b: c* in *A*") == "[*b: c* in *A*](/lab/tree/py/1.ipynb)"


class TestAnAnswerThatDoesNot:
    async def test_has_a_line_below(self) -> None:
        found = await places([LISTS], "py", "/user/ada/", there)
        assert found.linked("It is a loop.") == "It is a loop."
        assert found.rest() == f"\n\nRead it in your notebook: [Loops: Lists]({AT})"

    async def test_a_heading_with_brackets_is_left_to_the_line_below(self) -> None:
        odd = Citation(title="Lists: items[0]", notebook="1.ipynb")
        found = await places([odd], "py", "/", there)
        assert found.linked("*items[0]* in *Lists*") == "*items[0]* in *Lists*"
        assert found.rest().endswith(r"[Lists: items\[0\]](/lab/tree/py/1.ipynb)")


async def test_what_the_student_does_not_have_is_no_link() -> None:
    async def mine(path: str) -> bool:
        return path == "py/01.ipynb"

    said = "Read again: *Lists* in *Loops* and *Names* in *First steps*."
    found = await places([LISTS, NAMES], "py", "/", mine)
    assert found.linked(said) == (
        "Read again: *Lists* in *Loops* and [*Names* in *First steps*](/lab/tree/py/01.ipynb)."
    )
    assert found.rest() == ""
    for nothing in (await places([NAMES], "", "/", there), await places([], "py", "/", there), Places({})):
        assert nothing.linked(said) == said
        assert nothing.rest() == ""


async def test_a_few_links_are_enough() -> None:
    many = [Citation(title=f"T{count}", notebook="one.ipynb", cell_id=str(count)) for count in range(9)]
    assert (await places(many, "py", "/", there)).rest().count("](") == MOST


@given(title=st.text(), notebook=st.text(), cell_id=st.text())
async def test_a_title_is_only_text(title: str, notebook: str, cell_id: str) -> None:
    found = await places([Citation(title=title, notebook=notebook, cell_id=cell_id)], "py", "/", there)
    html = MarkdownIt().render(found.rest())
    assert html.count("<a ") <= 1
    assert set(re.findall(r"<(\w+)", html)) <= {"p", "a"}
