"""What the families make, whatever the numbers: true, complete, and different from each other."""

from __future__ import annotations

import contextlib
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from learnflow_grading import constructs

from learnflow_ext.exercises.exercise import Exercise
from learnflow_ext.exercises.families import FAMILIES
from learnflow_ext.exercises.families.making import Family
from learnflow_ext.exercises.form import faults
from learnflow_ext.exercises.likeness import near_copy
from learnflow_ext.exercises.notebook import notebook

EVERY = [family for families in FAMILIES.values() for family in families]
DIFFICULTIES = range(1, 6)
LATER_TOPICS = ("objects", "files", "errors", "libraries")


def passes(program: str, tests: str) -> bool:
    """Whether one of our own programs passes; run right here, which is fine for what we wrote."""
    namespace: dict[str, Any] = {"__name__": "exercise"}
    try:
        exec(program, namespace)
        exec(tests, namespace)
    except Exception:
        return False
    return True


@given(st.sampled_from(EVERY), st.sampled_from(DIFFICULTIES), st.integers(0, 10**9 - 1))
@settings(max_examples=250, deadline=None)
def test_the_solution_passes_and_the_start_does_not(family: Family, difficulty: int, seed: int) -> None:
    exercise = family.exercise(difficulty, seed)
    assert exercise == family.exercise(difficulty, seed)
    with contextlib.chdir(FOLDER[0]):
        assert passes(exercise.reference, exercise.tests), exercise.tests
        assert not passes(exercise.starter, "\n".join(exercise.visible))
    assert_complete(exercise)


def assert_complete(exercise: Exercise) -> None:
    """Somebody who reads it knows what to write, and reads no trace of how it was made."""
    written = re.findall(r"^(?:def|class) (\w+)", exercise.reference, re.MULTILINE)
    assert f"`{written[-1]}" in exercise.statement
    assert len(exercise.statement.split()) >= 20 and len(exercise.title) < 60
    assert not re.search(r"\{[a-z_]+\}|lambda ", exercise.statement), exercise.statement
    assert exercise.reference.startswith(exercise.starter)
    assert exercise.visible and len(exercise.hidden) >= 4
    assert all(each.call in test for each, test in zip(exercise.examples, exercise.visible, strict=False))


