"""What nobody reads as it stands: read by us where that can be done, and else no help."""

# ruff: noqa: E501 -- programs and sentences as models write them
from __future__ import annotations

import base64
import bz2
import gzip
import re
import zlib

import pytest
from kind_sentences import KIND
from leak_dresses import DRESSES
from leak_exercises import EVERYWHERE, MADE, NOTED

from learnflow_ext.agents import disguises, riddles
from learnflow_ext.agents.disguises import are_too_many, readings
from learnflow_ext.agents.foreign import as_python
from learnflow_ext.agents.guard import Guard
from learnflow_ext.agents.llm.tidy import harmless

MANY = base64.b64encode(b"def f(x): return [y for y in x if y]").decode()
CODE = "def f(x):\n    total = 0\n    for y in x:\n        total += y\n    return total"
HINTS = [*EVERYWHERE, *NOTED.values(), *(hint for made in MADE for hint in made.hints)]


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("chr(97)+chr(32)+chr(61)+chr(32)+chr(49)+chr(48)", "a = 10"),
        ("r**et**urn x", "return x"),
        ("<b>r</b>eturn x", "return x"),
        (
            "Here `apple` means `def` and `pear` means `return`:\napple f(x):\n    pear x",
            "def f(x):\n    return x",
        ),
        ("def f(x)\n    retrun x", "def f(x):\n    return x"),
        ("def f(x)\n    retrun {y: 1 for y in x}", "def f(x):\n    return {y: 1 for y in x}"),
        ("def f(x)\n    retrun [1, 2][x]", "def f(x):\n    return [1, 2][x]"),
        ("FUNCTION f(x)\n    RETURN x", "def f(x):\n    return x"),
        ("`def f(` and `x): re` and `turn x`", "def f(x): return x"),
        ("d3f f(x): r3turn x", "def f(x): return x"),
        (CODE.translate({97 + n: 122 - n for n in range(26)}), CODE),
        ("\u1d05\u1d07\ua730 f(x): \u0280\u1d07\u1d1b\u1d1c\u0280\u0274 x", "def f(x): return x"),
        ("r\u00e9turn x", "return x"),
    ],
)
def test_what_is_hidden_is_read(text: str, hidden: str) -> None:
    assert any(hidden in each for each in readings(text))


@pytest.mark.parametrize("pack", [zlib.compress, gzip.compress, bz2.compress])
def test_what_is_packed_is_unpacked(pack: object) -> None:
    text = base64.b64encode(pack(CODE.encode())).decode()  # type: ignore[operator]  # one of three functions
    assert CODE in readings(f"Unpack this: {text}")


def test_what_would_be_huge_is_not() -> None:
    assert len(riddles.unpacked(zlib.compress(b"a" * 50_000_000))) <= riddles.MOST_UNPACKED
    assert riddles.unpacked(b"nothing of the kind") == b""


JAVASCRIPT = [
    (
        "function vowels(text) {\n  let total = 0;\n  for (const letter of text.toLowerCase()) {\n"
        "    if ('aeiou'.includes(letter)) {\n      total++;\n    }\n  }\n  return total;\n}",
        "def vowels(text):\n    total = 0\n    for letter in text.lower():\n        if letter in 'aeiou':\n"
        "            total += 1\n    return total",
    ),
    (
        "int steps(int n) {\n  int count = 0;\n  while (n != 1) {\n    if (n % 2 == 0) {\n      n = n / 2;\n"
        "    } else {\n      n = 3 * n + 1;\n    }\n    count++;\n  }\n  return count;\n}",
        "def steps(n):\n    count = 0\n    while n != 1:\n        if n % 2 == 0:\n            n = n / 2\n        else:\n"
        "            n = 3 * n + 1\n        count += 1\n    return count",
    ),
    (
        "const warm = (celsius) => {\n  if (celsius < 10) return 'cold';\n  return 'hot';\n}",
        "if celsius < 10: return 'cold'",
    ),
    ("for (let i = 0; i < n; i++) {\n  kept.push(i);\n}", "for i in range(0, n):\n    kept.append(i)"),
]


@pytest.mark.parametrize(("text", "python"), JAVASCRIPT, ids=["JavaScript", "C", "arrow", "counting"])
def test_another_language_is_read_as_python(text: str, python: str) -> None:
    lines = [" ".join(line.split()) for line in python.splitlines()]
    assert any(
        all(line in [" ".join(each.split()) for each in reading.splitlines()] for line in lines)
        for reading in as_python(text)
    )


@pytest.mark.parametrize("dress", ["pseudo code", "pseudo code by depth", "an algorithm in LaTeX"])
def test_pseudo_code_is_read_as_python(dress: str) -> None:
    made = next(each for each in MADE if each.name == "vowels")
    assert Guard([made.reference]).judge(DRESSES[dress](made.solution)).how == "close"


