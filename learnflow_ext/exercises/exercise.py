"""An exercise: what a student reads, starts from, and is tested with, together with its solution."""

from __future__ import annotations

from dataclasses import dataclass

MIN_DIFFICULTY, MAX_DIFFICULTY = 1, 5


@dataclass(frozen=True)
class Example:
    """A call that the statement shows, and what the statement says it gives."""

    call: str
    result: str
    """As Python writes it."""

    @property
    def test(self) -> str:
        """The example as an `assert` statement."""
        return f"assert {self.call} == {self.result}"


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """Solution and hidden tests are for the service and the teacher; a student never gets them."""

    name: str
    """Also the name of its folder and notebook: letters, digits and hyphens."""
    topic: str
    difficulty: int
    """1 (a line or two) to 5."""
    title: str
    statement: str
    """Markdown, without the examples."""
    examples: tuple[Example, ...]
    starter: str
    """How the reference begins; the student continues here."""
    reference: str
    visible: tuple[str, ...]
    """An `assert` statement each, maybe with lines before it that get it ready. The examples are among
    them.
    """
    hidden: tuple[str, ...]
    family: str = ""
    """Empty for an exercise that no family made."""
    model: str = ""
    """Name of the language model that wrote it; empty for a family's, and for a person's."""
    slips: tuple[str, ...] = ()
    """Wrong programs, as beginners write them, each of which the tests must notice."""
    must_use: tuple[str, ...] = ()
    """The way that the statement asks for, in the words of rules for graded tests: names, `recursion`, …"""
    must_not_use: tuple[str, ...] = ()
    within: str = ""
    """The function that these two are about; empty for the whole answer."""

    @property
    def tests(self) -> str:
        """All tests as one program."""
        return "\n".join((*self.visible, *self.hidden)) + "\n"