FOLDER: list[Path] = []


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Where the exercises about files write theirs."""
    FOLDER[:] = [tmp_path_factory.mktemp("files")]


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
@pytest.mark.parametrize("topic", FAMILIES)
def test_there_are_enough_different_ones(topic: str, difficulty: int) -> None:
    """One more than a call for five needs, within the tries it has."""
    families = FAMILIES[topic]
    found: list[Exercise] = []
    for seed in range(60):
        exercise = families[seed % len(families)].exercise(difficulty, seed)
        if near_copy(exercise, found) is None:
            found.append(exercise)
        if len(found) == 6:
            return
    raise AssertionError(sorted(each.family for each in found))


@pytest.mark.parametrize(
    ("name", "difficulty"),
    [
        *(("block", 4), ("block", 5), ("trail", 4), ("trail", 5)),
        *(("memory", 2), ("memory", 4), ("memory", 5), ("link", 3)),
    ],
)
def test_long_stories_differ_too(name: str, difficulty: int) -> None:
    """In a long statement a few other words are not much."""
    family = next(each for each in EVERY if each.name == name)
    found: list[Exercise] = []
    for seed in range(40):
        exercise = family.exercise(difficulty, seed)
        if near_copy(exercise, found) is None:
            found.append(exercise)
    assert len(found) >= 6, [each.title for each in found]


def test_no_statement_has_the_wrong_article() -> None:
    """Whatever a story puts behind it."""
    wrong = re.compile(r"\b(?:a `?[aeio]\w|a `?hour|an `?[b-df-gj-np-tv-z]\w)", re.IGNORECASE)
    for family in EVERY:
        for difficulty in DIFFICULTIES:
            for seed in range(20):
                exercise = family.exercise(difficulty, seed)
                text = f"{exercise.title}. {exercise.statement}. {exercise.starter}"
                assert not (found := wrong.search(text)), (exercise.name, found)


def test_what_a_failing_test_says_forbids_nothing() -> None:
    """Who reads that nobody may wait takes it for a rule."""
    rule = re.compile(r"\b(?:Nobody|Nothing|None|No \w+) may\b")
    for family in EVERY:
        for difficulty in DIFFICULTIES:
            for seed in range(4):
                exercise = family.exercise(difficulty, seed)
                assert not (found := rule.search(exercise.tests)), (exercise.name, found)


def test_the_tests_of_a_median_have_the_odd_number_that_the_statement_speaks_of() -> None:
    family = next(each for each in EVERY if each.name == "library")
    for seed in range(60):
        exercise = family.exercise(2, seed)
        if "their number is odd" in exercise.statement:
            assert passes(exercise.reference, exercise.tests), exercise.name
            lists = re.findall(r"assert \w+\((\[[^]]*\])\)", exercise.tests)
            assert lists and all(len(json.loads(each)) % 2 for each in lists), exercise.name


def test_a_failing_test_of_a_median_speaks_of_what_the_statement_asks_for() -> None:
    family = next(each for each in EVERY if each.name == "library")
    for seed in range(60):
        exercise = family.exercise(2, seed)
        for words in ("smallest number that counts", "above"):
            if words in exercise.tests:
                asked = "at least" if words.startswith("smallest") else "above"
                assert asked in exercise.statement, exercise.name


def test_all_eight_topics_are_there_in_teaching_order() -> None:
    assert list(FAMILIES) == ["basics", "control_flow", "data_structures", "functions", *LATER_TOPICS]
    assert all(family.topic == topic for topic, families in FAMILIES.items() for family in families)
    # An exercise, its folder and its seed are named after the family.
    assert len({family.name for family in EVERY}) == len(EVERY)
    counts = [len(families) for families in FAMILIES.values()]
    assert sum(counts[:4]) >= 24 and sum(counts) >= 60 and min(counts) >= 6


@pytest.mark.parametrize(
    ("name", "difficulty", "unclear"),
    [
        ("part", 4, r"list has \d+ words\b(?! or more)"),
        ("guard", 3, r"\d times \d+ divided"),
        ("walk", 5, r"places behind the row"),
        ("call", 3, r"never more than \d+\."),
        ("order", 2, r"half a euro"),
        ("module", 1, r"to its last but"),
        ("measure", 3, r"\d[123]?th part"),
        ("truth", 5, r"\(or is\)"),
        ("counter", 1, r"how far the count is below"),
        ("counter", 5, r"Boxs|more than 1 times"),
        ("shape", 2, r"both sides, without"),
        ("rescue", 1, r"times of it"),
        ("chain", 4, r"and \d+ where it is more"),
        ("letter", 1, r"a letter `a`|\d letters|how many letters"),
        ("gauge", 4, r"There are always at least|at least 1 "),
        ("value", 2, r"so many steps further, and"),
        ("value", 4, r"a space, and the name\."),
        ("copy", 1, r"there are, \d times"),
        ("copy", 5, r", sorted\."),
        ("link", 5, r"was below another one"),
        ("block", 2, r"but none above|and \d without any|between two \w+\. A line"),
        ("block", 3, r"and an empty line between"),
        ("block", 4, r"such \w+, none"),
        ("trail", 4, r"how many names led"),
        ("trail", 5, r"`  `|front of each of these lines \("),
        ("memory", 5, r"who does already"),
        ("trial", 1, r"asks the function for"),
        ("trial", 4, r"for which they differ\."),
        ("traceback", 4, r"more than 1 times"),
        ("traceback", 5, r"`start` instead of|, but is named"),
        ("draw", 2, r"returns their list"),
        ("draw", 3, r"has come to a place below"),
        ("map", 5, r"way, and \d for each stop"),
        ("path", 1, r"have no ending\. Complete"),
    ],
)
def test_no_sentence_has_two_readings(name: str, difficulty: int, unclear: str) -> None:
    """Where hidden tests know one of them only."""
    family = next(each for each in EVERY if each.name == name)
    for seed in range(60):
        statement = " ".join(family.exercise(difficulty, seed).statement.split())
        assert not re.search(unclear, statement), statement


def test_what_the_statement_calls_equal_is_equal() -> None:
    """Also where a text is cut, or changed, before it is compared."""
    family = next(each for each in EVERY if each.name == "value")
    for seed in range(60):
        exercise = family.exercise(3, seed)
        said = " ".join(exercise.statement.split())
        found = re.search(r"`(\w+\('[^`]*'\))` and `(\w+\('[^`]*'\))` are equal", said)
        assert found and passes(exercise.reference, f"assert {found[1]} == {found[2]}"), said


def test_nobody_has_worked_for_less_than_no_time() -> None:
    """What is taken off each time is never more than the shortest that counts."""
    family = next(each for each in EVERY if each.name == "module")
    for seed in range(200):
        tests = "\n".join([*family.exercise(5, seed).visible, *family.exercise(5, seed).hidden])
        assert not re.search(r"'\w+': -\d", tests), tests


def test_a_colon_behind_the_word_data_is_no_link() -> None:
    """As a teacher may write it who rewords an exercise."""
    exercise = EVERY[0].exercise(1, 1)
    assert not faults(replace(exercise, statement=f"{exercise.statement} This is the data: 3 and 4."))
    assert faults(replace(exercise, statement=f"{exercise.statement} See data:text/html,x"))


def test_some_of_the_time_is_left_however_many_are_ordered() -> None:
    """Below 0 it would have two readings."""
    family = next(each for each in EVERY if each.name == "relay")
    for seed in range(60):
        exercise = family.exercise(1, seed)
        if "are left after that" in exercise.statement:
            instead = re.search(r"then return\s+(-\d+)", exercise.statement)
            assert instead and {*re.findall(r"== (-\d+)", exercise.tests)} <= {instead[1]}, exercise.tests


def test_percent_may_be_worked_out_in_any_order() -> None:
    """A half is rounded in two ways, by what was lost behind the point."""
    family = next(each for each in EVERY if each.name == "draw")
    for seed in range(40):
        exercise = family.exercise(4, seed)
        other = exercise.reference.replace("100 * won / times", "won / times * 100")
        assert other != exercise.reference and passes(other, exercise.tests), exercise.tests


def test_two_functions_differ_in_one_of_the_examples() -> None:
    """Where they do not, a function without a line of its own gives `None` as well."""
    family = next(each for each in EVERY if each.name == "trial")
    for seed in range(40):
        exercise = family.exercise(4, seed)
        assert not passes(exercise.starter, "\n".join(exercise.visible)), exercise.visible


def test_nothing_is_shorter_than_its_pause() -> None:
    family = next(each for each in EVERY if each.name == "timetable")
    for seed in range(200):
        exercise = family.exercise(1, seed)
        if "without a pause" in exercise.statement:
            assert not re.search(r"== -\d", exercise.tests), exercise.tests


def test_who_changes_a_copy_and_not_the_list_itself_is_told() -> None:
    """Where the story asks for a change of what was handed in."""
    family = next(each for each in EVERY if each.name == "record")
    for seed in range(12):
        exercise = family.exercise(3, seed)
        copied = exercise.reference.replace(
            "    for each in cards:", "    cards = [dict(each) for each in cards]\n    for each in cards:"
        )
        assert passes(exercise.reference, exercise.tests) and copied != exercise.reference
        assert not passes(copied, exercise.tests)


def rules_of(exercise: Exercise) -> constructs.Constructs | None:
    """As the grader finds them in the exercise's notebook."""
    cell = json.loads(notebook(exercise))["cells"][2]
    return constructs.parse(cell["metadata"], "test")