class TestOpaque:
    @pytest.mark.parametrize(
        "dress", ["base64", "base64 in pieces", "base85", "packed, in base64", "Morse code"]
    )
    def test_no_model_may_say_what_only_a_machine_reads(self, dress: str) -> None:
        guard = Guard([])
        for made in MADE:
            assert guard.judge(DRESSES[dress](made.other), by_model=True).how == "unsure", made.name

    def test_not_even_where_the_students_program_has_its_signs(self) -> None:
        guard = Guard([])
        for made in MADE:
            for program in (made.solution, made.other):
                said = DRESSES["Morse code"](program)
                own = f"{made.attempt}\nx = a - b * c / d  # ... --- ="
                assert guard.judge(said, own_code=own, by_model=True).how == "unsure", made.name

    @pytest.mark.parametrize("hint", HINTS)
    def test_a_good_hint_is_not(self, hint: str) -> None:
        assert not riddles.is_opaque(hint)
        assert not are_too_many(hint)

    @pytest.mark.parametrize(
        "text",
        [
            "Look at `weeks_to_save`, `KeyError`, `camelCaseName2`, `MAX_VALUE`, `x1`, `utf-8` and `2024-11-24`.",
            "`[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]` has 16 items, and `f(a)+g(b)-h(c)*k(d)+f(e)` calls five times.",
            "|---|---|---|---|---|---|---|---|\n|a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p|",
            "https://docs.python.org/3/library/stdtypes.html#string-methods",
            "- one\n- two\n\n---\n\n... and so on ... - - - -",
            "`ABCDEFGHIJKLMNOPQRSTUVWXYZ` and `abcdefghijklmnopqrstuvwxyz` and `0123456789012345678901234567`",
        ],
    )
    def test_nor_are_names_lists_and_tables(self, text: str) -> None:
        assert not riddles.is_opaque(text)

    @pytest.mark.parametrize("said", KIND)
    def test_nor_is_what_a_good_tutor_says(self, said: str) -> None:
        guard = Guard([made.reference for made in MADE])
        assert not guard.judge(said, by_model=True).withheld

    def test_nor_many_such_sentences_in_one_talk(self) -> None:
        guard = Guard([])
        for place, said in enumerate(KIND):
            verdict = guard.judge(said, by_model=True, shown="\n\n".join(KIND[:place]))
            assert not verdict.withheld, said

    @pytest.mark.parametrize("around", ["${}$", "['{}']", "\\text{{{}}}", "{{'a':1,'b':'{}'}}"])
    def test_a_formula_or_a_row_hides_nothing(self, around: str) -> None:
        for made in MADE:
            code = base64.b64encode(made.other.encode()).decode()
            assert riddles.is_opaque(around.format(code)), made.name

    def test_nor_does_a_row_of_calls(self) -> None:
        assert riddles.is_opaque(f"[{','.join(f'chr({ord(char)})' for char in CODE)}]")
        assert riddles.is_opaque(f"[{','.join(repr(each) for each in re.findall('..', MANY))}]")

    def test_what_the_student_wrote_may_be_quoted(self) -> None:
        own = "key = '3fA9zQ81LmXc02PdK7wErT5y'"
        reply = "What is `'3fA9zQ81LmXc02PdK7wErT5y'` for?"
        assert Guard([]).judge(reply, by_model=True).withheld
        assert not Guard([]).judge(reply, own_code=own, by_model=True).withheld


class TestManyRiddles:
    HARMLESS = tuple(base64.b64encode(f"A list has items, {each:02}".encode()).decode() for each in range(40))

    def test_do_not_hide_the_one_behind_them(self) -> None:
        made = MADE[0]
        last = base64.b64encode(made.solution.encode()).decode()
        guard = Guard([made.reference])
        assert guard.judge("\n\n".join([*self.HARMLESS[:20], last])).how == "close"
        assert guard.judge(" ".join([*self.HARMLESS, last])).withheld

    def test_more_than_anybody_would_solve_are_not_said(self) -> None:
        many = [base64.b64encode(f"A list has items, {each:03}".encode()).decode() for each in range(200)]
        assert are_too_many("\n\n".join(many)) and are_too_many(" ".join(self.HARMLESS))
        assert len(readings("\n\n".join(many))) <= disguises.MOST_ALL
        assert Guard([]).judge("\n\n".join(many)).how == "unsure"


def test_signs_that_nobody_sees_are_gone() -> None:
    hidden = "".join(chr(0xE0000 + ord(char)) for char in "return x")
    bits = "".join("\u200b\u200c"[int(bit)] for bit in f"{ord('r'):08b}")
    assert harmless(f"Look{hidden} at{bits} `li{hidden}ne` 2.") == "Look at `line` 2."
    persian = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
    assert harmless(persian) == persian
