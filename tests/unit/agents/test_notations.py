"""Code in another notation: what is hidden there is read, and plain sentences are left alone."""

from __future__ import annotations

import ast

import pytest
from leak_dresses import DRESSES
from leak_exercises import EVERYWHERE, MADE, NOTED, Made

from learnflow_ext.agents.disguises import MOST_ALL, readings
from learnflow_ext.agents.guard import Guard
from learnflow_ext.agents.notations import is_acrostic, is_bytecode, plainly

HIDING = [
    ("x = 'def f'\nprint(x + '(n):')", "def f(n):"),
    ('`"ret" + "urn n"`', "return n"),
    ("lines = ['a = 1', 'b = 2', 'print(a)']", "a = 1\nb = 2\nprint(a)"),
    ("for x in y {\n  print(x);\n}", "for x in y:\n    print(x)"),
    ("a\u2423=\u24231", "a = 1"),
    ("....return n", "    return n"),
    (r"$\texttt{a\_b = 1}$", "a_b = 1"),
    ("para x en y:\n    devolver x", "for x in y:\n    return x"),
    ("2. b = 2\n1. a = 1\n3. c = 3", "a = 1\nb = 2\nc = 3"),
    ("| a | = | 1 |\n|---|---|---|\n| b | = | 2 |", "a = 1"),
    ("```\nreturn ____\n```\nThe gap is `n + 1`.", "return n + 1"),
    (r"def\ f\(n\):" + "\\\n" + r"\ \ \ \ return\ n", "def f(n):\n    return n"),
]


@pytest.mark.parametrize(("text", "hidden"), HIDING, ids=[hidden for _, hidden in HIDING])
def test_what_is_hidden_is_read(text: str, hidden: str) -> None:
    assert any(hidden in each for each in plainly(text))


def test_a_tree_of_nodes_is_written_down_again() -> None:
    code = "def f(n):\n    return [x for x in n if x > -1]"
    assert code in list(plainly(f"It is {ast.dump(ast.parse(code))} and no more."))


@pytest.mark.parametrize(
    "text",
    [
        "Module(body=[FunctionDef(name='f', args=3)])",
        "FunctionDef(name=",
        "Module(body=[Name(id=Name(id='x'))])",
        "Return(value=__import__('os'))",
        "|||||\n||",
        "{" * 50,
        "____" * 40,
    ],
)
def test_nonsense_does_no_harm(text: str) -> None:
    assert all(isinstance(each, str) for each in plainly(text))


@pytest.mark.parametrize("made", MADE, ids=[made.name for made in MADE])
def test_a_machines_steps_and_acrostics_are_no_help(made: Made) -> None:
    assert is_bytecode(DRESSES["bytecode"](made.solution))
    for dress in ("first words of lines", "last words of lines"):
        assert is_acrostic(DRESSES[dress](made.other))


def test_good_hints_are_neither() -> None:
    for hint in (*EVERYWHERE, *NOTED.values(), *(hint for made in MADE for hint in made.hints)):
        assert not is_bytecode(hint)
        assert not is_acrostic(hint)
    assert not is_bytecode("Python first does LOAD_FAST, whatever that is.")


@pytest.mark.parametrize("dress", ["a tree of nodes", "JSON", "texts added up", "large letters", "with gaps"])
def test_the_reference_is_known_without_a_trial(dress: str) -> None:
    guard = Guard([made.reference for made in MADE])
    for made in MADE:
        assert guard.judge(DRESSES[dress](made.solution)).withheld, made.name


def test_a_long_text_has_no_more_readings_than_are_looked_at() -> None:
    assert (
        len(readings("\n\n".join(DRESSES[dress](MADE[0].solution) for dress in DRESSES)[:5_000])) <= MOST_ALL
    )


@pytest.mark.parametrize(
    "text",
    [
        "1. FOR each number do this.\n2. CALL the function with it.\n3. STORE the result in a list.\n"
        "4. RETURN the list at the end.",
        "LIST_PRICE = 3\nSTORE_NAME = 'x'\nFOR_SALE = True\nMAKE_ALL = 1\nGET_ONE = 2",
    ],
)
def test_words_in_capitals_are_no_listing_of_bytecode(text: str) -> None:
    assert not is_bytecode(text)


def test_a_students_own_lines_quoted_back_are_no_riddle() -> None:
    own = (
        "first_names = [\n    'Ada', 'Ben', 'Cleo',\n]\nlast_names = [\n    'Day', 'May', 'Ray',\n]\n"
        "was_found = False\nbest_one = None\nwas_there = True\n"
    )
    reply = f"You wrote:\n\n```\n{own}```\n\nWhat is `best_one` after the loop?"
    assert is_acrostic(own)
    assert not Guard([]).judge(reply, own_code=own).withheld
    assert Guard([]).judge(reply).withheld