@given(st.sampled_from(EVERY), st.sampled_from(DIFFICULTIES), st.integers(0, 10**9 - 1))
@settings(max_examples=120, deadline=None)
def test_the_solution_goes_the_way_that_the_statement_asks_for(
    family: Family, difficulty: int, seed: int
) -> None:
    exercise = family.exercise(difficulty, seed)
    rules = rules_of(exercise)
    asks = re.search(
        r"Let the function call itself\*\*|\*\*recursion\*\*|^Call|\bCall `|Call the two", exercise.statement
    )
    assert (rules is not None) >= bool(asks), exercise.statement
    if rules is not None:
        assert rules.within in exercise.statement
        assert constructs.broken(rules, [exercise.reference]) == ""


@pytest.mark.parametrize(
    ("name", "difficulty", "written", "said"),
    [
        (
            "recursion",
            1,
            "total = 0\nfor each in range({0} + 1):\n    total += each\nreturn total",
            "recursion",
        ),
        ("recursion", 3, "while {0} > 1:\n    {0} -= 1\nreturn {name}(0)", "without a loop"),
        ("helpers", 1, "return length * width", "`area`"),
        ("part", 1, "return first + second", "asks you to use `"),
    ],
)
def test_another_way_than_the_statement_asks_for_is_told(
    name: str, difficulty: int, written: str, said: str
) -> None:
    family = next(each for each in EVERY if each.name == name)
    for seed in range(8):
        exercise = family.exercise(difficulty, seed)
        rules = rules_of(exercise)
        assert rules is not None
        parameter = re.findall(r"def \w+\((\w+)", exercise.starter)[-1]
        body = written.format(parameter, name=rules.within)
        answer = exercise.starter + "".join(f"    {line}\n" for line in body.splitlines())
        assert said in constructs.broken(rules, [answer]), answer


