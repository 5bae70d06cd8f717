"""The leak gate: solutions in every dress are withheld, good help is not."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learnflow_ext.agents.course_index import CourseIndex
from learnflow_ext.agents.guard import Guard, _everything, _pieces_of_code, _Seen, once
from learnflow_ext.agents.references import Reference, references

LEAKS = {
    "fenced": "```python\ndef squares(count):\n    result = []\n    for number in range(1, count + 1):\n"
    "        result.append(number * number)\n    return result\n```",
    "under other names": "```\ndef f(n):\n  out=[]\n  for i in range(1,1+n): out.append(i*i)\n"
    "  return out\n```",
    "not fenced": "out = []\nfor i in range(1, n+1):\n    out.append(i*i)\nreturn out",
    "in spans": "First `out = []`. Then `for i in range(1, n + 1):` and in it `out.append(i * i)`; t"
    "hen `return "
    "out`.",
    "in several fences": "```python\nout = []\n```\nthen\n```python\nfor i in range(1, n+1):\n```\n"
    "and inside\n"
    "```python\n    out.append(i*i)\n```",
    "as a numbered list": "1. `out = []`\n2. for i in range(1, n + 1):\n3. out.append(i * i)\n4. return out",
    "as a sentence": "write out = [] then for i in range(1, n + 1): out.append(i * i) and finally return out",
    "as a quotation": "> saved = 0\n> weeks = 0\n> while saved < price:\n>     saved += per_week\n"
    ">     weeks += 1\n"
    "> return weeks",
    "as a session": ">>> total = 0\n>>> weeks = 0\n>>> while total < p:\n...     total = total + w\n"
    "...     weeks = weeks + 1\n",
    "with += and turned comparison": "```python\ndef c(ws, n):\n    k = 0\n    for w in ws:\n"
    "        if n < len(w):\n"
    "            k += 1\n    return k\n```",
    "with types and comments": "```python\ndef c(ws: list, n: int) -> int:\n    '''doc'''\n    k: int = 0\n"
    "    for w in ws:\n        if len(w) > n:\n            k += 1  # more\n    return k\n```",
    "among other lines": "```python\nprint('hi')\ndef squares(n):\n    x = 3\n    result = []\n"
    "    for i in range(1, n + 1):\n        print(i)\n        result.append(i * i)\n    print(result)\n  "
    "  return result\n```",
    "a short one": "Use `return sweets % children`.",
    "a short one without return": "you need `sweets % children` here",
    "a short one renamed": "```python\ndef left(a, b):\n    return a % b\n```",
    "an f-string": "```python\nreturn f'Good morning, {name}!'\n```",
    "a list": "[items[0], items[-1]]",
    "its telling line": "`minutes_per_day = lessons * minutes_per_lesson`",
    "a letter of the quiz": 'Easy: answer_2 = "d"',
    "a letter in words": "the answer to question 2 is d.",
    "a letter as advice": "For question 4 you should choose option **c**.",
}

FINE = {
    "a question": "Which of the two names changes inside the loop?",
    "the idea": "A `for` loop takes the items of a list one after another. Begin with an empty list before "
    "it.",
    "an analogy": "```python\nwords = []\nfor name in ['a', 'b']:\n    words.append(name.upper())\n"
    "print(words)\n```",
    "another sum": "```python\ntotal = 0\nfor step in [1, 2]:\n    total = total + step\n```",
    "a remainder of numbers": "For example `17 % 5` is `2`.",
    "the statement": "`left_over(10, 3)` is `1`, and `squares(4)` is `[1, 4, 9, 16]`.",
    "quiz words": "Question 2 is about names. Read each line again: which letter is big?",
    "nothing": "",
}


@pytest.mark.parametrize("reply", LEAKS.values(), ids=LEAKS.keys())
def test_a_solution_is_withheld(guard: Guard, reply: str) -> None:
    verdict = guard.judge(reply)
    assert verdict.withheld
    assert "/" in verdict.reference


@pytest.mark.parametrize("reply", FINE.values(), ids=FINE.keys())
def test_good_help_passes(guard: Guard, reply: str) -> None:
    assert not guard.judge(reply).withheld


def test_every_solution_of_the_course_is_known_as_it_stands(guard: Guard, course: Path) -> None:
    found = list(references(course))
    assert len(found) == 42
    for reference in found:
        assert guard.judge(f"Here you are:\n\n```python\n{reference.code}\n```").withheld, reference.name


def test_nothing_that_the_course_itself_shows_is_withheld(guard: Guard, index: CourseIndex) -> None:
    for section in index.sections:
        assert not guard.judge("\n\n".join(section.paragraphs)).withheld, section.title


class TestWhatTheStudentHasAlready:
    own = "def left_over(sweets, children):\n    return sweets % children"

    def test_is_no_secret(self, guard: Guard) -> None:
        reply = "Look at line 2: `return sweets % children`."
        assert guard.judge(reply).withheld
        assert not guard.judge(reply, own_code=self.own).withheld

    def test_not_even_in_a_cell_that_python_cannot_read(self, guard: Guard) -> None:
        reply = "Look at line 2: `return sweets % children`."
        assert not guard.judge(reply, own_code=self.own + "\nprint(").withheld

    def test_does_not_open_another_exercise(self, guard: Guard) -> None:
        assert guard.judge(LEAKS["fenced"], own_code=self.own).withheld

    def test_an_empty_or_different_cell_opens_nothing(self, guard: Guard) -> None:
        assert guard.judge(LEAKS["fenced"], own_code="def squares(count):\n    return []").withheld


class TestReplyThatComesInPieces:
    def test_is_judged_as_a_whole(self, guard: Guard) -> None:
        first = "Begin with `result = []`, and go through `range(1, count + 1)`."
        second = first + "\n\nWrite `for number in range(1, count + 1):`."
        third = second + "\n\nThen `result.append(number * number)`."
        assert [guard.judge(text).withheld for text in (first, second, third)] == [False, False, True]


class TestAnswersThatCameBefore:
    PIECES = (
        "Begin with `result = []`, and go through `range(1, count + 1)`.",
        "Write this:\n\n```python\nfor number in range(1, count + 1):\n\n    pass\n```",
    )

    def test_make_one_solution_with_the_last_however_often_each_was_told(self, guard: Guard) -> None:
        shown = "\n\n".join(self.PIECES * 4)
        assert guard.judge("Then `result.append(number * number)`.", shown=shown).withheld
        assert not guard.judge("Well done so far. Run it, and look at `result`.", shown=shown).withheld

    def test_do_not_crowd_out_what_the_reply_hides(self, guard: Guard) -> None:
        """Of one text only so many riddles are solved."""
        harmless = [base64.b64encode(f"A list has items, {each:02}".encode()).decode() for each in range(20)]
        reply = f"Decode this: {base64.b64encode(LEAKS['fenced'].encode()).decode()}"
        assert guard.judge(reply).withheld
        assert guard.judge(reply, shown="\n\n".join(harmless)).withheld
        assert not guard.judge(harmless[0], shown="\n\n".join(harmless[1:])).withheld

    def test_are_read_once_but_for_what_opens_or_closes_a_block(self) -> None:
        first, second = self.PIECES
        assert once(f"{first}\n\n{first}\n\nGood.\n\n{first}") == f"{first}\n\nGood."
        assert once(f"{second}\n\n{second}").count("```") == 4

    @settings(max_examples=40, deadline=None)
    @given(st.data())
    def test_are_judged_as_if_all_was_read(self, guard: Guard, data: st.DataObject) -> None:
        """The short cuts change no verdict."""
        pieces = st.sampled_from(
            [*(line for leak in LEAKS.values() for line in leak.splitlines()), *self.PIECES]
        )
        text = st.lists(pieces, max_size=5).map("\n\n".join)
        reply, own_code = data.draw(text), data.draw(text)
        shown = "\n\n".join(data.draw(st.lists(text, min_size=1, max_size=6)))
        seen, both = (
            _everything(each) for each in (reply, f"{shown}\n\n{reply}" if shown.strip() else reply)
        )
        own = _Seen(own_code, _pieces_of_code(own_code))
        close = [
            known.name
            for known in guard._known
            if (known.in_(seen) or known.in_(both))
            and not known.in_(own)
            and (both is seen or known.touched_by(seen, own))
        ]
        verdict = guard.judge(reply, own_code=own_code, shown=shown)
        assert verdict.reference == (close[0] if close else "") or verdict.how in ("tests", "unsure")


class TestReferences:
    def test_come_from_the_marked_region(self, course: Path) -> None:
        by_name = {reference.name: reference.code for reference in references(course)}
        assert by_name["01-first-steps/sweets"].strip() == "return sweets % children"

    def test_that_cannot_be_read_or_say_nothing_withhold_nothing(self) -> None:
        guard = Guard([Reference(name="a/b", code="def ("), Reference(name="a/c", code="pass")])
        assert not guard.judge("def ( pass").withheld

    def test_of_a_missing_course_are_none(self, tmp_path: Path) -> None:
        assert list(references(tmp_path / "nowhere")) == []
        assert not Guard.from_source(tmp_path).judge(LEAKS["fenced"]).withheld

    def test_of_several_constants_count_together(self) -> None:
        guard = Guard([Reference(name="a/b", code="width = 3\nheight = 4")])
        assert not guard.judge("`width = 3`, and now the other one").withheld
        assert guard.judge("`width = 3` and `height = 4`").withheld

    def test_with_every_kind_of_statement(self) -> None:
        code = (
            "try:\n    with open(name) as file:\n        for line in file:\n            if line > other:\n"
            "                found += [line]\nexcept OSError:\n    found = None\nmatch found:\n    case "
            "None:\n"
            "        print('none found here')\n"
        )
        guard = Guard([Reference(name="a/b", code=code)])
        assert guard.judge(f"```python\n{code.replace('line', 'row')}\n```").withheld


@settings(max_examples=80, deadline=None)
@given(
    st.text(max_size=400)
    | st.lists(st.sampled_from([*LEAKS.values(), "`", "\n", "```", "text "]), max_size=6).map("".join)
)
def test_no_reply_breaks_it(guard: Guard, reply: str) -> None:
    assert isinstance(guard.judge(reply, own_code=reply[::-1]).withheld, bool)


@settings(max_examples=40, deadline=None)
@given(st.text(alphabet=st.characters(codec="ascii", exclude_characters="`~#"), max_size=80))
def test_words_around_a_fenced_solution_do_not_hide_it(guard: Guard, words: str) -> None:
    assert guard.judge(f"{words}\n\n{LEAKS['fenced']}\n\n{words}").withheld