@pytest.mark.parametrize(("name", "difficulty"), [("grid", 5), ("pipeline", 1), ("pipeline", 2)])
def test_who_changes_what_should_stay_as_it_is_is_told(name: str, difficulty: int) -> None:
    family = next(each for each in EVERY if each.name == name)
    for seed in range(12):
        exercise = family.exercise(difficulty, seed)
        if "stays as it is" not in exercise.statement:
            continue
        parameter = re.findall(r"def \w+\((\w+)", exercise.starter)[-1]
        body = exercise.reference.removeprefix(exercise.starter)
        kept = f"    {parameter}, old = [*{parameter}], {parameter}\n    old[:] = []\n"
        assert passes(exercise.reference, exercise.tests)
        assert not passes(exercise.starter + kept + body, exercise.tests), exercise.tests


@pytest.mark.parametrize(
    ("name", "difficulty", "right", "slip"),
    [
        pytest.param("relay", 1, r"except \w+:", "except Exception:", id="catches too much"),
        pytest.param("relay", 3, r"\n +raise\n", "\n", id="keeps an error to itself"),
        pytest.param("relay", 5, " from error", "", id="forgets the cause"),
        pytest.param("traceback", 2, r'split\(": ", 1\)', 'split(": ")', id="cuts a message at its colons"),
        pytest.param("trial", 2, "except kind:", "except ValueError:", id="knows one kind of error only"),
        pytest.param("witness", 2, r"super\(\)\.__init__\(.*\)", "pass", id="gives an error no message"),
        pytest.param("witness", 5, "return True", "return False", id="lets every error go on"),
        pytest.param("draw", 2, r"list\(names\)", "names", id="shuffles what it was given"),
        pytest.param("draw", 3, r"source\.choice", "random.Random(seed).choice", id="begins anew each time"),
        pytest.param("draw", 4, "randint", "randrange", id="never throws the highest number"),
        pytest.param("map", 5, r"min\(ways\)", "ways[0]", id="takes the first way"),
        pytest.param(
            "path",
            4,
            r"Path\(folder\) in path\.parents",
            "text.startswith(folder)",
            id="takes a name that begins alike",
        ),
        pytest.param("script", 4, r"(\{[^}]*\}) \| card", r"card | \1", id="fills in what was known"),
    ],
)
def test_a_usual_slip_is_noticed(name: str, difficulty: int, right: str, slip: str) -> None:
    """What people get wrong about the very thing that a family trains, beyond small mistakes of any kind."""
    family = next(each for each in EVERY if each.name == name)
    for seed in range(12):
        exercise = family.exercise(difficulty, seed)
        body = exercise.reference.removeprefix(exercise.starter)
        changed, found = re.subn(right, slip, body)
        assert found and passes(exercise.reference, exercise.tests), body
        assert not passes(exercise.starter + changed, exercise.tests), changed
